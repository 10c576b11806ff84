"""The sealed envelope: what travels, readable only by its recipient and made only by its sender (PROTOCOL.md, 4).

    magic "RNK1" | header length (4) | header (canonical JSON) | sealed length (4) | sealed | signature (64)

The header names both parties, their keys, the municipality, the suite and the time; HPKE binds the content to it, and
the sender's Ed25519 signature covers it together with the digest of the sealed bytes. Its content digest is taken with
a random salt that is sealed inside, so that nobody who sees the envelope can try out guesses of the content.
"""

import hashlib
import re
import secrets
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from transport import wire
from transport.errors import (
    EnvelopeContentChanged,
    EnvelopeFromFuture,
    EnvelopeMalformed,
    EnvelopeMisaddressed,
    EnvelopeMunicipalityForeign,
    EnvelopeProtocolUnknown,
    EnvelopePurposeForeign,
    EnvelopeRecipientKeyUnknown,
    EnvelopeSealBroken,
    EnvelopeSenderKeyNotInForce,
    EnvelopeSenderKeyUnknown,
    EnvelopeSenderUnknown,
    EnvelopeSignatureBroken,
    EnvelopeSuiteRetired,
    EnvelopeSuiteUnknown,
    EnvelopeTooLarge,
    EnvelopeTruncated,
)
from transport.evidence.flat_json import Layout
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity
from transport.parties.sealing import NotOpened, seal_for
from transport.parties.signing import SIGNATURE_BYTES

MAGIC: Final = b"RNK1"
SUITE: Final = "RENKEI-2-XWING-HKDFSHA256-AES256GCM-ED25519"
# Suites that had a name once and are refused by it: without ML-KEM, what is recorded today can be read one day.
RETIRED_SUITES: Final = frozenset({"RENKEI-1-X25519-HKDFSHA256-AES128GCM-ED25519"})
SALT_BYTES: Final = 32
MOST_HEADER_BYTES: Final = 2048

_INFO: Final = b"renkei/1 envelope seal\x00"
_SIGNED: Final = b"renkei/1 envelope signature\x00"
_CONTENT: Final = b"renkei/1 content digest\x00"
_LENGTH: Final = struct.Struct(">I")
_ID_ITEM: Final = re.compile(rb'[{,]"id":"([0-9a-f]{32})"')


class Purpose(StrEnum):
    """What an envelope carries: a message to the agency, or from it a notice, or the result of a message."""

    MESSAGE = "message"
    NOTICE = "notice"
    RESULT = "result"


_LAYOUT: Final = Layout(
    own={"content_digest": wire.DIGEST, "created_at": wire.TIME, "id": wire.ID},
    shared={
        "municipality": wire.MUNICIPALITY,
        "peer_version": wire.NAME,
        "protocol": wire.PROTOCOL,
        "purpose": "|".join(Purpose),
        "recipient": wire.NAME,
        "recipient_key": wire.ID,
        "sender": wire.NAME,
        "sender_key": wire.ID,
        "suite": SUITE,
    },
)


