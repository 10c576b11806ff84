"""Putting checked messages into the queue, whether they came from a file or were entered by hand."""

from collections.abc import Sequence

from sqlalchemy import Connection

from console.jobs.messages.candidates import Candidate
from console.jobs.residents import protection
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import EntryDraft, Event
from store.message.states import Direction


def add(
    terminal: Terminal, session: Session, tx: Connection, candidates: Sequence[Candidate], event: Event
) -> list[queue.Added]:
    """Put messages into the queue, with a log entry of `event` for each in the same transaction."""
    return add_sealed(terminal, session, tx, seal(terminal, session, candidates), event)


def seal(terminal: Terminal, session: Session, candidates: Sequence[Candidate]) -> queue.SealedDrafts:
    """Make messages ready to be added by `add_sealed`: all that takes long, and needs no writer's turn."""
    drafts = [draft_of(terminal, session, candidate) for candidate in candidates]
    return queue.seal_drafts(terminal.vault, drafts, now=clock.now())


def add_sealed(
    terminal: Terminal,
    session: Session,
    tx: Connection,
    sealed: queue.SealedDrafts,
    event: Event,
    intake_id: str | None = None,
) -> list[queue.Added]:
    """Do what `add` does with messages that are sealed already; those of the file `intake_id` are hidden."""
    added = queue.add_sealed(tx, terminal.vault, sealed, now=clock.now(), intake_id=intake_id)
    entries = [
        EntryDraft(
            event,
            actor=session.person_id,
            session=session.id,
            object=message.uid,
            detail={"kind": draft.kind, "warnings": draft.warnings},
        )
        for message, draft in zip(added, sealed.drafts, strict=True)
    ]
    # Also with a file that is still hidden: to hide an address too early does no harm.
    protected = [draft for draft in sealed.drafts if draft.protected and draft.subject]
    for draft in protected:
        protection.put(
            terminal, session, tx, protection.marks(terminal, draft.subject or "", [draft.content]), protected=True
        )
    # All entries in one call: the end of the chain is read once, and one statement writes them.
    terminal.log.append_many(tx, entries)
    return added


def draft_of(terminal: Terminal, session: Session, candidate: Candidate) -> queue.MessageDraft:
    """Return the message as the queue stores it."""
    return queue.MessageDraft(
        direction=Direction.OUT,
        kind=candidate.kind,
        reference=candidate.reference,
        effective_at=candidate.effective_at,
        content=candidate.content,
        author=session.person_id,
        # Outside the sealed content only a pseudonym stands for the person: enough for the order in time.
        subject=terminal.vault.pseudonym("subject", candidate.subject) if candidate.subject else None,
        due_on=candidate.due_on,
        pointer=candidate.pointer,
        target=candidate.target,
        warnings=candidate.warnings,
        protected=candidate.protected,
    )


def key_of(candidate: Candidate) -> queue.MessageKey:
    """Return kind and reference, a pair that no sender uses twice."""
    return queue.MessageKey(candidate.kind, candidate.reference)
