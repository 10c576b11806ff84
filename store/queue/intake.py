"""Intake: new messages enter the queue, many at once."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from store.clock import to_microseconds
from store.message.states import Direction, InState, OutState, Pointer, State
from store.packing import pack_large
from store.queue import sealed_rows
from store.queue.contents import content_place
from store.queue.hiding import hide, refuse_hidden
from store.queue.name_blocks import add_names
from store.queue.pages import in_batches
from store.queue.state_counts import tally_new
from store.queue.tables import ALL_MESSAGES, CONTENTS, MessageRow
from store.sealing.vault import Place, SealedBatch, Vault
from store.statements import BulkStatement

_FIRST_REVISION: Final = 1
_FIRST_VERSION: Final = 1
_FIRST_STATES: Final[dict[Direction, State]] = {Direction.OUT: OutState.REVIEW, Direction.IN: InState.RECEIVED}
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


class MessageDraft(NamedTuple):
    """A message to be added.

    `pointer` says whether it cancels or replaces an earlier message, and `target` is the reference of that message. A
    notice has only a `target`: the reference of the notice that it supersedes. `content` are its canonical bytes,
    `subject` is a pseudonym. `uid` (32 hex characters) comes with a notice and is made here for a message. `author` is
    the user who enters or imports it, None for a notice.
    """

    direction: Direction
    kind: str
    reference: str
    effective_at: datetime
    content: bytes
    author: str | None = None
    subject: str | None = None
    due_on: date | None = None
    protected: bool = False
    pointer: Pointer | None = None
    target: str | None = None
    warnings: int = 0
    uid: str | None = None


class SealedDrafts(NamedTuple):
    """Messages with their uids and sealed contents, in the same order: what is done before the writer's turn."""

    drafts: Sequence[MessageDraft]
    uids: Sequence[str]
    batch: SealedBatch


# Built once: for a file, SQLAlchemy would look at each of its references again while building the statement.
_KNOWN: Final = select(ALL_MESSAGES.c.reference, ALL_MESSAGES.c.id, ALL_MESSAGES.c.digest).where(
    ALL_MESSAGES.c.direction == bindparam("direction"),
    ALL_MESSAGES.c.kind == bindparam("kind"),
    ALL_MESSAGES.c.reference.in_(bindparam("references", expanding=True)),
)


def known(
    conn: Connection, direction: Direction, keys: Iterable[MessageKey], *, intake_id: str | None = None
) -> dict[MessageKey, Known]:
    """Return those of `keys` that are already in the queue, with the digests by which contents are compared.

    `intake_id` is the file that is being taken in; what it has hidden so far counts as well. Raises ImportUnderWay when
    another file that is being taken in has one of the keys.
    """
    # Asked kind by kind, which is the order of the unique index: direction, kind, reference.
    by_kind: defaultdict[str, list[str]] = defaultdict(list)
    for kind, reference in keys:
        by_kind[kind].append(reference)
    result = {}
    for kind, references in by_kind.items():
        for some in in_batches(references):
            asked = {"direction": direction.value, "kind": kind, "references": some}
            for reference, number, digest in conn.execute(_KNOWN, asked):
                result[MessageKey(kind, reference)] = Known(number, digest)
    refuse_hidden(conn, (found.id for found in result.values()), but=intake_id)
    return result


def add_messages(tx: Connection, vault: Vault, drafts: Sequence[MessageDraft], *, now: datetime) -> list[Added]:
    """Add messages with sealed contents in the first state of their direction; return them in order.

    Raises ReferenceTaken when a message with the same key is in the queue: call `known` first.
    """
    return add_sealed(tx, vault, seal_drafts(vault, drafts, now=now), now=now)


def seal_drafts(vault: Vault, drafts: Sequence[MessageDraft], *, now: datetime) -> SealedDrafts:
    """Seal messages that are to be added by `add_sealed`. Nobody has to wait for this: it needs no database."""
    uids = [draft.uid or _new_uid(place, now) for place, draft in enumerate(drafts)]
    return SealedDrafts(drafts, uids, vault.seal_all(_contents(drafts, uids)))


def add_sealed(
    tx: Connection, vault: Vault, sealed: SealedDrafts, *, now: datetime, intake_id: str | None = None
) -> list[Added]:
    """Add messages that are sealed already; otherwise as `add_messages`. A file with that id hides them."""
    drafts, uids, batch = sealed
    if vault.is_outdated(batch):
        batch = vault.seal_all(_contents(drafts, uids))
    # Numbers are assigned here, which is safe behind the lock of the only writer. The rows of contents can then refer
    # to them without asking the engine for each.
    first = (tx.scalar(select(func.max(ALL_MESSAGES.c.id))) or 0) + 1
    numbers = range(first, first + len(drafts))
    added = list(map(Added, numbers, uids))
    rows = (_new_row(vault, draft, item, now) for draft, item in zip(drafts, added, strict=True))
    sealed_rows.insert(tx, [sealed_rows.sealed(vault.rows, row) for row in rows])
    if intake_id is None:
        tally_new(tx, ((draft.direction, _FIRST_STATES[draft.direction]) for draft in drafts))
    else:
        hide(tx, intake_id, numbers)
    _INSERT_CONTENTS.run(
        tx,
        (
            (number, _FIRST_REVISION, value.ciphertext, value.wrapped_key)
            for number, value in zip(numbers, batch.values, strict=True)
        ),
    )
    add_names(tx, vault, numbers, (draft.content for draft in drafts))
    return added


def _contents(drafts: Sequence[MessageDraft], uids: Sequence[str]) -> Iterator[tuple[bytes, Place]]:
    for draft, uid in zip(drafts, uids, strict=True):
        yield pack_large(draft.content), content_place(uid, _FIRST_REVISION)


def _new_uid(place: int, now: datetime) -> str:
    """Return a UUID of version 7 (RFC 9562) without hyphens: random, and ascending with time and `place`.

    Messages that enter together therefore lie together in every index by uid: here, in the log, and at the peer. Random
    ids would touch another page of each index for every message.
    """
    milliseconds = to_microseconds(now) // 1000
    return f"{milliseconds:012x}7{place & 0xFFF:03x}{secrets.randbits(62) | 1 << 63:016x}"


def _new_row(vault: Vault, draft: MessageDraft, added: Added, now: datetime) -> MessageRow:
    """Return the row of a new message, without its seal."""
    return MessageRow(
        id=added.id,
        uid=added.uid,
        direction=draft.direction,
        kind=draft.kind,
        reference=draft.reference,
        state=_FIRST_STATES[draft.direction],
        effective_at=draft.effective_at,
        taken_at=now,
        due_on=draft.due_on,
        pointer=draft.pointer,
        target=draft.target,
        hold=None,
        subject=draft.subject,
        author=draft.author,
        authors=draft.author,
        approver=None,
        revision=_FIRST_REVISION,
        digest=vault.digest(draft.content),
        approved_revision=None,
        approved_digest=None,
        warnings=draft.warnings,
        state_since=now,
        version=_FIRST_VERSION,
        changed_by=None,
    )
