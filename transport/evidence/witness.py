"""The witness: the peer's signed statement that it saw a checkpoint of the terminal's log (PROTOCOL.md, 6.6).

    body length (4) | body (canonical JSON) | signature (64)

The peer keeps the highest checkpoint that each terminal has shown. When it is shown an older or a different one, it
repeats its statement about the highest. A terminal whose log was rolled back thus learns of its own lost entries.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from transport import wire
from transport.errors import WitnessBroken
from transport.parties.identity import DatedIdentity, Identity
from transport.parties.signing import SIGNATURE_BYTES

MOST_WITNESS_BYTES: Final = 2048
SIGNED: Final = b"renkei/1 witness signature\x00"
"""What precedes the body in the signed bytes."""

_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Witness:
    """What a verified witness states: that `witness` saw checkpoint `number` of `terminal` with this digest."""

    terminal: str
    municipality: str
    number: int
    checkpoint: str
    witness: str
    witness_signing_key: str
    witnessed_at: datetime
    protocol: str = wire.PROTOCOL


def issue_witness(
    terminal: str, municipality: str, *, number: int, checkpoint: str, witness: Identity, now: datetime
) -> bytes:
    """Return the witness of checkpoint `number` with the digest `checkpoint`. Send it only once it is durable."""
    # A statement that was sent and then lost would let the terminal show an older log without contradiction.
    body = wire.encode(
        {
            "protocol": wire.PROTOCOL,
            "terminal": terminal,
            "municipality": municipality,
            "number": number,
            "checkpoint": checkpoint,
            "witness": witness.name,
            "witness_signing_key": witness.public.signing_key_id,
            "witnessed_at": wire.to_time(now),
        }
    )
    return wire.prefixed(body) + witness.sign(SIGNED + body)


def verify_witness(raw: bytes, *, terminal: str, municipality: str, signers: Sequence[DatedIdentity]) -> Witness:
    """Verify that a registered version of the peer signed the witness `raw` about this terminal; return its statement.

    Raises WitnessBroken, whose `field` names what does not verify.
    """
    body, signature = split_witness(raw)
    witness = _read(body)
    # A genuine statement about another terminal's log proves nothing about this one.
    expected = {"protocol": wire.PROTOCOL, "terminal": terminal, "municipality": municipality}
    for field, value in expected.items():
        if getattr(witness, field) != value:
            raise WitnessBroken(field=field)
    keyed = [version for version in signers if version.public.signing_key_id == witness.witness_signing_key]
    # In force when it was signed, not now: the statement outlives the peer's keys, like the log it is about.
    if not any(version.public.name == witness.witness and version.in_force(witness.witnessed_at) for version in keyed):
        raise WitnessBroken(field="witness_signing_key")
    if not keyed[0].public.has_signed(signature, SIGNED + body):
        raise WitnessBroken(field="signature")
    return witness


def split_witness(raw: bytes) -> tuple[bytes, bytes]:
    """Return body and signature of an unverified witness. Raises WitnessBroken."""
    # The size comes first, and then the lengths have to fill the bytes exactly: nothing may be hidden after the parts.
    if not _LENGTH.size + SIGNATURE_BYTES <= len(raw) <= MOST_WITNESS_BYTES:
        raise WitnessBroken(field="length")
    (length,) = _LENGTH.unpack_from(raw)
    if len(raw) != _LENGTH.size + length + SIGNATURE_BYTES:
        raise WitnessBroken(field="length")
    return raw[_LENGTH.size : -SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]


def _read(body: bytes) -> Witness:
    # Without the quick reader of `flat_json`: a number is not a text, and an exchange has only two of these.
    try:
        value: dict[str, Any] = wire.decode_canonical(body, frozenset(Witness.__slots__), "witness")
        return Witness(
            terminal=wire.name(value["terminal"], "terminal"),
            municipality=wire.municipality(value["municipality"]),
            number=wire.whole(value["number"], "number", least=1),
            checkpoint=wire.digest(value["checkpoint"], "checkpoint"),
            witness=wire.name(value["witness"], "witness"),
            witness_signing_key=wire.key_id(value["witness_signing_key"], "witness_signing_key"),
            witnessed_at=wire.from_time(value["witnessed_at"], "witnessed_at"),
            protocol=wire.text(value["protocol"], "protocol", 64),
        )
    except wire.WireError as error:
        raise WitnessBroken(field=error.place) from error
