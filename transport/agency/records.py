"""What the agency's database takes and returns: terminals, messages, envelopes for feeds, counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from transport.agency.texts import Rejection
from transport.parties.identity import DatedIdentity


@dataclass(frozen=True, slots=True)
class TerminalRecord:
    """A registered terminal with all its dated identities."""

    name: str
    municipality: str
    versions: tuple[DatedIdentity, ...]


class Incoming(NamedTuple):
    """A verified message, ready to be stored."""

    id: str
    digest: str
    envelope: bytes
    receipt: bytes
    received_at: datetime
    kind: str | None
    reference: str | None
    refusal: Rejection | None


class KnownMessage(NamedTuple):
    """What is stored under an id: the digest of the envelope, and the receipt that was given for it."""

    digest: str
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message whose result is not in the feed yet."""

    number: int
    id: str
    kind: str | None
    reference: str | None
    refusal: Rejection | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An envelope for a terminal's feed; a notice also has its reference and the digest of its content."""

    id: str
    envelope: bytes
    reference: str | None = None
    content_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The highest checkpoint that a terminal has shown, and the signed statement about it."""

    number: int
    checkpoint: str
    statement: bytes


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the agency holds: messages, distinct ones (kind and reference), id conflicts, feed items acknowledged."""

    messages: int
    distinct: int
    alarms: int
    acknowledged: int
