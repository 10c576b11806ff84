import dataclasses
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transport import bounds, wire
from transport.errors import EnvelopeFault, EnvelopeMalformed
from transport.evidence.envelope import MAGIC, RETIRED_SUITES, Envelope, Header, Opened, Opener, Purpose, Sealer
from transport.parties.authority import Use
from transport.parties.identity import DatedIdentity, Identity
from transport.parties.sealing import seal_for
from transport.parties.signing import SIGNATURE_BYTES

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
CONTENT = "葛\U000e0100城 REHEARSAL".encode()


@dataclasses.dataclass
class Parties:
    terminal: Identity
    agency: Identity
    opener: Opener
    sealer: Sealer

    def seal(self, content: bytes = CONTENT, **changes: Any) -> Envelope:
        facts = {"message_id": uuid.uuid4().hex, "purpose": Purpose.MESSAGE, "created_at": NOW, **changes}
        return self.sealer.seal(content, **facts)

    def open(self, raw: bytes, **changes: Any) -> Opened:
        return dataclasses.replace(self.opener, **changes).open(raw, now=NOW)

    def forge(self, envelope: Envelope, *, resign: bool = True, **changes: Any) -> bytes:
        """Return the envelope with another header, signed anew by the true sender, as only that sender could."""
        header = envelope.header._replace(**changes).to_bytes()
        signature = _signature(self.terminal, header, envelope.sealed) if resign else envelope.signature
        return _assemble(header, envelope.sealed, signature)


def _signature(sender: Identity, header: bytes, sealed: bytes) -> bytes:
    digest = bytes.fromhex(wire.sha256(sealed))
    return sender.sign(b"renkei/1 envelope signature\x00" + struct.pack(">I", len(header)) + header + digest)


def _assemble(header: bytes, sealed: bytes, signature: bytes) -> bytes:
    return MAGIC + struct.pack(">I", len(header)) + header + struct.pack(">I", len(sealed)) + sealed + signature


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    home: Path = tmp_path_factory.mktemp("parties")
    terminal = Identity.create(home / "terminal", "131041-01", Use.TERMINAL)
    agency = Identity.create(home / "agency", "rehearsal-agency", Use.AGENCY)
    registered = DatedIdentity("1", terminal.public, NOW - timedelta(days=1), NOW + timedelta(days=1))
    opener = Opener(agency, (registered,), "131041", frozenset({Purpose.MESSAGE}))
    return Parties(terminal, agency, opener, Sealer(terminal, agency.public, "131041", "2019-04-01"))


def _code(act: Callable[[], object]) -> str:
    with pytest.raises(EnvelopeFault) as caught:
        act()
    return caught.value.code


def test_what_was_sealed_is_opened_to_the_byte(parties: Parties) -> None:
    envelope = parties.seal()
    opened = parties.open(envelope.raw)

    assert opened.content == CONTENT
    assert opened.header == envelope.header
    assert opened.sender.public == parties.terminal.public
    assert Envelope.read(envelope.raw) == envelope


def test_nothing_of_the_content_and_no_digest_of_it_is_in_clear(parties: Parties) -> None:
    first, second = parties.seal(), parties.seal()

    assert CONTENT not in first.raw
    assert wire.sha256(CONTENT).encode() not in first.raw
    assert first.header.content_digest != second.header.content_digest


def test_an_empty_content_travels(parties: Parties) -> None:
    assert parties.open(parties.seal(b"").raw).content == b""


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("magic", "envelope_malformed"),
        ("encapsulated key", "envelope_signature_broken"),
        ("ciphertext", "envelope_signature_broken"),
        ("signature", "envelope_signature_broken"),
    ],
)
def test_a_changed_bit_is_told_by_where_it_is(parties: Parties, part: str, code: str) -> None:
    envelope = parties.seal()
    changed = bytearray(envelope.raw)
    changed[
        {
            "magic": 0,
            "encapsulated key": -SIGNATURE_BYTES - len(envelope.sealed),
            "ciphertext": -SIGNATURE_BYTES - 17,
            "signature": -1,
        }[part]
    ] ^= 1

    assert _code(lambda: parties.open(bytes(changed))) == code


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_mutation_is_refused_and_nothing_else_is_raised(parties: Parties, data: st.DataObject) -> None:
    raw = parties.seal().raw
    at = data.draw(st.integers(0, len(raw) - 1))
    mutated = data.draw(
        st.sampled_from(
            [
                raw[:at],
                raw[:at] + raw[at + 1 :],
                raw + raw[:at] + b"x",
                raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :],
            ]
        )
    )
    with pytest.raises(EnvelopeFault):
        parties.open(mutated)


@given(raw=st.binary(max_size=300))
def test_arbitrary_bytes_are_no_envelope(raw: bytes) -> None:
    for candidate in (raw, MAGIC + raw):
        with pytest.raises(EnvelopeFault):
            Envelope.read(candidate)


@pytest.mark.parametrize("cut", [4, 7, 8, 100, -65, -64, -1])
def test_a_cut_envelope_is_told_as_such(parties: Parties, cut: int) -> None:
    raw = parties.seal().raw
    assert _code(lambda: parties.open(raw[:cut])) == "envelope_truncated"


def test_an_envelope_with_something_behind_it_is_refused(parties: Parties) -> None:
    raw = parties.seal().raw
    assert _code(lambda: parties.open(raw + b"\x00")) == "envelope_truncated"


