"""Receipts: a recipient's signed statement that it holds exactly this envelope and content (PROTOCOL.md, 5).

    receipt length (4) | receipt (canonical JSON) | index (2) | count (2) | path (32 each) | signature (64)

Receipts are stored and sent as the exact bytes that were signed first. They verify for ever: the signing key has to
have been in force at the time of receipt, not today. The agency gives one for each message, and the terminal gives one
for each notice and result (its acknowledgement). The receipts of one batch share a signature over the root of a Merkle
tree. Each holds its path to the root, so that it verifies without the others. Signing each receipt alone took a third
of the public-key work of an exchange.
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
from transport.evidence.merkle import HASH_BYTES, MerkleTree, root_of
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity
from transport.parties.signing import SIGNATURE_BYTES

MOST_RECEIPT_BYTES: Final = 2048
_SIGNED: Final = b"renkei/1 receipt signature\x00"
_LENGTH: Final = struct.Struct(">I")
_COUNT: Final = struct.Struct(">H")
_LEAF_OF: Final = struct.Struct(">HH")


class Receipt(NamedTuple):
    """What a verified receipt states. `sender` and `recipient` are those of the envelope; the recipient signed it."""

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

    Call this before the envelopes are stored, store the receipts with them, and send the receipts only after both are
    durable: a receipt that was sent cannot be taken back.
    """
    return sign_receipts([item.envelope for item in opened], recipient=recipient, received_at=received_at)


def sign_receipts(envelopes: Sequence[Envelope | Label], *, recipient: Identity, received_at: datetime) -> list[bytes]:
    """Return the receipts for at most 512 `envelopes` that were verified earlier and are stored, in their order."""
    key_id = recipient.public.signing_key_id
    bodies = [_LAYOUT.write(_statement(envelope, key_id, received_at)) for envelope in envelopes]
    # A tree has at least one leaf.
    if not bodies:
        return []
    tree = MerkleTree(bodies)
    signature = recipient.sign(_signed(len(bodies), tree.root))
    return [
        wire.prefixed(body) + _LEAF_OF.pack(index, len(bodies)) + tree.path(index) + signature
        for index, body in enumerate(bodies)
    ]


def read_receipt(raw: bytes) -> Receipt:
    """Return what a receipt states, of which nothing is verified. Raises ReceiptMalformed."""
    return _read(_split(raw).body)


def verify_receipt(raw: bytes, *, envelope: Envelope, signers: Sequence[DatedIdentity]) -> Receipt:
    """Verify one receipt and return what it states; see `ReceiptVerifier.verify`."""
    return ReceiptVerifier(signers).verify(raw, envelope.label)


