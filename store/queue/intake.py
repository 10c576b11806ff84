"""Intake: new messages enter the queue, many at once."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from store.clock import to_microseconds
from store.errors import ReferenceTaken
from store.message.states import Direction, InState, OutState, Pointer, State
from store.queue.contents import content_place
from store.queue.pages import in_batches
from store.queue.state_counts import tally_new
from store.queue.tables import CONTENTS, MESSAGES
from store.sealing.vault import Vault
from store.statements import BulkStatement

_FIRST_REVISION: Final = 1
_FIRST_VERSION: Final = 1
_FIRST_STATES: Final[dict[Direction, State]] = {Direction.OUT: OutState.REVIEW, Direction.IN: InState.RECEIVED}
# Approval, hold and the rest are empty in a new message, and the insert leaves them out.
_NEW: Final = (
    "id",
    "uid",
    "direction",
    "kind",
    "reference",
    "state",
    "occurred_at",
    "taken_at",
    "due_on",
    "pointer",
    "target",
    "subject",
    "author",
    "revision",
    "digest",
    "warnings",
    "state_since",
    "version",
)
_INSERT_MESSAGES: Final = BulkStatement.insert(MESSAGES, _NEW)
_INSERT_CONTENTS: Final = BulkStatement.insert(CONTENTS, ("message_id", "revision", "ciphertext", "wrapped_key"))


class MessageKey(NamedTuple):
    """The kind and reference of a message, which a sender never uses twice."""

    kind: str
    reference: str


class Known(NamedTuple):
    """A message that is already in the queue, with the keyed digest of its content."""

    id: int
    digest: bytes


class Added(NamedTuple):
    """A message just added: its number in this queue, and its uid for the log and the wire."""

    id: int
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDraft:
    """A message to be added.

    `pointer` says whether it cancels or replaces an earlier message, and `target` is the reference of that message. A
    notice has only a `target`: the reference of the notice that it supersedes. `content` are its canonical bytes,
    `subject` is a pseudonym. `uid` (32 hex characters) comes with a notice and is made here for a message. `author` is
    the user who enters or imports it, None for a notice.
    """

    direction: Direction
    kind: str
    reference: str
    occurred_at: datetime
    content: bytes
    author: str | None = None
    subject: str | None = None
    due_on: date | None = None
    pointer: Pointer | None = None
    target: str | None = None
    warnings: int = 0
    uid: str | None = None


def known(tx: Connection, direction: Direction, keys: Iterable[MessageKey]) -> dict[MessageKey, Known]:
    """Return those of `keys` that are already in the queue, with the digests by which contents are compared."""
    # Asked kind by kind, which is the order of the unique index: direction, kind, reference.
    by_kind: defaultdict[str, list[str]] = defaultdict(list)
    for kind, reference in keys:
        by_kind[kind].append(reference)
    columns = select(MESSAGES.c.reference, MESSAGES.c.id, MESSAGES.c.digest)
    result = {}
    for kind, references in by_kind.items():
        of_kind = columns.where(MESSAGES.c.direction == direction.value, MESSAGES.c.kind == kind)
        for some in in_batches(references):
            for reference, number, digest in tx.execute(of_kind.where(MESSAGES.c.reference.in_(some))):
                result[MessageKey(kind, reference)] = Known(number, digest)
    return result


def add_messages(tx: Connection, vault: Vault, drafts: Sequence[MessageDraft], *, now: datetime) -> list[Added]:
    """Add messages with sealed contents in the first state of their direction; return them in order.

    Raises ReferenceTaken when a message with the same key is in the queue: call `known` first.
    """
    # Numbers are assigned here, which is safe behind the lock of the only writer. The rows of contents can then refer
    # to them without asking the engine for each.
    first = (tx.scalar(select(func.max(MESSAGES.c.id))) or 0) + 1
    messages, contents, added = [], [], []
    for number, draft in enumerate(drafts, start=first):
        uid = draft.uid or _new_uid(number, now)
        messages.append(_message_values(vault, draft, Added(number, uid), now))
        contents.append((draft.content, content_place(uid, _FIRST_REVISION)))
        added.append(Added(number, uid))
    # The unique index decides about double references, also between entries of the same call.
    try:
        _INSERT_MESSAGES.run(tx, messages)
    except IntegrityError:
        raise ReferenceTaken from None
    tally_new(tx, ((draft.direction, _FIRST_STATES[draft.direction]) for draft in drafts))
    _INSERT_CONTENTS.run(
        tx,
        (
            (message.id, _FIRST_REVISION, sealed.ciphertext, sealed.wrapped_key)
            for message, sealed in zip(added, vault.seal_all(contents), strict=True)
        ),
    )
    return added


def _new_uid(number: int, now: datetime) -> str:
    """Return a UUID of version 7 (RFC 9562) without hyphens: random, and ascending with time and `number`.

    Messages that enter together therefore lie together in every index by uid: here, in the log, and at the peer. Random
    ids would touch another page of each index for every message.
    """
    milliseconds = to_microseconds(now) // 1000
    return f"{milliseconds:012x}7{number & 0xFFF:03x}{secrets.randbits(62) | 1 << 63:016x}"


def _message_values(vault: Vault, draft: MessageDraft, added: Added, now: datetime) -> tuple[Any, ...]:
    """Return the values of the columns `_NEW`; all other columns of a new message are empty."""
    return (
        added.id,
        added.uid,
        draft.direction.value,
        draft.kind,
        draft.reference,
        _FIRST_STATES[draft.direction].value,
        draft.occurred_at,
        now,
        draft.due_on,
        draft.pointer.value if draft.pointer else None,
        draft.target,
        draft.subject,
        draft.author,
        _FIRST_REVISION,
        vault.digest(draft.content),
        draft.warnings,
        now,
        _FIRST_VERSION,
    )
