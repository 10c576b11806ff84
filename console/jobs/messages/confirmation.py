"""Confirming received notices (受信通知の確認): what they change, item by item, is right to go on to the residents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages.review import NOTHING, Decided, Seen, checked, decide, refusals_of
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.message.states import InState, Step
from store.queue import Act, Transitions
from store.rights import Right


@dataclass(slots=True)
class Confirmed(Decided):
    """What became of the notices: `changed` are confirmed, `waiting` have been by the first of two persons."""

    waiting: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many took a step, to the end or to the second person."""
        return len(self.changed) + len(self.waiting)


def confirm(terminal: Terminal, session: Session, numbers: Sequence[int], *, seen: Seen = NOTHING) -> Confirmed:
    """Confirm notices for exactly the content that they have.

    A deletion (消除) takes two persons, whatever the municipality's rule for messages: after the first it waits for the
    second. What is confirmed already, superseded or on hold is refused, and nothing changes.
    """
    admit(terminal, session, Right.CONFIRM)
    act = partial(Act, by=session.person_id, session=session.id, seen=seen)

    def take(tx: Connection, some: Sequence[int]) -> Transitions:
        return queue.confirm(tx, terminal.vault, some, act(now=clock.now()))

    moved = decide(terminal, session, numbers, Event.NOTICE_CONFIRMED, take)
    confirmed = [row.id for row in moved.changed if row.state is InState.CONFIRMED]
    waiting = [row.id for row in moved.changed if row.state is InState.AWAITING_SECOND]
    return Confirmed(confirmed, refusals_of(moved), waiting)


def put_on_hold(
    terminal: Terminal, session: Session, numbers: Sequence[int], *, reason: str, seen: Seen = NOTHING
) -> Decided:
    """Put notices on hold that cannot be confirmed as they are; what the first of two persons confirmed begins anew.

    Raises ReasonMissing, ReasonTooLong.
    """
    return _move(terminal, session, numbers, Step.PUT_ON_HOLD, seen, checked(reason))


def take_up(terminal: Terminal, session: Session, numbers: Sequence[int], *, seen: Seen = NOTHING) -> Decided:
    """Let notices on hold be confirmed after all."""
    return _move(terminal, session, numbers, Step.TAKE_UP, seen)


_EVENTS: Final = {Step.PUT_ON_HOLD: Event.NOTICE_HELD, Step.TAKE_UP: Event.NOTICE_TAKEN_UP}


def _move(
    terminal: Terminal, session: Session, numbers: Sequence[int], step: Step, seen: Seen, reason: str | None = None
) -> Decided:
    admit(terminal, session, Right.CONFIRM)
    act = partial(Act, by=session.person_id, session=session.id, seen=seen, reason=reason)

    def take(tx: Connection, some: Sequence[int]) -> Transitions:
        return queue.move_many(tx, terminal.vault, some, step, act(now=clock.now()))

    moved = decide(terminal, session, numbers, _EVENTS[step], take)
    return Decided([row.id for row in moved.changed], refusals_of(moved))
