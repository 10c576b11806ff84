"""The sealed envelope: only its recipient can read it, and only its sender can have made it (PROTOCOL.md, 4).

    magic "RNK1" | header length (4) | header (canonical JSON) | sealed length (4) | sealed | signature (64)

The header names both parties, their keys, the municipality, the suite and the time. HPKE binds the content to it, and
the sender's Ed25519 signature covers it together with the digest of the sealed bytes. The content digest in the header
includes a random salt that is sealed inside, so that nobody who sees the envelope can test guesses of the content.
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

from transport import bounds, wire
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
# Suites that are refused by name. Without ML-KEM, a later quantum computer could read what is recorded today.
RETIRED_SUITES: Final = frozenset({"RENKEI-1-X25519-HKDFSHA256-AES128GCM-ED25519"})
SALT_BYTES: Final = 32
# Even with the longest names a header has some 600 bytes. The limit bounds what is read before anything is verified.
MOST_HEADER_BYTES: Final = 2048

# A label for each use: bytes that were made for one use are never valid for another.
_INFO: Final = b"renkei/1 envelope seal\x00"
_SIGNED: Final = b"renkei/1 envelope signature\x00"
_CONTENT: Final = b"renkei/1 content digest\x00"
_LENGTH: Final = struct.Struct(">I")
_ID_ITEM: Final = re.compile(rb'[{,]"id":"([0-9a-f]{32})"')


class Purpose(StrEnum):
    """What an envelope carries: a message to the agency, or from it a notice, the result of a message, its holdings."""

    MESSAGE = "message"
    NOTICE = "notice"
    RESULT = "result"
    HOLDINGS = "holdings"


# Canonical order is alphabetical, and the fields that differ from item to item happen to come first in it.
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
    """What an envelope says about itself in clear text. Nothing in it reveals whom the content is about."""

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
        """Return the canonical bytes, which the seal is bound to and the signature covers."""
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
        fields = _LAYOUT.read(raw)
        if fields is None:
            return cls._read_unusual(raw)
        # The form of a time is checked by the layout; whether it exists (no 31 February) is checked here.
        purpose, created_at = Purpose(fields.pop("purpose")), wire.from_time(fields.pop("created_at"), "created_at")
        return cls(purpose=purpose, created_at=created_at, **fields)

    @classmethod
    def _read_unusual(cls, raw: bytes) -> "Header":
        """Read a header that does not fit the layout: name the field at fault, or return another protocol or suite."""
        # Another protocol or suite is read all the same, so that it is refused by its name and not as malformed.
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
    """What identifies an envelope: its header, and the SHA-256 of all its bytes in hexadecimal digits."""

    header: Header
    digest: str


class Envelope(NamedTuple):
    """An envelope split into its parts, with the exact bytes `raw`. Nothing is verified yet.

    `digest`: SHA-256 of all its bytes, in hexadecimal digits.
    """

    raw: bytes
    header: Header
    header_bytes: bytes
    sealed: bytes
    signature: bytes
    digest: str

    @property
    def id(self) -> str:
        """The id by which sender and recipient know the message."""
        return self.header.id

    @property
    def sealed_digest(self) -> bytes:
        """The SHA-256 of the sealed part, which the signature covers instead of that part."""
        return hashlib.sha256(self.sealed).digest()

    @property
    def label(self) -> Label:
        """What a receipt for this envelope refers to; it is far smaller than the envelope."""
        return Label(self.header, self.digest)

    @staticmethod
    def id_of(raw: bytes) -> str:
        """Return the id of an envelope of ours, whose bytes were checked when they were made."""
        # In canonical JSON an unescaped quote begins or ends a name or a text, so the pattern can match only the
        # member `id`. Reading the whole header of every envelope of a batch would only repeat checks.
        match = _ID_ITEM.search(raw, 0, MOST_HEADER_BYTES)
        if match is None:
            raise EnvelopeMalformed(place="id")
        return match[1].decode("ascii")

    @classmethod
    def read(cls, raw: bytes) -> "Envelope":
        """Split `raw` into its parts. Raises EnvelopeTooLarge, EnvelopeMalformed, EnvelopeTruncated, nothing else."""
        # The size comes first: the work on hostile bytes stays bounded.
        if len(raw) > bounds.MOST_ENVELOPE_BYTES:
            raise EnvelopeTooLarge(most=str(bounds.MOST_ENVELOPE_BYTES))
        if not raw.startswith(MAGIC):
            raise EnvelopeMalformed(place="magic")
        header_bytes, end = _read_part(raw, len(MAGIC), MOST_HEADER_BYTES)
        sealed, end = _read_part(raw, end, bounds.MOST_ENVELOPE_BYTES)
        signature = raw[end:]
        if len(signature) != SIGNATURE_BYTES:
            raise EnvelopeTruncated
        try:
            header = Header.from_bytes(header_bytes)
        except wire.WireError as error:
            raise EnvelopeMalformed(place=error.place) from error
        return cls(raw, header, header_bytes, sealed, signature, wire.sha256(raw))


class Opened(NamedTuple):
    """An envelope whose every part was verified, with its content, and the salt with which the header's digest fits."""

    envelope: Envelope
    sender: DatedIdentity
    content: bytes
    salt: bytes

    @property
    def header(self) -> Header:
        """The verified header."""
        return self.envelope.header


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals contents of one side for the other: `sender` signs, and only `recipient` can read."""

    sender: Identity
    recipient: PublicIdentity
    municipality: str
    peer_version: str

    def __post_init__(self) -> None:
        """Raise wire.WireError for values that no reader would accept."""
        wire.municipality(self.municipality)
        wire.name(self.peer_version, "peer_version")

    def seal(self, content: bytes, *, message_id: str, purpose: Purpose, created_at: datetime) -> Envelope:
        """Return `content` sealed, signed, and ready to be stored and sent unchanged.

        `message_id` is 32 lower-case hexadecimal digits (uuid4().hex), never used for another content. Raises
        EnvelopeTooLarge, and wire.WireError for an id that no reader would accept. Holds the interpreter lock for
        about 0.2 ms: bulk sealing belongs in another process (see `line.crypto_worker`).
        """
        # The salt is sealed with the content: the recipient can check the digest, and nobody else can test guesses.
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
            content_digest=content_digest(plain),
        )
        header_bytes = header.to_bytes()
        # This side sends nothing that it would not read. The other values of the header were checked when the sealer
        # and its identities were made.
        wire.message_id(message_id)
        sealed = seal_for(self.recipient.sealing_key, plain, _INFO + header_bytes)
        signature = self.sender.sign(signed_bytes(header_bytes, hashlib.sha256(sealed).digest()))
        raw = MAGIC + wire.prefixed(header_bytes) + wire.prefixed(sealed) + signature
        if len(raw) > bounds.MOST_ENVELOPE_BYTES:
            raise EnvelopeTooLarge(most=str(bounds.MOST_ENVELOPE_BYTES))
        return Envelope(raw, header, header_bytes, sealed, signature, wire.sha256(raw))


@dataclass(frozen=True, slots=True)
class Opener:
    """Verifies and opens the envelopes of one party.

    `senders` are all its registered versions, `purposes` the accepted purposes. `others` are former and coming
    identities of the recipient: what was sealed to them opens as well.
    """

    recipient: Identity
    senders: Sequence[DatedIdentity]
    municipality: str
    purposes: Collection[Purpose]
    others: Sequence[Identity] = ()

    def open(self, raw: bytes, *, now: datetime) -> Opened:
        """Verify every part of the envelope `raw` and return it with its content.

        Raises a leaf of EnvelopeFault; each fault has one.
        """
        return self.verify(Envelope.read(raw), now=now)

    def verify(self, envelope: Envelope, *, now: datetime) -> Opened:
        """Do what `open` does, with an envelope that was read already."""
        # The order is that of PROTOCOL.md, section 4: an envelope with several faults gets the same code everywhere.
        # Cheap checks come before the public-key work.
        header = envelope.header
        _check_suite(header)
        reader = self._check_addresses(header)
        sender = sender_of(header, self.senders)
        # There is no limit on the age: an envelope may wait for days while the line is down.
        if header.created_at > now + wire.CLOCK_TOLERANCE:
            raise EnvelopeFromFuture
        if not sender.public.has_signed(
            envelope.signature, signed_bytes(envelope.header_bytes, envelope.sealed_digest)
        ):
            raise EnvelopeSignatureBroken
        plain = _plain(envelope, reader)
        return Opened(envelope, sender, plain[SALT_BYTES:], plain[:SALT_BYTES])

    def _check_addresses(self, header: Header) -> Identity:
        """Check all addresses, and return the identity of the recipient that the envelope names as its reader."""
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
        for identity in (self.recipient, *self.others):
            if identity.public.sealing_key_id == key_id:
                return identity
        return None


def sender_of(header: Header, senders: Sequence[DatedIdentity]) -> DatedIdentity:
    """Return the registered version whose key the header names, in force when the envelope was made, or raise."""
    named = [version for version in senders if version.public.name == header.sender]
    if not named:
        raise EnvelopeSenderUnknown
    # Several registered versions may have the same key, each with its own period.
    keyed = [version for version in named if version.public.signing_key_id == header.sender_key]
    if not keyed:
        raise EnvelopeSenderKeyUnknown
    for version in keyed:
        if version.in_force(header.created_at):
            return version
    raise EnvelopeSenderKeyNotInForce


def _plain(envelope: Envelope, reader: Identity) -> bytes:
    try:
        plain = reader.open(envelope.sealed, _INFO + envelope.header_bytes)
    except NotOpened as error:
        raise EnvelopeSealBroken from error
    # A receipt repeats the digest of the header. Because it is checked here, a receipt proves the content as well.
    if len(plain) < SALT_BYTES or content_digest(plain) != envelope.header.content_digest:
        raise EnvelopeContentChanged
    return plain


def _check_suite(header: Header) -> None:
    if header.protocol != wire.PROTOCOL:
        raise EnvelopeProtocolUnknown
    if header.suite in RETIRED_SUITES:
        raise EnvelopeSuiteRetired
    if header.suite != SUITE:
        raise EnvelopeSuiteUnknown


def signed_bytes(header_bytes: bytes, sealed_digest: bytes) -> bytes:
    """Return what the sender signs; `sealed_digest` is the SHA-256 of the sealed part."""
    # The length before the header fixes where it ends.
    return _SIGNED + wire.prefixed(header_bytes) + sealed_digest


def content_digest(plain: bytes) -> str:
    """Return the digest that the header has of the salt with the content behind it."""
    return wire.sha256(_CONTENT + plain)


def _read_part(raw: bytes, start: int, most: int) -> tuple[bytes, int]:
    """Return the part of at most `most` bytes whose length (four bytes, big end first) is at `start`, and its end."""
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
