"""Receipts: a recipient's signed word that it keeps exactly this envelope with exactly this content (PROTOCOL.md, 5).

    receipt length (4) | receipt (canonical JSON) | index (2) | count (2) | path (32 each) | signature (64)

They are stored and sent as the exact bytes that were signed first, and verify for ever: the signing key has to have
been in force at the time of receipt, not today. The agency gives one for each message, the terminal one for each notice
and result (its acknowledgement). Those of one batch share a signature, over the root of a hash tree; by its path to the
root each proves itself without the others.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from transport import wire
from transport.errors import (
    ReceiptKeyNotInForce,
    ReceiptKeyUnknown,
    ReceiptMalformed,
    ReceiptOfAnother,
    ReceiptSignatureBroken,
    ReceiptTimeImplausible,
)
from transport.evidence.envelope import Envelope, Label, Opened
from transport.evidence.flat_json import Layout
from transport.evidence.merkle import HASH_BYTES, HashTree, root_of
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity
from transport.parties.signing import SIGNATURE_BYTES

MOST_RECEIPT_BYTES: Final = 2048
_SIGNED: Final = b"renkei/1 receipt signature\x00"
_LENGTH: Final = struct.Struct(">I")
_COUNT: Final = struct.Struct(">H")
_PLACE: Final = struct.Struct(">HH")


class Receipt(NamedTuple):
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


def issue_receipts(opened: Sequence[Opened], *, recipient: Identity, received_at: datetime) -> list[bytes]:
    """Return the receipts for envelopes that were verified and opened, in their order.

    To be called before the envelopes are stored and stored with them; to be sent only after that is durable.
    """
    return sign_receipts([one.envelope for one in opened], recipient=recipient, received_at=received_at)


def sign_receipts(envelopes: Sequence[Envelope], *, recipient: Identity, received_at: datetime) -> list[bytes]:
    """Return the receipts for at most 512 `envelopes` that were verified earlier and are stored, in their order."""
    key_id = recipient.public.signing_key_id
    bodies = [_LAYOUT.write(_about(envelope, key_id, received_at)) for envelope in envelopes]
    if not bodies:
        return []
    tree = HashTree(bodies)
    signature = recipient.sign(_signed(len(bodies), tree.root))
    return [
        wire.prefixed(body) + _PLACE.pack(index, len(bodies)) + tree.path(index) + signature
        for index, body in enumerate(bodies)
    ]


def verify_receipt(raw: bytes, *, envelope: Envelope, signers: Sequence[DatedIdentity]) -> Receipt:
    """Return what one receipt says when it proves what it is for; see `ReceiptVerifier.verify`."""
    return ReceiptVerifier(signers).verify(raw, envelope.label)


class ReceiptVerifier:
    """Verifies receipts of one recipient, whose registered versions are `signers`, all that there ever were.

    Receipts of one batch share a signature: it is checked for the first of them, and their paths for each.
    """

    def __init__(self, signers: Sequence[DatedIdentity]) -> None:
        self._signers = signers
        self._good: set[tuple[str, bytes, bytes]] = set()

    def verify(self, raw: bytes, label: Label) -> Receipt:
        """Return what the receipt `raw` says when it proves that the recipient of the envelope `label` holds it.

        That envelope is what this side sent, read from its exact stored bytes.
        Raises ReceiptMalformed, ReceiptOfAnother (protocol, id, a digest, a party, municipality, peer version),
        ReceiptKeyUnknown, ReceiptKeyNotInForce, ReceiptSignatureBroken, ReceiptTimeImplausible.
        """
        parts = _split(raw)
        receipt, signed = _read(parts.body), _signed(parts.leaves, _root(parts))
        _compare(receipt, label)
        keyed = [one for one in self._signers if one.public.signing_key_id == receipt.recipient_signing_key]
        if not keyed or all(one.public.name != receipt.recipient for one in keyed):
            raise ReceiptKeyUnknown
        if not self._has_signed(keyed[0].public, parts.signature, signed):
            raise ReceiptSignatureBroken
        if not any(one.in_force(receipt.received_at) for one in keyed if one.public.name == receipt.recipient):
            raise ReceiptKeyNotInForce
        if receipt.received_at < label.header.created_at - wire.CLOCK_TOLERANCE:
            raise ReceiptTimeImplausible
        return receipt

    def _has_signed(self, signer: PublicIdentity, signature: bytes, signed: bytes) -> bool:
        told = (signer.signing_key_id, signature, signed)
        if told not in self._good:
            if not signer.has_signed(signature, signed):
                return False
            self._good.add(told)
        return True


class _Parts(NamedTuple):
    """A receipt taken apart: its body, which leaf of how many that is, the path to the root, and the signature."""

    body: bytes
    leaf: int
    leaves: int
    path: bytes
    signature: bytes


def _root(parts: _Parts) -> bytes:
    root = root_of(parts.body, parts.leaf, parts.leaves, parts.path)
    if root is None:
        raise ReceiptMalformed(place="path")
    return root


def _signed(count: int, root: bytes) -> bytes:
    return _SIGNED + _COUNT.pack(count) + root


def _about(envelope: Envelope, signing_key_id: str, received_at: datetime) -> dict[str, str]:
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


def _split(raw: bytes) -> _Parts:
    if len(raw) > MOST_RECEIPT_BYTES or len(raw) < _LENGTH.size + _PLACE.size + SIGNATURE_BYTES:
        raise ReceiptMalformed(place="length")
    (length,) = _LENGTH.unpack_from(raw)
    end = _LENGTH.size + length
    path_at, signature_at = end + _PLACE.size, len(raw) - SIGNATURE_BYTES
    if path_at > signature_at or (signature_at - path_at) % HASH_BYTES:
        raise ReceiptMalformed(place="length")
    leaf, leaves = _PLACE.unpack_from(raw, end)
    return _Parts(raw[_LENGTH.size : end], leaf, leaves, raw[path_at:signature_at], raw[signature_at:])


_LAYOUT: Final = Layout(
    own={"content_digest": wire.DIGEST, "envelope_digest": wire.DIGEST, "id": wire.ID},
    shared={
        "municipality": wire.MUNICIPALITY,
        "peer_version": wire.NAME,
        "protocol": wire.PROTOCOL,
        "received_at": wire.TIME,
        "recipient": wire.NAME,
        "recipient_signing_key": wire.ID,
        "sender": wire.NAME,
    },
)


def _read(body: bytes) -> Receipt:
    try:
        told = _LAYOUT.read(body)
        if told is not None:
            return Receipt(received_at=wire.from_time(told.pop("received_at"), "received_at"), **told)
        return _read_other(body)
    except wire.WireError as error:
        raise ReceiptMalformed(place=error.place) from error


def _read_other(body: bytes) -> Receipt:
    """Read what is not as usual: tell which field is at fault, or that it is of another protocol."""
    value = wire.decode_canonical(body, frozenset(Receipt._fields), "receipt")
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


def _compare(receipt: Receipt, label: Label) -> None:
    header = label.header
    for field, found, wanted in (
        ("protocol", receipt.protocol, wire.PROTOCOL),
        ("id", receipt.id, header.id),
        ("envelope_digest", receipt.envelope_digest, label.digest),
        ("content_digest", receipt.content_digest, header.content_digest),
        ("sender", receipt.sender, header.sender),
        ("recipient", receipt.recipient, header.recipient),
        ("municipality", receipt.municipality, header.municipality),
        ("peer_version", receipt.peer_version, header.peer_version),
    ):
        if found != wanted:
            raise ReceiptOfAnother(field=field)
