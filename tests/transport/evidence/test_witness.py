"""The peer's word about the terminal's log: signed, repeated, and never about less than it saw."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.transport.rehearsing import LONG_AGO, MUNICIPALITY, Rehearsal
from transport.agency.home import AgencyHome
from transport.errors import WitnessBroken
from transport.evidence.witness import Witness, issue_witness, split_witness, verify_witness
from transport.parties.identity import DatedIdentity

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
DAY = timedelta(days=1)
DIGESTS = {number: f"{number:064x}" for number in range(1, 9)}


def _signer(rehearsal: Rehearsal, since: datetime = NOW - DAY) -> DatedIdentity:
    return DatedIdentity("v1", rehearsal.agency, since)


def _show(rehearsal: Rehearsal, number: int, digest: str) -> Witness:
    with rehearsal.line() as line:
        raw = line.show_checkpoint(number, digest)
    assert raw is not None
    signers = [_signer(rehearsal, LONG_AGO)]
    return verify_witness(raw, terminal=rehearsal.identity.name, municipality=MUNICIPALITY, signers=signers)


def test_the_peer_signs_what_is_higher_and_repeats_it_otherwise(served: Rehearsal) -> None:
    first, second = _show(served, 1, DIGESTS[1]), _show(served, 3, DIGESTS[3])
    assert (first.number, first.checkpoint) == (1, DIGESTS[1])
    assert (second.number, second.checkpoint) == (3, DIGESTS[3])
    assert _show(served, 3, DIGESTS[3]) == second, "the same word, byte for byte"
    assert _show(served, 2, DIGESTS[2]) == second, "the log was rolled back"
    assert _show(served, 3, DIGESTS[4]) == second, "the log was written anew"
    assert _show(served, 4, DIGESTS[4]).number == 4


def _word(rehearsal: Rehearsal) -> bytes:
    agency = AgencyHome(rehearsal.home).identity(NOW)
    name = rehearsal.identity.name
    return issue_witness(name, MUNICIPALITY, number=7, checkpoint=DIGESTS[7], witness=agency, now=NOW)


def test_a_word_proves_itself_alone(rehearsal: Rehearsal) -> None:
    raw, name = _word(rehearsal), rehearsal.identity.name

    def field_of(changed: bytes, terminal: str = name, municipality: str = MUNICIPALITY, since: datetime = NOW) -> str:
        with pytest.raises(WitnessBroken) as caught:
            verify_witness(changed, terminal=terminal, municipality=municipality, signers=[_signer(rehearsal, since)])
        return caught.value.facts["field"]

    answer = verify_witness(raw, terminal=name, municipality=MUNICIPALITY, signers=[_signer(rehearsal)])
    assert (answer.number, answer.checkpoint, answer.witnessed_at) == (7, DIGESTS[7], NOW)
    body, signature = split_witness(raw)
    assert raw.endswith(body + signature)
    assert field_of(raw[:-1]) == "length"
    assert field_of(raw[:-1] + bytes([raw[-1] ^ 1])) == "signature"
    assert field_of(raw.replace(b'"number":7', b'"number":8')) == "signature"
    assert field_of(raw.replace(b'"number":7', b'"number":0')) == "number"
    assert field_of(raw, terminal="another") == "terminal"
    assert field_of(raw, municipality="011002") == "municipality"
    assert field_of(raw, since=NOW + DAY) == "witness_signing_key"
