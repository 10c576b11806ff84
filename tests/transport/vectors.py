"""Makes the vectors of PROTOCOL.md: `python -m tests.transport.vectors` writes `envelope_vectors.json` anew.

Keys, ids and times are always the same, so that a diff shows what was changed; salts and encapsulations are random,
so each run makes other envelopes. Whoever builds the other side reads the file: everything in it is hexadecimal.
"""

import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from transport import wire
from transport.evidence.envelope import MAGIC, RETIRED_SUITES, Envelope, Purpose, Sealer
from transport.evidence.receipts import sign_receipts
from transport.parties.authority import Use, sign_own
from transport.parties.identity import Identity
from transport.parties.sealing import SealingKey, seal_for
from transport.parties.signing import SIGNATURE_BYTES, Signer

FILE: Final = Path(__file__).with_name("envelope_vectors.json")
NOW: Final = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
MUNICIPALITY: Final = "131041"
VERSION: Final = "v1"
#: When both sides' keys are in force, for the vectors.
VALID_FROM, VALID_TO = NOW - timedelta(days=1), NOW + timedelta(days=1)

_CONTENTS: Final[tuple[tuple[str, Purpose, bytes], ...]] = (
    ("a message", Purpose.MESSAGE, '{"kind":"certificate_delivery","name":"葛\U000e0100城 REHEARSAL"}'.encode()),
    ("an empty content", Purpose.MESSAGE, b""),
    ("every byte there is", Purpose.MESSAGE, bytes(range(256))),
    ("a long content", Purpose.MESSAGE, b"0123456789abcdef" * 200),
    ("a notice", Purpose.NOTICE, b'{"kind":"agency_notice"}'),
    ("a result", Purpose.RESULT, b'{"outcome":"accepted"}'),
)


def _seed(name: str, purpose: str) -> bytes:
    return sha256(f"renkei vector {name} {purpose}".encode()).digest()


def party(name: str, use: Use) -> Identity:
    """Return the made-up party `name`, whose keys follow from its name; its certificate is no part of the vectors."""
    certificate = sign_own(name, ec.generate_private_key(ec.SECP256R1()), use)
    signing = Ed25519PrivateKey.from_private_bytes(_seed(name, "signing"))
    sealing = SealingKey(_seed(name, "sealing"))
    return Identity(Path("/nowhere"), certificate, Signer(signing), sealing, sealing.public)


TERMINAL: Final = party("131041-01", Use.TERMINAL)
AGENCY: Final = party("rehearsal-agency", Use.AGENCY)
STRANGER: Final = party("somebody-else", Use.AGENCY)


def make() -> dict[str, Any]:
    """Return all vectors as they stand in the file."""
    return {
        "made_by": "python -m tests.transport.vectors",
        "now": wire.to_time(NOW),
        "valid_from": wire.to_time(VALID_FROM),
        "valid_to": wire.to_time(VALID_TO),
        "municipality": MUNICIPALITY,
        "parties": {item.name: _described(item) for item in (TERMINAL, AGENCY)},
        "opened": list(_opened()),
        "refused": list(_refused()),
        "receipts_refused": list(_receipts_refused()),
    }


def _described(identity: Identity) -> dict[str, str]:
    return {
        "signing_private": _seed(identity.name, "signing").hex(),
        "signing_public": identity.public.signing_key.hex(),
        "sealing_seed": _seed(identity.name, "sealing").hex(),
        "sealing_public": identity.public.sealing_key.hex(),
    }


def _sealed(purpose: Purpose, content: bytes, number: int, *, created_at: datetime = NOW) -> Envelope:
    sender, recipient = (TERMINAL, AGENCY) if purpose is Purpose.MESSAGE else (AGENCY, TERMINAL)
    sealer = Sealer(sender, recipient.public, MUNICIPALITY, VERSION)
    return sealer.seal(content, message_id=f"{number:032x}", purpose=purpose, created_at=created_at)


def _opened() -> Iterator[dict[str, Any]]:
    for number, (name, purpose, content) in enumerate(_CONTENTS, start=1):
        envelope = _sealed(purpose, content, number)
        recipient = AGENCY if purpose is Purpose.MESSAGE else TERMINAL
        receipt = _receipt(envelope, recipient, NOW + timedelta(seconds=1), beside=number - 1)
        yield {
            "name": name,
            "envelope": envelope.raw.hex(),
            "envelope_digest": envelope.digest,
            "header": json.loads(envelope.header_bytes),
            "content": content.hex(),
            "receipt": receipt.hex(),
        }


def _receipt(envelope: Envelope, recipient: Identity, received_at: datetime, *, beside: int) -> bytes:
    """Return a receipt that shares its signature with `beside` others, the last of them in the tree."""
    others = [_sealed(envelope.header.purpose, b"", 0x300 + number) for number in range(beside)]
    return sign_receipts([*others, envelope], recipient=recipient, received_at=received_at)[-1]


# ── What is refused ───────────────────────────────────────────────────────────────────────────────


