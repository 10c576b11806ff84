"""Envelopes that are wrong in one way, made as only their sender could make them, or as somebody on the way could."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from console.terminal import Terminal
from store import clock, queue
from transport import wire
from transport.evidence.envelope import MAGIC, RETIRED_SUITES, Envelope, Sealer
from transport.parties.identity import Identity
from transport.parties.signing import SIGNATURE_BYTES

Forge = Callable[[Envelope, Identity], bytes]


@dataclass(frozen=True)
class Forgery:
    """One way to be wrong, and the code that it is refused with."""

    code: str
    make: Forge


def signed_again(**changes: Any) -> Forge:
    """Change the header and sign it anew, with the sender's own key."""

    def make(envelope: Envelope, sender: Identity) -> bytes:
        header = envelope.header._replace(**changes).to_bytes()
        sealed = bytes.fromhex(wire.sha256(envelope.sealed))
        signature = sender.sign(b"renkei/1 envelope signature\x00" + _counted(header) + sealed)
        return assemble(header, envelope.sealed, signature)

    return make


def changed_at(position: int) -> Forge:
    """Change one bit at `position`."""

    def make(envelope: Envelope, _: Identity) -> bytes:
        raw = bytearray(envelope.raw)
        raw[position] ^= 1
        return bytes(raw)

    return make


def _cut(envelope: Envelope, _: Identity) -> bytes:
    return envelope.raw[:-1]


def _lengthened(envelope: Envelope, _: Identity) -> bytes:
    return envelope.raw + b"\x00"


def _readdressed_on_the_way(envelope: Envelope, _: Identity) -> bytes:
    header = envelope.header._replace(created_at=envelope.header.created_at - timedelta(seconds=1)).to_bytes()
    return assemble(header, envelope.sealed, envelope.signature)


def assemble(header: bytes, sealed: bytes, signature: bytes) -> bytes:
    """Put the parts of an envelope together."""
    return MAGIC + _counted(header) + _counted(sealed) + signature


def _counted(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


FORGERIES: Final[Mapping[str, Forgery]] = {
    "changed content": Forgery("envelope_signature_broken", changed_at(-SIGNATURE_BYTES - 1)),
    "changed signature": Forgery("envelope_signature_broken", changed_at(-1)),
    "changed header": Forgery("envelope_signature_broken", _readdressed_on_the_way),
    "no envelope": Forgery("envelope_malformed", changed_at(0)),
    "truncated": Forgery("envelope_truncated", _cut),
    "lengthened": Forgery("envelope_truncated", _lengthened),
    "re-addressed": Forgery("envelope_misaddressed", signed_again(recipient="somebody-else")),
    "sealed to another key": Forgery("envelope_recipient_key_unknown", signed_again(recipient_key="0" * 32)),
    "of another municipality": Forgery("envelope_municipality_foreign", signed_again(municipality="131016")),
    "of another sender": Forgery("envelope_sender_unknown", signed_again(sender="somebody-else")),
    "signed by an unknown key": Forgery("envelope_sender_key_unknown", signed_again(sender_key="0" * 32)),
    "moved to another id": Forgery("envelope_seal_broken", signed_again(peer_version="9")),
    "old suite": Forgery("envelope_suite_retired", signed_again(suite=min(RETIRED_SUITES))),
    "unknown suite": Forgery("envelope_suite_unknown", signed_again(suite="RENKEI-9")),
    "other protocol": Forgery("envelope_protocol_unknown", signed_again(protocol="renkei/2")),
}


def forge(name: str, sealer: Sealer, envelope: Envelope) -> bytes:
    """Return the envelope wrong in the way `name`."""
    return FORGERIES[name].make(envelope, sealer.sender)


def keep_shipment(terminal: Terminal, number: int, envelope: Envelope, raw: bytes | None = None) -> None:
    """Have the message leave under the bytes of `envelope`, or under `raw`, which somebody made of them."""
    row = queue.ShipmentRow(
        message_id=number,
        terminal=terminal.name,
        revision=1,
        header=envelope.header_bytes,
        envelope=envelope.raw if raw is None else raw,
        digest=bytes.fromhex(envelope.digest),
        content_digest=bytes.fromhex(envelope.header.content_digest),
        peer_version=1,
        made_at=clock.now(),
    )
    with terminal.database.writing() as tx:
        queue.add_shipments(tx, [row])
