"""Confirming received notices (受信通知の確認): what they change, item by item, is right to go on to the residents."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.review import NOTHING, Changed, Seen, decide, refusals_of
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.message.states import InState
from store.queue import Act, Moved
from store.rights import Right


@dataclass(slots=True)
class Confirmed(Changed):
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

    def take(tx: Connection, some: Sequence[int]) -> Moved:
        act = Act(by=session.person_id, session=session.id, now=clock.now(), seen=seen)
        return queue.confirm(tx, terminal.vault, some, act)

    moved = decide(terminal, session, numbers, Event.NOTICE_CONFIRMED, take)
    confirmed = [row.id for row in moved.changed if row.state is InState.CONFIRMED]
    waiting = [row.id for row in moved.changed if row.state is InState.AWAITING_SECOND]
    return Confirmed(confirmed, refusals_of(moved), waiting)