def _refused() -> Iterator[dict[str, Any]]:
    """Yield messages to the agency that are wrong in one way, in the order in which a reader finds out."""
    good = _sealed(Purpose.MESSAGE, b"{}", 0x100)
    raw, header, sealed = good.raw, good.header, good.sealed
    for name, code, wrong in (
        ("empty", "envelope_malformed", b""),
        ("magic changed", "envelope_malformed", b"RNK2" + raw[4:]),
        ("header too long", "envelope_malformed", MAGIC + struct.pack(">I", 2049) + raw[8:]),
        ("header with a space", "envelope_malformed", _assembled(header.to_bytes() + b" ", sealed)),
        ("header with a doubled key", "envelope_malformed", _assembled(_doubled(header.to_bytes()), sealed)),
        ("header without its id", "envelope_malformed", _assembled(_without_id(header.to_bytes()), sealed)),
        ("cut in the header", "envelope_truncated", raw[:100]),
        ("cut in the signature", "envelope_truncated", raw[:-1]),
        ("followed by a byte", "envelope_truncated", raw + b"\x00"),
        ("of another protocol", "envelope_protocol_unknown", _with(good, protocol="renkei/2")),
        ("of a retired suite", "envelope_suite_retired", _with(good, suite=min(RETIRED_SUITES))),
        ("of an unknown suite", "envelope_suite_unknown", _with(good, suite="RENKEI-9")),
        ("for somebody else", "envelope_misaddressed", _with(good, recipient=STRANGER.name)),
        ("sealed to another key", "envelope_recipient_key_unknown", _with(good, recipient_key="0" * 32)),
        ("of another municipality", "envelope_municipality_foreign", _with(good, municipality="131016")),
        ("a result from a terminal", "envelope_purpose_foreign", _with(good, purpose=Purpose.RESULT)),
        ("of an unknown sender", "envelope_sender_unknown", _with(good, sender=STRANGER.name)),
        ("signed by an unknown key", "envelope_sender_key_unknown", _with(good, sender_key="0" * 32)),
        ("before the key began", "envelope_sender_key_not_in_force", _with(good, created_at=NOW - timedelta(days=2))),
        ("from the future", "envelope_from_future", _with(good, created_at=NOW + timedelta(minutes=6))),
        ("signature changed", "envelope_signature_broken", _flipped(raw, -1)),
        ("sealed part changed", "envelope_signature_broken", _flipped(raw, -SIGNATURE_BYTES - 1)),
        ("header changed", "envelope_signature_broken", _resigned(good, by_sender=False, peer_version="v2")),
        ("signed by somebody else", "envelope_signature_broken", _signed_by_stranger(good)),
        ("seal of another header", "envelope_seal_broken", _with(good, peer_version="v2")),
        ("content not signed for", "envelope_content_changed", _content_changed(good)),
    ):
        yield {"name": name, "envelope": wrong.hex(), "code": code}


def _assembled(header: bytes, sealed: bytes, *, signer: Identity = TERMINAL, signature: bytes | None = None) -> bytes:
    counted = struct.pack(">I", len(header)) + header
    signed = b"renkei/1 envelope signature\x00" + counted + sha256(sealed).digest()
    return MAGIC + counted + struct.pack(">I", len(sealed)) + sealed + (signature or signer.sign(signed))


def _with(envelope: Envelope, **changes: Any) -> bytes:
    return _resigned(envelope, by_sender=True, **changes)


def _resigned(envelope: Envelope, *, by_sender: bool, **changes: Any) -> bytes:
    """Change the header; sign it anew as only the sender could, or leave the signature as somebody on the way must."""
    header = envelope.header._replace(**changes).to_bytes()
    return _assembled(header, envelope.sealed, signature=None if by_sender else envelope.signature)


def _signed_by_stranger(envelope: Envelope) -> bytes:
    return _assembled(envelope.header_bytes, envelope.sealed, signer=STRANGER)


def _content_changed(envelope: Envelope) -> bytes:
    info = b"renkei/1 envelope seal\x00" + envelope.header_bytes
    return _assembled(envelope.header_bytes, seal_for(AGENCY.public.sealing_key, bytes(32) + b"[]", info))


def _doubled(header: bytes) -> bytes:
    return header.replace(b'"id":', b'"id":"' + b"f" * 32 + b'","id":', 1)


def _without_id(header: bytes) -> bytes:
    value = json.loads(header)
    del value["id"]
    return wire.encode(value)


def _flipped(raw: bytes, position: int) -> bytes:
    changed = bytearray(raw)
    changed[position] ^= 1
    return bytes(changed)


def _receipts_refused() -> Iterator[dict[str, Any]]:
    envelope, other = _sealed(Purpose.MESSAGE, b"{}", 0x200), _sealed(Purpose.MESSAGE, b"{}", 0x201)
    good = _receipt(envelope, AGENCY, NOW, beside=2)
    at_path = -SIGNATURE_BYTES - 32
    late, early = NOW + timedelta(days=2), NOW - timedelta(minutes=6)
    for name, code, wrong in (
        ("cut", "receipt_malformed", good[:-1]),
        ("path too short", "receipt_malformed", good[:at_path] + good[-SIGNATURE_BYTES:]),
        ("beyond the last", "receipt_malformed", _with_place(good, 3, 3)),
        ("of another envelope", "receipt_of_another", _receipt(other, AGENCY, NOW, beside=0)),
        ("by somebody else", "receipt_key_unknown", _receipt(envelope, STRANGER, NOW, beside=0)),
        ("at another place", "receipt_signature_broken", _with_place(good, 1, 2)),
        ("path changed", "receipt_signature_broken", _flipped(good, at_path)),
        ("signature changed", "receipt_signature_broken", _flipped(good, -1)),
        ("after the key ended", "receipt_key_not_in_force", _receipt(envelope, AGENCY, late, beside=0)),
        ("before its envelope", "receipt_time_implausible", _receipt(envelope, AGENCY, early, beside=0)),
    ):
        yield {"name": name, "envelope": envelope.raw.hex(), "receipt": wrong.hex(), "code": code}


def _with_place(receipt: bytes, index: int, count: int) -> bytes:
    """Say of a receipt with one hash in its path that it is another leaf, or one of another tree."""
    at = -SIGNATURE_BYTES - 32 - 4
    return receipt[:at] + struct.pack(">HH", index, count) + receipt[at + 4 :]


if __name__ == "__main__":
    FILE.write_text(json.dumps(make(), indent=1) + "\n", encoding="utf-8")
