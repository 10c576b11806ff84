"""Receipts: a recipient's signed word that it keeps exactly this envelope with exactly this content (PROTOCOL.md, 5).

    receipt length (4) | receipt (canonical JSON) | signature (64)

They are stored and sent as the exact bytes that were signed first, and verify for ever: the signing key has to have
been in force at the time of receipt, not today. The agency gives one for each message, the terminal one for each notice
and result (its acknowledgement).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from transport import wire
from transport.envelope import SIGNATURE_BYTES, Envelope, Opened
from transport.errors import (
    ReceiptKeyNotInForce,
    ReceiptKeyUnknown,
    ReceiptMalformed,
    ReceiptOfAnother,
    ReceiptSignatureBroken,
    ReceiptTimeImplausible,
)
from transport.identity import DatedIdentity, Identity

MOST_RECEIPT_BYTES: Final = 2048
_SIGNED: Final = b"renkei/1 receipt signature\x00"
_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a verified receipt says. `sender` and `recipient` are those of the envelope: the recipient signed this."""

    id: str
    envelope_digest: str
    content_digest: str
    sender: str
    recipient: str
    recipient_signing_key: str
    municipality: str
    peer_version: str
    received_at: datetime
    protocol: str = wire.PROTOCOL


def issue_receipt(opened: Opened, *, recipient: Identity, received_at: datetime) -> bytes:
    """Return the receipt for an envelope that was verified and opened.

    To be called before the envelope is stored and stored with it; to be sent only after that is durable.
    """
    return sign_receipt(opened.envelope, recipient=recipient, received_at=received_at)


def sign_receipt(envelope: Envelope, *, recipient: Identity, received_at: datetime) -> bytes:
    """Return the receipt for an `envelope` that was verified earlier and is stored."""
    body = wire.encode(_about(envelope, recipient.public.signing_key_id, received_at))
    return _LENGTH.pack(len(body)) + body + recipient.sign(_SIGNED + body)


def verify_receipt(raw: bytes, *, envelope: Envelope, signers: Sequence[DatedIdentity]) -> Receipt:
    """Return what the receipt `raw` says when it proves that the recipient of `envelope` holds it.

    `envelope` is what this side sent, read from its exact stored bytes; `signers` are all registered versions of the
    recipient.
    Raises ReceiptMalformed, ReceiptOfAnother (protocol, id, a digest, a party, municipality, peer version),
    ReceiptKeyUnknown, ReceiptKeyNotInForce, ReceiptSignatureBroken, ReceiptTimeImplausible.
    """
    body, signature = _split(raw)
    receipt = _read(body)
    _compare(receipt, envelope)
    keyed = [one for one in signers if one.public.signing_key_id == receipt.recipient_signing_key]
    if not keyed or all(one.public.name != receipt.recipient for one in keyed):
        raise ReceiptKeyUnknown
    if not keyed[0].public.has_signed(signature, _SIGNED + body):
        raise ReceiptSignatureBroken
    if not any(one.in_force(receipt.received_at) for one in keyed if one.public.name == receipt.recipient):
        raise ReceiptKeyNotInForce
    if receipt.received_at < envelope.header.created_at - wire.CLOCK_TOLERANCE:
        raise ReceiptTimeImplausible
    return receipt


def _about(envelope: Envelope, signing_key_id: str, received_at: datetime) -> dict[str, Any]:
    header = envelope.header
    return {
        "protocol": wire.PROTOCOL,
        "id": header.id,
        "envelope_digest": envelope.digest,
        "content_digest": header.content_digest,
        "sender": header.sender,
        "recipient": header.recipient,
        "recipient_signing_key": signing_key_id,
        "municipality": header.municipality,
        "peer_version": header.peer_version,
        "received_at": wire.to_time(received_at),
    }


def _split(raw: bytes) -> tuple[bytes, bytes]:
    if len(raw) > MOST_RECEIPT_BYTES or len(raw) < _LENGTH.size + SIGNATURE_BYTES:
        raise ReceiptMalformed(place="length")
    (length,) = _LENGTH.unpack_from(raw)
    if len(raw) != _LENGTH.size + length + SIGNATURE_BYTES:
        raise ReceiptMalformed(place="length")
    return raw[_LENGTH.size : -SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]


_LAYOUT: Final = wire.layout(
    id=wire.ID,
    envelope_digest=wire.DIGEST,
    content_digest=wire.DIGEST,
    sender=wire.NAME,
    recipient=wire.NAME,
    recipient_signing_key=wire.ID,
    municipality=wire.MUNICIPALITY,
    peer_version=wire.NAME,
    received_at=wire.TIME,
    protocol=wire.PROTOCOL,
)


def _read(body: bytes) -> Receipt:
    try:
        found = _LAYOUT.fullmatch(body)
        if found is not None:
            told = wire.texts(found)
            return Receipt(received_at=wire.from_time(told.pop("received_at"), "received_at"), **told)
        return _read_other(body)
    except wire.WireError as error:
        raise ReceiptMalformed(place=error.place) from error


def _read_other(body: bytes) -> Receipt:
    """Read what is not as usual: tell which field is at fault, or that it is of another protocol."""
    value = wire.decode_canonical(body, frozenset(Receipt.__slots__), "receipt")
    return Receipt(
        id=wire.message_id(value["id"]),
        envelope_digest=wire.digest(value["envelope_digest"], "envelope_digest"),
        content_digest=wire.digest(value["content_digest"], "content_digest"),
        sender=wire.name(value["sender"], "sender"),
        recipient=wire.name(value["recipient"], "recipient"),
        recipient_signing_key=wire.key_id(value["recipient_signing_key"], "recipient_signing_key"),
        municipality=wire.municipality(value["municipality"]),
        peer_version=wire.name(value["peer_version"], "peer_version"),
        received_at=wire.from_time(value["received_at"], "received_at"),
        protocol=wire.text(value["protocol"], "protocol", 64),
    )


def _compare(receipt: Receipt, envelope: Envelope) -> None:
    header = envelope.header
    for field, found, wanted in (
        ("protocol", receipt.protocol, wire.PROTOCOL),
        ("id", receipt.id, header.id),
        ("envelope_digest", receipt.envelope_digest, envelope.digest),
        ("content_digest", receipt.content_digest, header.content_digest),
        ("sender", receipt.sender, header.sender),
        ("recipient", receipt.recipient, header.recipient),
        ("municipality", receipt.municipality, header.municipality),
        ("peer_version", receipt.peer_version, header.peer_version),
    ):
        if found != wanted:
            raise ReceiptOfAnother(field=field)
