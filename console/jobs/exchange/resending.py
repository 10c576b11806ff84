"""Resending: what the peer refused unread is sealed anew and sent once more, under its own id.

The peer refuses an envelope before it reads what is inside, for instance while it does not know our next key yet. It
kept nothing, so the bytes may be made again. What it has read and refused is put right by a new message instead.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages.review import NOTHING, Decided, Seen, decide, refusals_of
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import AlreadyReceived
from store.log import Event
from store.message.states import TRANSITIONS, OutState, Step
from store.queue import Act, RefusedTransition, Transitions
from store.rights import Right


def resend(terminal: Terminal, session: Session, numbers: Sequence[int], *, seen: Seen = NOTHING) -> Decided:
    """Let messages go out again whose envelopes the peer refused; their approval stands. Raises RightMissing."""
    admit(terminal, session, TRANSITIONS[Step.RESEND].right or Right.APPROVE)

    def take(tx: Connection, some: Sequence[int]) -> Transitions:
        # A message in any other state is told by the step itself why it cannot.
        known = queue.at_peer(tx, [row.id for row in queue.rows_of(tx, some) if row.state is OutState.REFUSED])
        act = Act(by=session.person_id, session=session.id, now=clock.now(), seen=seen)
        moved = queue.move_many(tx, terminal.vault, [one for one in some if one not in known], Step.RESEND, act)
        moved.refused.extend(RefusedTransition(one, AlreadyReceived()) for one in sorted(known))
        # Only of those that go: the bytes of any other are still what the peer may be asked about.
        queue.discard_shipments(tx, [row.id for row in moved.changed])
        return moved

    moved = decide(terminal, session, numbers, Event.MESSAGE_RESEALED, take)
    return Decided([row.id for row in moved.changed], refusals_of(moved))
