"""The witness: the peer's signed word that it saw a checkpoint of the terminal's log (PROTOCOL.md, 6.6).

    body length (4) | body (canonical JSON) | signature (64)

The peer keeps the highest checkpoint that each terminal has shown, and repeats its word about that one when it is shown
an older or another one. So a log that was rolled back meets its own future at the peer.
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
"""What stands before the body in what is signed."""

_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Witness:
    """What a verified witness says: that `witness` saw checkpoint `number` of `terminal`, whose digest this is."""

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
    """Return the witness of checkpoint `number` with the digest `checkpoint`; to be sent once it is durable."""
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
    """Return what the witness `raw` says when a registered version of the peer signed it about this terminal.

    Raises WitnessBroken, whose `field` says where it fails.
    """
    body, signature = split_witness(raw)
    told = _read(body)
    wanted = {"protocol": wire.PROTOCOL, "terminal": terminal, "municipality": municipality}
    for field, value in wanted.items():
        if getattr(told, field) != value:
            raise WitnessBroken(field=field)
    keyed = [one for one in signers if one.public.signing_key_id == told.witness_signing_key]
    if not any(one.public.name == told.witness and one.in_force(told.witnessed_at) for one in keyed):
        raise WitnessBroken(field="witness_signing_key")
    if not keyed[0].public.has_signed(signature, SIGNED + body):
        raise WitnessBroken(field="signature")
    return told


def split_witness(raw: bytes) -> tuple[bytes, bytes]:
    """Return body and signature of a witness as it came. Raises WitnessBroken."""
    if not _LENGTH.size + SIGNATURE_BYTES <= len(raw) <= MOST_WITNESS_BYTES:
        raise WitnessBroken(field="length")
    (length,) = _LENGTH.unpack_from(raw)
    if len(raw) != _LENGTH.size + length + SIGNATURE_BYTES:
        raise WitnessBroken(field="length")
    return raw[_LENGTH.size : -SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]


def _read(body: bytes) -> Witness:
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
