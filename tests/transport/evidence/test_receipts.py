import dataclasses
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from transport import bounds, wire
from transport.errors import ReceiptFault
from transport.evidence import receipts
from transport.evidence.envelope import Envelope, Opener, Purpose, Sealer
from transport.evidence.receipts import ReceiptVerifier, issue_receipts, sign_receipts, verify_receipt
from transport.parties.authority import Use
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclasses.dataclass
class Case:
    terminal: Identity
    agency: Identity
    registered: DatedIdentity
    envelope: Envelope
    receipt: bytes


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    home: Path = tmp_path_factory.mktemp("receipts")
    terminal = Identity.create(home / "terminal", "131041-01", Use.TERMINAL)
    agency = Identity.create(home / "agency", "rehearsal-agency", Use.AGENCY)
    envelope = _sealed(terminal, agency)
    sender = DatedIdentity("1", terminal.public, NOW - DAY)
    opened = Opener(agency, (sender,), "131041", {Purpose.MESSAGE}).open(envelope.raw, now=NOW)
    (receipt,) = issue_receipts([opened], recipient=agency, received_at=NOW)
    return Case(terminal, agency, DatedIdentity("1", agency.public, NOW - DAY, NOW + DAY), envelope, receipt)


def _sealed(terminal: Identity, agency: Identity) -> Envelope:
    sealer = Sealer(terminal, agency.public, "131041", "2019-04-01")
    return sealer.seal(b"{}", message_id=uuid.uuid4().hex, purpose=Purpose.MESSAGE, created_at=NOW)


def _fault(act: Callable[[], object]) -> ReceiptFault:
    with pytest.raises(ReceiptFault) as caught:
        act()
    return caught.value


def test_a_receipt_proves_both_digests_and_both_parties(case: Case) -> None:
    receipt = verify_receipt(case.receipt, envelope=case.envelope, signers=[case.registered])

    assert receipt.envelope_digest == case.envelope.digest
    assert receipt.content_digest == case.envelope.header.content_digest
    assert (receipt.sender, receipt.recipient) == ("131041-01", "rehearsal-agency")
    assert receipt.received_at == NOW


def test_the_same_receipt_has_the_same_bytes(case: Case) -> None:
    assert sign_receipts([case.envelope], recipient=case.agency, received_at=NOW) == [case.receipt]


def test_a_receipt_of_another_envelope_proves_nothing(case: Case) -> None:
    other = _sealed(case.terminal, case.agency)
    error = _fault(lambda: verify_receipt(case.receipt, envelope=other, signers=[case.registered]))

    assert (error.code, error.facts) == ("receipt_of_another", {"field": "id"})


def test_a_receipt_proves_without_the_envelope_that_the_peer_holds_one(case: Case) -> None:
    verifier, fields = ReceiptVerifier([case.registered]), _known_of(case)
    assert verifier.verify_without_envelope(case.receipt, **fields) == verify_receipt(
        case.receipt, envelope=case.envelope, signers=[case.registered]
    )


@pytest.mark.parametrize(("field", "value"), [("id", "0" * 32), ("sender", "131041-02"), ("municipality", "131016")])
def test_without_the_envelope_what_is_known_still_has_to_agree(case: Case, field: str, value: str) -> None:
    fields = _known_of(case) | {"message_id" if field == "id" else field: value}
    error = _fault(lambda: ReceiptVerifier([case.registered]).verify_without_envelope(case.receipt, **fields))
    assert (error.code, error.facts) == ("receipt_of_another", {"field": field})