class Header(NamedTuple):
    """What an envelope says about itself in clear; nothing in it tells whom the content is about."""

    id: str
    purpose: Purpose
    sender: str
    sender_key: str
    recipient: str
    recipient_key: str
    municipality: str
    peer_version: str
    created_at: datetime
    content_digest: str
    protocol: str = wire.PROTOCOL
    suite: str = SUITE

    def to_bytes(self) -> bytes:
        """Return the canonical bytes that are sealed to and signed over."""
        return _LAYOUT.write(
            {
                "protocol": self.protocol,
                "suite": self.suite,
                "id": self.id,
                "purpose": self.purpose,
                "sender": self.sender,
                "sender_key": self.sender_key,
                "recipient": self.recipient,
                "recipient_key": self.recipient_key,
                "municipality": self.municipality,
                "peer_version": self.peer_version,
                "created_at": wire.to_time(self.created_at),
                "content_digest": self.content_digest,
            }
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Header":
        """Read exact canonical bytes. Raises wire.WireError with the field at fault."""
        told = _LAYOUT.read(raw)
        if told is None:
            return cls._from_other(raw)
        purpose, created_at = Purpose(told.pop("purpose")), wire.from_time(told.pop("created_at"), "created_at")
        return cls(purpose=purpose, created_at=created_at, **told)

    @classmethod
    def _from_other(cls, raw: bytes) -> "Header":
        """Read what is not as usual: tell which field is at fault, or that it is of another protocol or suite."""
        value = wire.decode_canonical(raw, frozenset(cls._fields), "header")
        try:
            purpose = Purpose(value["purpose"])
        except ValueError as error:
            raise wire.WireError("purpose") from error
        return cls(
            id=wire.message_id(value["id"]),
            purpose=purpose,
            sender=wire.name(value["sender"], "sender"),
            sender_key=wire.key_id(value["sender_key"], "sender_key"),
            recipient=wire.name(value["recipient"], "recipient"),
            recipient_key=wire.key_id(value["recipient_key"], "recipient_key"),
            municipality=wire.municipality(value["municipality"]),
            peer_version=wire.name(value["peer_version"], "peer_version"),
            created_at=wire.from_time(value["created_at"], "created_at"),
            content_digest=wire.digest(value["content_digest"], "content_digest"),
            protocol=wire.text(value["protocol"], "protocol", 64),
            suite=wire.text(value["suite"], "suite", 64),
        )


class Label(NamedTuple):
    """What an envelope is known by: its header, and SHA-256 over all its bytes in hexadecimal digits."""

    header: Header
    digest: str


class Envelope(NamedTuple):
    """An envelope taken apart: the exact bytes `raw`, and their parts. Nothing is verified yet.

    `digest`: SHA-256 over all its bytes, in hexadecimal digits.
    """

    raw: bytes
    header: Header
    header_bytes: bytes
    sealed: bytes
    signature: bytes
    digest: str

    @property
    def id(self) -> str:
        """The id that sender and recipient know the message by."""
        return self.header.id

    @property
    def label(self) -> Label:
        """What a receipt for it is about; far smaller than the envelope."""
        return Label(self.header, self.digest)

    @staticmethod
    def id_of(raw: bytes) -> str:
        """Return the id of an envelope of our own, whose bytes were checked when they were made."""
        # In canonical JSON an unescaped quote begins or ends a name or a text: this finds the one item.
        found = _ID_ITEM.search(raw, 0, MOST_HEADER_BYTES)
        if found is None:
            raise EnvelopeMalformed(place="id")
        return found[1].decode("ascii")

    @classmethod
    def read(cls, raw: bytes) -> "Envelope":
        """Take `raw` apart. Raises EnvelopeTooLarge, EnvelopeMalformed, EnvelopeTruncated, nothing else."""
        if len(raw) > wire.MOST_ENVELOPE_BYTES:
            raise EnvelopeTooLarge(most=str(wire.MOST_ENVELOPE_BYTES))
        if not raw.startswith(MAGIC):
            raise EnvelopeMalformed(place="magic")
        header_bytes, end = _counted(raw, len(MAGIC), MOST_HEADER_BYTES)
        sealed, end = _counted(raw, end, wire.MOST_ENVELOPE_BYTES)
        signature = raw[end:]
        if len(signature) != SIGNATURE_BYTES:
            raise EnvelopeTruncated
        try:
            header = Header.from_bytes(header_bytes)
        except wire.WireError as error:
            raise EnvelopeMalformed(place=error.place) from error
        return cls(raw, header, header_bytes, sealed, signature, wire.sha256(raw))


class Opened(NamedTuple):
    """An envelope that was verified in every part, with its content."""

    envelope: Envelope
    sender: DatedIdentity
    content: bytes

    @property
    def header(self) -> Header:
        """The verified header."""
        return self.envelope.header


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals contents of one side for the other: `sender` signs, `recipient` alone can read."""

    sender: Identity
    recipient: PublicIdentity
    municipality: str
    peer_version: str

    def __post_init__(self) -> None:
        """Raise wire.WireError for values that no reader would admit."""
        wire.municipality(self.municipality)
        wire.name(self.peer_version, "peer_version")

    def seal(self, content: bytes, *, message_id: str, purpose: Purpose, created_at: datetime) -> Envelope:
        """Return `content` sealed, signed, and ready to be stored and sent as it is.

        `message_id` is 32 lower-case hexadecimal digits (uuid4().hex), never used for another content. Raises
        EnvelopeTooLarge, and wire.WireError for an id that no reader would admit. Holds the interpreter lock for
        about 0.2 ms: bulk sealing belongs in a process of its own.
        """
        plain = secrets.token_bytes(SALT_BYTES) + content
        header = Header(
            id=message_id,
            purpose=purpose,
            sender=self.sender.name,
            sender_key=self.sender.public.signing_key_id,
            recipient=self.recipient.name,
            recipient_key=self.recipient.sealing_key_id,
            municipality=self.municipality,
            peer_version=self.peer_version,
            created_at=created_at,
            content_digest=_content_digest(plain),
        )
        header_bytes = header.to_bytes()
        # What this side would not read, it does not send; all else in the header was looked at when this was made.
        wire.message_id(message_id)
        sealed = seal_for(self.recipient.sealing_key, plain, _INFO + header_bytes)
        signature = self.sender.sign(_signed(header_bytes, sealed))
        raw = MAGIC + wire.prefixed(header_bytes) + wire.prefixed(sealed) + signature
        if len(raw) > wire.MOST_ENVELOPE_BYTES:
            raise EnvelopeTooLarge(most=str(wire.MOST_ENVELOPE_BYTES))
        return Envelope(raw, header, header_bytes, sealed, signature, wire.sha256(raw))


@dataclass(frozen=True, slots=True)
class Opener:
    """Verifies and opens what one party sent: `senders` are all its registered versions, `purposes` what may come.

    `others` are former and coming identities of the recipient: what was sealed to them opens as well.
    """

    recipient: Identity
    senders: Sequence[DatedIdentity]
    municipality: str
    purposes: Collection[Purpose]
    others: Sequence[Identity] = ()

    def open(self, raw: bytes, *, now: datetime) -> Opened:
        """Return the envelope `raw` verified in every part, with its content.

        Raises a leaf of EnvelopeFault, one for each fault.
        """
        return self.verify(Envelope.read(raw), now=now)

    def verify(self, envelope: Envelope, *, now: datetime) -> Opened:
        """Do what `open` does with an envelope that was taken apart already; cheap checks come before costly ones."""
        header = envelope.header
        _check_suite(header)
        reader = self._check_addresses(header)
        sender = self._sender_of(header)
        if header.created_at > now + wire.CLOCK_TOLERANCE:
            raise EnvelopeFromFuture
        if not sender.public.has_signed(envelope.signature, _signed(envelope.header_bytes, envelope.sealed)):
            raise EnvelopeSignatureBroken
        return Opened(envelope, sender, _content(envelope, reader))

    def _check_addresses(self, header: Header) -> Identity:
        """Return the recipient's identity to whose key the envelope says it is sealed, when all addresses are right."""
        if header.recipient != self.recipient.name:
            raise EnvelopeMisaddressed
        reader = self._reader(header.recipient_key)
        if reader is None:
            raise EnvelopeRecipientKeyUnknown
        if header.municipality != self.municipality:
            raise EnvelopeMunicipalityForeign
        if header.purpose not in self.purposes:
            raise EnvelopePurposeForeign
        return reader

    def _reader(self, key_id: str) -> Identity | None:
        for one in (self.recipient, *self.others):
            if one.public.sealing_key_id == key_id:
                return one
        return None

    def _sender_of(self, header: Header) -> DatedIdentity:
        """Return the registered version whose key signed, in force when the envelope was made."""
        named = [one for one in self.senders if one.public.name == header.sender]
        if not named:
            raise EnvelopeSenderUnknown
        keyed = [one for one in named if one.public.signing_key_id == header.sender_key]
        if not keyed:
            raise EnvelopeSenderKeyUnknown
        for one in keyed:
            if one.in_force(header.created_at):
                return one
        raise EnvelopeSenderKeyNotInForce


def _content(envelope: Envelope, reader: Identity) -> bytes:
    try:
        plain = reader.open(envelope.sealed, _INFO + envelope.header_bytes)
    except NotOpened as error:
        raise EnvelopeSealBroken from error
    if len(plain) < SALT_BYTES or _content_digest(plain) != envelope.header.content_digest:
        raise EnvelopeContentChanged
    return plain[SALT_BYTES:]


def _check_suite(header: Header) -> None:
    if header.protocol != wire.PROTOCOL:
        raise EnvelopeProtocolUnknown
    if header.suite in RETIRED_SUITES:
        raise EnvelopeSuiteRetired
    if header.suite != SUITE:
        raise EnvelopeSuiteUnknown


def _signed(header_bytes: bytes, sealed: bytes) -> bytes:
    return _SIGNED + wire.prefixed(header_bytes) + hashlib.sha256(sealed).digest()


def _content_digest(plain: bytes) -> str:
    return wire.sha256(_CONTENT + plain)


def _counted(raw: bytes, start: int, most: int) -> tuple[bytes, int]:
    """Return the part at `start`, which begins with its length in four bytes, big end first, and where it ends."""
    begin = start + _LENGTH.size
    if len(raw) < begin:
        raise EnvelopeTruncated
    (length,) = _LENGTH.unpack_from(raw, start)
    if length > most:
        raise EnvelopeMalformed(place="length")
    end = begin + length
    if len(raw) < end:
        raise EnvelopeTruncated
    return raw[begin:end], end