class ReceiptVerifier:
    """Verifies receipts of one recipient. `signers` are all versions of it that were ever registered.

    The receipts of one batch share a signature. It is checked once, for the first of them; every path is checked.
    """

    def __init__(self, signers: Sequence[DatedIdentity]) -> None:
        self._signers = signers
        # Good signatures with their key and signed bytes: a signature counts only for exactly what it was made for.
        self._good: set[tuple[str, bytes, bytes]] = set()

    def verify(self, raw: bytes, label: Label) -> Receipt:
        """Verify that the receipt `raw` proves that the recipient holds the envelope `label`; return what it states.

        The label is that of the envelope that this side sent, read from its exact stored bytes.
        Raises ReceiptMalformed, ReceiptOfAnother (protocol, id, a digest, a party, municipality, peer version),
        ReceiptKeyUnknown, ReceiptKeyNotInForce, ReceiptSignatureBroken, ReceiptTimeImplausible.
        """
        # The order is that of PROTOCOL.md, section 5: a receipt with several faults gets the same code everywhere.
        parts = _split(raw)
        receipt, signed = _read(parts.body), _signed(parts.leaves, _root(parts))
        _compare(receipt, label)
        self._verify_signature(receipt, parts.signature, signed)
        # Otherwise somebody with a former key of the recipient could date a receipt back into the period of that key.
        if receipt.received_at < label.header.created_at - wire.CLOCK_TOLERANCE:
            raise ReceiptTimeImplausible
        return receipt

    def verify_without_envelope(self, raw: bytes, *, message_id: str, sender: str, municipality: str) -> Receipt:
        """Verify that the receipt `raw` proves that the recipient holds some envelope of `sender` under that id.

        For a sender that has lost its own copy of what it sent: which content the recipient holds, this does not prove.
        Raises as `verify`, but for ReceiptTimeImplausible.
        """
        parts = _split(raw)
        receipt, signed = _read(parts.body), _signed(parts.leaves, _root(parts))
        wanted = {"protocol": wire.PROTOCOL, "id": message_id, "sender": sender, "municipality": municipality}
        for field, value in wanted.items():
            if getattr(receipt, field) != value:
                raise ReceiptOfAnother(field=field)
        self._verify_signature(receipt, parts.signature, signed)
        return receipt

    def _verify_signature(self, receipt: Receipt, signature: bytes, signed: bytes) -> None:
        keyed = [version for version in self._signers if version.public.signing_key_id == receipt.recipient_signing_key]
        named = [version for version in keyed if version.public.name == receipt.recipient]
        if not named:
            raise ReceiptKeyUnknown
        if not self._has_signed(named[0].public, signature, signed):
            raise ReceiptSignatureBroken
        # In force at the time of receipt, not now: a receipt stays valid when keys change.
        if not any(version.in_force(receipt.received_at) for version in named):
            raise ReceiptKeyNotInForce

    def _has_signed(self, signer: PublicIdentity, signature: bytes, signed: bytes) -> bool:
        checked = (signer.signing_key_id, signature, signed)
        if checked not in self._good:
            if not signer.has_signed(signature, signed):
                return False
            self._good.add(checked)
        return True


class _Parts(NamedTuple):
    """A receipt split into its parts: body, index of its leaf, number of leaves, path to the root, signature."""

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
    # The count is signed as well: it decides which paths are valid, so nobody may present the tree with another size.
    return _SIGNED + _COUNT.pack(count) + root


def _statement(envelope: Envelope | Label, signing_key_id: str, received_at: datetime) -> dict[str, str]:
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
    # The lengths are checked first, so that no slice below can be cut short without anybody noticing.
    if len(raw) > MOST_RECEIPT_BYTES or len(raw) < _LENGTH.size + _LEAF_OF.size + SIGNATURE_BYTES:
        raise ReceiptMalformed(place="length")
    (length,) = _LENGTH.unpack_from(raw)
    end = _LENGTH.size + length
    path_at, signature_at = end + _LEAF_OF.size, len(raw) - SIGNATURE_BYTES
    if path_at > signature_at or (signature_at - path_at) % HASH_BYTES:
        raise ReceiptMalformed(place="length")
    leaf, leaves = _LEAF_OF.unpack_from(raw, end)
    return _Parts(raw[_LENGTH.size : end], leaf, leaves, raw[path_at:signature_at], raw[signature_at:])


# The shared fields are those that all receipts of a batch have in common.
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
        fields = _LAYOUT.read(body)
        if fields is not None:
            return Receipt(received_at=wire.from_time(fields.pop("received_at"), "received_at"), **fields)
        return _read_unusual(body)
    except wire.WireError as error:
        raise ReceiptMalformed(place=error.place) from error


def _read_unusual(body: bytes) -> Receipt:
    """Read a body that does not fit the layout: name the field at fault, or return another protocol."""
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
    # Every field is compared, not only the digest of the envelope: a receipt is evidence, and all that it states has to
    # be true.
    header = label.header
    for field, value, wanted in (
        ("protocol", receipt.protocol, wire.PROTOCOL),
        ("id", receipt.id, header.id),
        ("envelope_digest", receipt.envelope_digest, label.digest),
        ("content_digest", receipt.content_digest, header.content_digest),
        ("sender", receipt.sender, header.sender),
        ("recipient", receipt.recipient, header.recipient),
        ("municipality", receipt.municipality, header.municipality),
        ("peer_version", receipt.peer_version, header.peer_version),
    ):
        if value != wanted:
            raise ReceiptOfAnother(field=field)