def test_without_the_envelope_the_signature_still_has_to_be_the_peers(case: Case) -> None:
    broken = case.receipt[:-1] + bytes([case.receipt[-1] ^ 1])
    late = dataclasses.replace(case.registered, valid_to=NOW)
    for raw, registered, code in (
        (broken, case.registered, "receipt_signature_broken"),
        (case.receipt, late, "receipt_key_not_in_force"),
    ):
        verifier = ReceiptVerifier([registered])
        assert _fault(lambda: verifier.verify_without_envelope(raw, **_known_of(case))).code == code  # noqa: B023  # Called at once.
    nobody = ReceiptVerifier([])
    assert _fault(lambda: nobody.verify_without_envelope(case.receipt, **_known_of(case))).code == "receipt_key_unknown"


def _known_of(case: Case) -> dict[str, str]:
    return {"message_id": case.envelope.id, "sender": "131041-01", "municipality": "131041"}


def test_the_same_id_with_another_content_is_another_envelope(case: Case) -> None:
    sealer = Sealer(case.terminal, case.agency.public, "131041", "2019-04-01")
    other = sealer.seal(b"other", message_id=case.envelope.id, purpose=Purpose.MESSAGE, created_at=NOW)
    error = _fault(lambda: verify_receipt(case.receipt, envelope=other, signers=[case.registered]))

    assert (error.code, error.facts) == ("receipt_of_another", {"field": "envelope_digest"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "0" * 32),
        ("content_digest", "0" * 64),
        ("sender", "131041-02"),
        ("recipient", "former-agency"),
        ("municipality", "131016"),
        ("peer_version", "2020-04-01"),
    ],
)
def test_each_field_of_a_receipt_is_that_of_the_envelope(case: Case, field: str, value: Any) -> None:
    """The digest of the envelope alone does not do: the peer signs all that it states."""
    header = case.envelope.header._replace(**{field: value})
    error = _fault_of(case, case.envelope._replace(header=header))
    assert (error.code, error.facts) == ("receipt_of_another", {"field": field})


def test_the_digest_of_a_receipt_is_that_of_the_envelope(case: Case) -> None:
    error = _fault_of(case, case.envelope._replace(digest="0" * 64))
    assert (error.code, error.facts) == ("receipt_of_another", {"field": "envelope_digest"})


