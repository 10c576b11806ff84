"""Cancelling an event (異動の取消し): both of its messages, or neither.

What was sent is cancelled by a message of its own, which is reviewed like any other; what was not is withdrawn. Both
happen in one transaction, so that the agency never keeps one half of an event that did not take place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from console.errors import NoPair
from console.jobs.admission import admit
from console.jobs.messages import entry
from console.jobs.messages.partners import partner
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import StepRefused
from store.log import EntryDraft, Event
from store.message.states import CANCELLABLE, SENT, Pointer, Step
from store.queue import Act, MessageRow
from store.rights import Right


@dataclass(frozen=True, slots=True)
class CancelledEvent:
    """What became of the messages of an event: the references of those that cancel, and of those withdrawn."""

    cancelling: tuple[str, ...]
    withdrawn: tuple[str, ...]


def right_to_cancel(states: Sequence[str]) -> Right:
    """Return the right that cancelling an event takes, by the states of its messages.

    A message that cancels is reviewed by a second person. What was not sent is withdrawn with nobody after it, so that
    takes the right to withdraw, whatever happens to the other half.
    """
    return Right.ENTER if SENT.issuperset(states) else Right.WITHDRAW


def cancel_event(terminal: Terminal, session: Session, number: int) -> CancelledEvent:
    """Cancel both messages of an event, or neither.

    Raises NoPair, StepRefused for a message that is on its way at this moment, UndoneAlready, MessageChanged,
    MessageClaimed, RightMissing.
    """
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        row = queue.get(reading, number)
        other = partner(terminal, reading, row)
        if other is None:
            raise NoPair(reference=row.reference)
        rows = [row, other]
        for each in rows:
            queue.refuse_unsound(reading, terminal.vault, each)
            entry.refuse_second_undoing(reading, each)
    for each in rows:
        if each.state not in CANCELLABLE:
            raise StepRefused(step=Step.CANCEL_EVENT, state=each.state, reference=each.reference)
    # Which right it takes, only the states tell; the versions that were read here are asked for again below.
    admit(terminal, session, right_to_cancel([each.state for each in rows]))
    unsent = [each for each in rows if each.state not in SENT]
    records = [entry.undoing(terminal, each.id, Pointer.CANCELS) for each in rows if each.state in SENT]
    candidates = [entry.candidate(terminal, record) for record in records]
    # One transaction: whatever refuses the second half takes the first one back as well.
    with terminal.database.writing() as tx:
        entry.put_in(terminal, session, tx, candidates)
        _withdraw(terminal, session, tx, unsent)
    return CancelledEvent(tuple(str(record["reference"]) for record in records), tuple(row.reference for row in unsent))


def _withdraw(terminal: Terminal, session: Session, tx: Connection, rows: Sequence[MessageRow]) -> None:
    """Withdraw what was not sent, as it was read; raises for the first that cannot be, which undoes everything."""
    for row in rows:
        # The version: a message that was sent meanwhile, or changed, is no longer what the person decided about.
        act = Act(by=session.person_id, session=session.id, now=clock.now(), expected_version=row.version)
        moved = queue.move(tx, terminal.vault, row.id, Step.CANCEL_EVENT, act)
        detail: dict[str, str | int] = {
            "revision": moved.revision,
            "content": moved.digest.hex(),
            "version": moved.version,
        }
        draft = EntryDraft(
            Event.MESSAGE_EVENT_CANCELLED, actor=session.person_id, session=session.id, object=row.uid, detail=detail
        )
        terminal.log.append_many(tx, [draft])
