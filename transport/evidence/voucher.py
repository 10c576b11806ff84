"""Vouchers: what remains of an envelope that was opened, once its content is kept elsewhere (PROTOCOL.md, 4).

    header (canonical JSON) | SHA-256 of the sealed part (32) | signature (64)

Half of a small envelope is the sealed part, which nobody but the recipient can read and whose content the recipient has
by then. The signature covers no more of it than its digest. So header, digest and signature prove, with the content and
the salt that was sealed with it, that the sender sent this content; for an acknowledgement the header is enough.
"""

from collections.abc import Sequence
from typing import NamedTuple

from transport import wire
from transport.errors import (
    EnvelopeContentChanged,
    EnvelopeMalformed,
    EnvelopeSignatureBroken,
    EnvelopeTruncated,
)
from transport.evidence.envelope import MAGIC, Envelope, Header, content_digest, sender_of, signed_bytes
from transport.parties.identity import DatedIdentity
from transport.parties.signing import SIGNATURE_BYTES

_DIGEST_BYTES = 32


class Voucher(NamedTuple):
    """Header, digest of the sealed part, and signature of an envelope. Nothing is verified yet."""

    header_bytes: bytes
    sealed_digest: bytes
    signature: bytes

    @classmethod
    def of(cls, envelope: Envelope) -> "Voucher":
        """Return the voucher of an envelope."""
        return cls(envelope.header_bytes, envelope.sealed_digest, envelope.signature)

    @classmethod
    def read(cls, raw: bytes) -> "Voucher":
        """Split kept bytes. Raises EnvelopeTruncated."""
        header_end, digest_end = len(raw) - SIGNATURE_BYTES - _DIGEST_BYTES, len(raw) - SIGNATURE_BYTES
        if header_end < 1:
            raise EnvelopeTruncated
        return cls(raw[:header_end], raw[header_end:digest_end], raw[digest_end:])

    def to_bytes(self) -> bytes:
        """Return the bytes to be kept."""
        return self.header_bytes + self.sealed_digest + self.signature

    @property
    def header(self) -> Header:
        """The header. Raises EnvelopeMalformed."""
        return read_header(self.header_bytes)

    def verify(self, content: bytes, salt: bytes, *, senders: Sequence[DatedIdentity]) -> Header:
        """Verify that one of the `senders`, all versions ever registered, sent `content`; return the header.

        Raises EnvelopeMalformed, EnvelopeSenderUnknown, EnvelopeSenderKeyUnknown, EnvelopeSenderKeyNotInForce,
        EnvelopeSignatureBroken, EnvelopeContentChanged.
        """
        header = self.header
        sender = sender_of(header, senders)
        if not sender.public.has_signed(self.signature, signed_bytes(self.header_bytes, self.sealed_digest)):
            raise EnvelopeSignatureBroken
        if content_digest(salt + content) != header.content_digest:
            raise EnvelopeContentChanged
        return header


def read_header(raw: bytes) -> Header:
    """Return the header with these bytes. Raises EnvelopeMalformed."""
    try:
        return Header.from_bytes(raw)
    except wire.WireError as error:
        raise EnvelopeMalformed(place=error.place) from error


def header_of(kept: bytes) -> Header:
    """Return the header of an envelope, or of the voucher that remains of one. Raises EnvelopeFault."""
    return Envelope.read(kept).header if kept.startswith(MAGIC) else Voucher.read(kept).header