@pytest.mark.parametrize(
    ("protocol", "code", "facts"),
    [
        ("renkei/2", "receipt_of_another", {"field": "protocol"}),
        ("r" * 64, "receipt_of_another", {"field": "protocol"}),
        ("r" * 65, "receipt_malformed", {"place": "protocol"}),
    ],
)
def test_the_protocol_of_a_receipt_is_this_one(
    case: Case, monkeypatch: pytest.MonkeyPatch, protocol: str, code: str, facts: dict[str, str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(wire, "PROTOCOL", protocol)
        (receipt,) = sign_receipts([case.envelope], recipient=case.agency, received_at=NOW)
    error = _fault(lambda: verify_receipt(receipt, envelope=case.envelope, signers=[case.registered]))
    assert (error.code, error.facts) == (code, facts)


def _fault_of(case: Case, stated: Envelope) -> ReceiptFault:
    """Return what is wrong with a receipt for `stated`, presented for the envelope that was sent."""
    (receipt,) = sign_receipts([stated], recipient=case.agency, received_at=NOW)
    return _fault(lambda: verify_receipt(receipt, envelope=case.envelope, signers=[case.registered]))


@pytest.mark.parametrize("at", range(0, 500, 7))
def test_every_changed_byte_is_noticed(case: Case, at: int) -> None:
    at %= len(case.receipt)
    changed = case.receipt[:at] + bytes([case.receipt[at] ^ 1]) + case.receipt[at + 1 :]
    _fault(lambda: verify_receipt(changed, envelope=case.envelope, signers=[case.registered]))


@pytest.mark.parametrize(
    ("size", "body", "place"),
    [
        (0, 0, "length"),
        (1, 0, "length"),
        (71, 0, "length"),
        (72, 0, "receipt"),
        (2048, 24, "receipt"),
        (2049, 25, "length"),
        (3000, 0, "length"),
    ],
)
def test_bytes_that_are_no_receipt(case: Case, size: int, body: int, place: str) -> None:
    raw = (body.to_bytes(4, "big") + bytes(size))[:size]
    error = _fault(lambda: verify_receipt(raw, envelope=case.envelope, signers=[case.registered]))
    assert (error.code, error.facts) == ("receipt_malformed", {"place": place})


def test_the_signature_of_a_batch_is_checked_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    envelopes = [case.envelope, *(_sealed(case.terminal, case.agency) for _ in range(2))]
    receipts = sign_receipts(envelopes, recipient=case.agency, received_at=NOW)
    checked, has_signed = [], PublicIdentity.has_signed

    def count(signer: PublicIdentity, signature: bytes, signed: bytes) -> bool:
        checked.append(signature)
        return has_signed(signer, signature, signed)

    monkeypatch.setattr(PublicIdentity, "has_signed", count)
    verifier = ReceiptVerifier([case.registered])
    for receipt, envelope in zip(receipts, envelopes, strict=True):
        verifier.verify(receipt, envelope.label)
    assert len(checked) == 1


def test_a_changed_signature_is_told_as_such(case: Case) -> None:
    changed = case.receipt[:-1] + bytes([case.receipt[-1] ^ 1])
    error = _fault(lambda: verify_receipt(changed, envelope=case.envelope, signers=[case.registered]))
    assert error.code == "receipt_signature_broken"


def test_a_key_that_nobody_registered_signs_nothing(case: Case, tmp_path: Path) -> None:
    stranger = Identity.create(tmp_path / "stranger", "rehearsal-agency", Use.AGENCY)
    forged = sign_receipts([case.envelope], recipient=stranger, received_at=NOW)[0]
    error = _fault(lambda: verify_receipt(forged, envelope=case.envelope, signers=[case.registered]))
    assert error.code == "receipt_key_unknown"


def test_a_key_registered_under_another_name_signs_nothing(case: Case, tmp_path: Path) -> None:
    other = Identity.create(tmp_path / "other", "former-agency", Use.AGENCY)
    forged = sign_receipts([case.envelope], recipient=other, received_at=NOW)[0]
    signers = [case.registered, DatedIdentity("0", other.public, NOW - DAY)]
    error = _fault(lambda: verify_receipt(forged, envelope=case.envelope, signers=signers))
    assert error.code == "receipt_key_unknown"


@pytest.mark.parametrize("offset", [-2 * DAY, DAY, 2 * DAY])
def test_the_key_has_to_be_in_force_at_the_time_of_receipt(case: Case, offset: timedelta) -> None:
    dated = sign_receipts([case.envelope], recipient=case.agency, received_at=NOW + offset)[0]
    error = _fault(lambda: verify_receipt(dated, envelope=case.envelope, signers=[case.registered]))
    assert error.code == "receipt_key_not_in_force"


def test_a_key_in_force_under_another_name_is_not_in_force_for_the_recipient(case: Case) -> None:
    elsewhere = dataclasses.replace(case.agency.public, name="former-agency")
    signers = [
        DatedIdentity("1", case.agency.public, NOW - 2 * DAY, NOW - DAY),
        DatedIdentity("1", elsewhere, NOW - DAY, NOW + DAY),
    ]
    error = _fault(lambda: verify_receipt(case.receipt, envelope=case.envelope, signers=signers))
    assert error.code == "receipt_key_not_in_force"


def test_a_key_in_force_again_in_a_later_version_is_in_force(case: Case) -> None:
    signers = [DatedIdentity("1", case.agency.public, NOW - 2 * DAY, NOW - DAY), case.registered]
    assert verify_receipt(case.receipt, envelope=case.envelope, signers=signers).received_at == NOW


def test_an_old_receipt_verifies_with_the_key_of_its_time(case: Case, tmp_path: Path) -> None:
    renewed = Identity.create(tmp_path / "renewed", "rehearsal-agency", Use.AGENCY)
    signers = [DatedIdentity("2", renewed.public, NOW + DAY), case.registered]
    assert verify_receipt(case.receipt, envelope=case.envelope, signers=signers).received_at == NOW


def test_a_receipt_from_before_its_envelope_is_implausible(case: Case) -> None:
    earliest = NOW - timedelta(minutes=5)
    tolerated, early = (
        sign_receipts([case.envelope], recipient=case.agency, received_at=moment)[0]
        for moment in (earliest, earliest - timedelta(microseconds=1))
    )
    assert verify_receipt(tolerated, envelope=case.envelope, signers=[case.registered]).received_at == earliest
    error = _fault(lambda: verify_receipt(early, envelope=case.envelope, signers=[case.registered]))
    assert error.code == "receipt_time_implausible"


def test_receipts_of_a_batch_share_a_signature_and_prove_themselves(case: Case) -> None:
    envelopes = [_sealed(case.terminal, case.agency) for _ in range(5)]
    made = sign_receipts(envelopes, recipient=case.agency, received_at=NOW)
    verifier = ReceiptVerifier([case.registered])

    assert len({receipt[-64:] for receipt in made}) == 1
    for receipt, envelope in zip(made, envelopes, strict=True):
        assert verify_receipt(receipt, envelope=envelope, signers=[case.registered]).id == envelope.id
        assert verifier.verify(receipt, envelope.label).id == envelope.id


@pytest.mark.parametrize("place", range(5))
def test_in_a_batch_every_changed_byte_is_noticed(case: Case, place: int) -> None:
    envelopes = [_sealed(case.terminal, case.agency) for _ in range(5)]
    made = sign_receipts(envelopes, recipient=case.agency, received_at=NOW)
    verifier = ReceiptVerifier([case.registered])
    # The shared signature is known to be good: what each adds to it has to hold all the same.
    verifier.verify(made[place], envelopes[place].label)
    (length,) = struct.unpack_from(">I", made[place])
    for at in [*range(0, 4 + length, 13), *range(4 + length, len(made[place]))]:
        changed = made[place][:at] + bytes([made[place][at] ^ 1]) + made[place][at + 1 :]
        with pytest.raises(ReceiptFault):
            verifier.verify(changed, envelopes[place].label)


def test_a_path_of_another_length_is_malformed(case: Case) -> None:
    error = _fault(
        lambda: verify_receipt(
            case.receipt[:-64] + bytes(32) + case.receipt[-64:], envelope=case.envelope, signers=[case.registered]
        )
    )
    assert (error.code, error.facts) == ("receipt_malformed", {"place": "path"})


def test_the_largest_batch_fits_into_what_a_receipt_may_be(case: Case) -> None:
    header = case.envelope.header._replace(sender="s" * 64, recipient="r" * 64, peer_version="v" * 64)
    widest = case.envelope._replace(header=header)
    made = sign_receipts([widest] * bounds.MOST_ITEMS, recipient=case.agency, received_at=NOW)
    assert max(map(len, made)) <= receipts.MOST_RECEIPT_BYTES


def test_no_envelopes_no_receipts(case: Case) -> None:
    assert sign_receipts([], recipient=case.agency, received_at=NOW) == []


def test_both_ways_of_reading_a_receipt_let_the_same_through(case: Case) -> None:
    body = case.receipt[4:-68]
    assert receipts._read(body) == receipts._read_unusual(body)
    for place in range(len(body)):
        for byte in (body[place] ^ 1, ord('"'), ord(" "), ord("A"), 0xFF):
            changed = body[:place] + bytes([byte]) + body[place + 1 :]
            assert _read(receipts._read, changed) == _read(receipts._read_unusual, changed)


def _read(reader: Callable[[bytes], receipts.Receipt], body: bytes) -> receipts.Receipt | str:
    try:
        return reader(body)
    except wire.WireError as error:
        return error.place
    except ReceiptFault as error:
        return error.facts["place"]