def test_envelopes_that_are_too_large_are_neither_made_nor_read(parties: Parties) -> None:
    assert _code(lambda: parties.seal(bytes(bounds.MOST_ENVELOPE_BYTES))) == "envelope_too_large"
    assert _code(lambda: parties.open(bytes(bounds.MOST_ENVELOPE_BYTES + 1))) == "envelope_too_large"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"protocol": "renkei/2"}, "envelope_protocol_unknown"),
        ({"protocol": "r" * 64}, "envelope_protocol_unknown"),
        ({"protocol": "r" * 65}, "envelope_malformed"),
        ({"suite": "RENKEI-9"}, "envelope_suite_unknown"),
        ({"suite": "R" * 64}, "envelope_suite_unknown"),
        ({"suite": "R" * 65}, "envelope_malformed"),
        ({"suite": min(RETIRED_SUITES)}, "envelope_suite_retired"),
        ({"recipient": "another-agency"}, "envelope_misaddressed"),
        ({"recipient_key": "0" * 32}, "envelope_recipient_key_unknown"),
        ({"sender": "131041-02"}, "envelope_sender_unknown"),
        ({"sender_key": "0" * 32}, "envelope_sender_key_unknown"),
        ({"created_at": NOW - timedelta(days=2)}, "envelope_sender_key_not_in_force"),
        ({"municipality": "131016"}, "envelope_municipality_foreign"),
        ({"purpose": Purpose.RESULT}, "envelope_purpose_foreign"),
        ({"created_at": NOW + timedelta(minutes=6)}, "envelope_from_future"),
        # The signature is right, and yet the seal is bound to the header that it was made with.
        ({"peer_version": "2030-01-01"}, "envelope_seal_broken"),
        ({"id": "f" * 32}, "envelope_seal_broken"),
        ({"created_at": NOW + timedelta(minutes=5)}, "envelope_seal_broken"),
    ],
)
def test_each_fault_has_its_own_code(parties: Parties, changes: dict[str, Any], code: str) -> None:
    forged = parties.forge(parties.seal(), **changes)
    assert _code(lambda: parties.open(forged)) == code


def test_the_helper_forges_nothing_by_itself(parties: Parties) -> None:
    assert parties.open(parties.forge(parties.seal())).content == CONTENT


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", "f" * 32), ("peer_version", "2"), ("content_digest", "0" * 64), ("created_at", NOW - timedelta(hours=1))],
)
def test_no_one_else_can_change_a_header(parties: Parties, field: str, value: object) -> None:
    forged = parties.forge(parties.seal(), resign=False, **{field: value})
    assert _code(lambda: parties.open(forged)) == "envelope_signature_broken"


@pytest.mark.parametrize(
    ("plain", "digest"),
    [
        (bytes(32) + CONTENT, "0" * 64),
        # Its digest is right, but a part of the salt is missing.
        (bytes(31), wire.sha256(b"renkei/1 content digest\x00" + bytes(31))),
    ],
    ids=["content", "salt"],
)
def test_content_that_was_not_signed_for_is_refused(parties: Parties, plain: bytes, digest: str) -> None:
    header = parties.seal().header._replace(content_digest=digest).to_bytes()
    sealed = seal_for(parties.agency.public.sealing_key, plain, b"renkei/1 envelope seal\x00" + header)
    raw = _assemble(header, sealed, _signature(parties.terminal, header, sealed))

    assert _code(lambda: parties.open(raw)) == "envelope_content_changed"


def test_an_envelope_for_one_cannot_be_passed_on_to_another(parties: Parties, tmp_path: Path) -> None:
    other = Identity.create(tmp_path / "other", "other-agency", Use.AGENCY)
    envelope = parties.seal()
    assert _code(lambda: parties.open(envelope.raw, recipient=other)) == "envelope_misaddressed"


@pytest.mark.parametrize(
    "header",
    [
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 2000,
        b'{"id":"a","id":"b"}',
        b'{"protocol":NaN}',
    ],
)
def test_headers_that_are_none_are_malformed(header: bytes) -> None:
    assert _code(lambda: Envelope.read(_assemble(header, b"", bytes(64)))) == "envelope_malformed"


@pytest.mark.parametrize(("size", "place"), [(2048, "header"), (2049, "length")])
def test_a_header_has_two_kilobytes_at_most(size: int, place: str) -> None:
    with pytest.raises(EnvelopeMalformed) as caught:
        Envelope.read(_assemble(bytes(size), b"", bytes(64)))
    assert caught.value.facts == {"place": place}


def test_a_header_has_one_spelling_only(parties: Parties) -> None:
    header = parties.seal().header.to_bytes()
    for spelled in (header + b" ", header.replace(b",", b", ", 1), header.replace(b"131041-01", b"\\u003131041-01")):
        with pytest.raises(wire.WireError):
            Header.from_bytes(spelled)


@pytest.mark.parametrize("message_id", ["", "A" * 32, "a" * 31, "a" * 33])
def test_values_that_no_reader_admits_are_not_sealed(parties: Parties, message_id: str) -> None:
    with pytest.raises(wire.WireError):
        parties.seal(message_id=message_id)


@pytest.mark.parametrize(("municipality", "peer_version"), [("13104", "2019-04-01"), ("131041", "")])
def test_a_sealer_has_values_that_readers_admit(parties: Parties, municipality: str, peer_version: str) -> None:
    with pytest.raises(wire.WireError):
        Sealer(parties.terminal, parties.agency.public, municipality, peer_version)


def test_both_ways_of_reading_a_header_let_the_same_through(parties: Parties) -> None:
    raw = parties.seal().header_bytes
    assert Header.from_bytes(raw) == Header._read_unusual(raw)
    for place in range(len(raw)):
        for byte in (raw[place] ^ 1, ord('"'), ord(" "), ord("A"), 0xFF):
            changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
            assert _read(Header.from_bytes, changed) == _read(Header._read_unusual, changed)


def _read(reader: Callable[[bytes], Header], raw: bytes) -> Header | str:
    try:
        return reader(raw)
    except wire.WireError as error:
        return error.place
