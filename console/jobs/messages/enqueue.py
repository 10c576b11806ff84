"""Putting checked messages into the queue, whether they came from a file or were entered by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import Connection

from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import EntryDraft, Event
from store.message.kinds import Message
from store.message.states import Direction, Pointer


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message without errors, its canonical bytes, and how many warnings somebody has to confirm."""

    message: Message
    content: bytes
    warnings: int

    @property
    def key(self) -> queue.MessageKey:
        """Its kind and reference, a pair that no sender uses twice."""
        return queue.MessageKey(str(self.message.kind), self.message.reference)


def add(
    terminal: Terminal, session: Session, tx: Connection, candidates: Sequence[Candidate], event: Event
) -> list[queue.Added]:
    """Put messages into the queue, with a log entry of `event` for each in the same transaction."""
    drafts = [draft_of(terminal, session, candidate) for candidate in candidates]
    added = queue.add_messages(tx, terminal.vault, drafts, now=clock.now())
    entries = [
        EntryDraft(
            event,
            actor=session.person_id,
            session=session.id,
            object=message.uid,
            detail={"kind": draft.kind, "warnings": draft.warnings},
        )
        for message, draft in zip(added, drafts, strict=True)
    ]
    # All entries in one call: the end of the chain is read once, and one statement writes them.
    terminal.log.append_many(tx, entries)
    return added


def draft_of(terminal: Terminal, session: Session, candidate: Candidate) -> queue.MessageDraft:
    """Return the message as the queue stores it."""
    message = candidate.message
    pointer, target = _pointer(message)
    return queue.MessageDraft(
        direction=Direction.OUT,
        kind=str(message.kind),
        reference=message.reference,
        occurred_at=message.occurred_at.astimezone(UTC),
        content=candidate.content,
        author=session.person_id,
        # Outside the sealed content only a pseudonym stands for the person: enough for the order in time.
        subject=terminal.vault.pseudonym("subject", message.subject) if message.subject else None,
        due_on=message.due_on,
        pointer=pointer,
        target=target,
        warnings=candidate.warnings,
    )


def _pointer(message: Message) -> tuple[Pointer | None, str | None]:
    # A message points at one other at most; the rules refuse a record that does both.
    if message.cancels is not None:
        return Pointer.CANCELS, message.cancels
    if message.replaces is not None:
        return Pointer.REPLACES, message.replaces
    return None, None
