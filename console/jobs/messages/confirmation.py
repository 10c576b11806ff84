"""Confirming received notices (受信通知の確認): what they change, item by item, is right to go on to the residents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages.listing import QueueQuery, QueueRow, page
from console.jobs.messages.review import NOTHING, Decided, Seen, checked, decide, refusals_of, take_step
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.message.codes import NoticeItem
from store.message.states import InState, Step
from store.queue import Act, RefusedTransition, Transitions
from store.rights import Right

# More than wait in any office; whoever has more works them off from the list.
_MOST_SEARCHED: Final = 1000


@dataclass(slots=True)
class Confirmed(Decided):
    """The outcome for all notices: `changed` are confirmed, `waiting` have the first of their two confirmations."""

    waiting: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of notices that took a step, to the end or to the second person."""
        return len(self.changed) + len(self.waiting)


def confirm(terminal: Terminal, session: Session, numbers: Sequence[int], *, seen: Seen = NOTHING) -> Confirmed:
    """Confirm notices for exactly the content that they have.

    A deletion (消除) takes two persons, whatever the municipality's rule for messages: after the first it waits for the
    second. A notice that is confirmed already, superseded or on hold is refused, and does not change.
    """
    admit(terminal, session, Right.CONFIRM)

    # `take_step` does not fit: which of three steps a notice takes, only its content and its state tell.
    def take(tx: Connection, portion: Sequence[int]) -> Transitions:
        act = Act(by=session.person_id, session=session.id, now=clock.now(), seen=seen)
        # A notice changes a resident's record: it has to stand in the log as it came, and nothing newer about it.
        unproved = queue.is_on_record(tx, queue.rows_of(tx, portion)).broken
        known = {number for number, _ in unproved}
        # `Act.two_persons` stays at its default: the municipality's rule is about messages only.
        moved = queue.confirm(tx, terminal.vault, [number for number in portion if number not in known], act)
        moved.refused.extend(RefusedTransition(*each) for each in unproved)
        return moved

    moved = decide(terminal, session, numbers, Event.NOTICE_CONFIRMED, take)
    confirmed = [row.id for row in moved.changed if row.state is InState.CONFIRMED]
    waiting = [row.id for row in moved.changed if row.state is InState.AWAITING_SECOND]
    return Confirmed(confirmed, refusals_of(moved), waiting)


def put_on_hold(
    terminal: Terminal, session: Session, numbers: Sequence[int], *, reason: str, seen: Seen = NOTHING
) -> Decided:
    """Put notices on hold that cannot be confirmed as they are. A confirmation by a first person no longer counts.

    Raises ReasonMissing, ReasonTooLong.
    """
    return take_step(terminal, session, numbers, Step.PUT_ON_HOLD, seen, reason=checked(reason))


def take_up(terminal: Terminal, session: Session, numbers: Sequence[int], *, seen: Seen = NOTHING) -> Decided:
    """Let notices on hold be confirmed after all."""
    return take_step(terminal, session, numbers, Step.TAKE_UP, seen)


def waiting_changes(terminal: Terminal, session: Session, item: NoticeItem) -> list[QueueRow]:
    """Return the notices that wait for people and change this item of their person, the oldest first."""
    # The items are read from the contents, which only open here: no index knows what a notice changes.
    waiting = page(terminal, session, QueueQuery(unhandled=True, limit=_MOST_SEARCHED))
    return [row for row in waiting.rows if item in row.matter]
