"""Resending: a message whose envelope the peer refused unread is sealed again and sent once more, under the same id.

The peer can refuse an envelope before it reads what is inside, for instance while it does not know our next key yet. It
kept nothing then, so the bytes may be made again. What it has read and refused is corrected by a new message instead.
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
    """Let messages whose envelopes the peer refused go out again; they remain approved. Raises RightMissing."""
    admit(terminal, session, TRANSITIONS[Step.RESEND].right or Right.APPROVE)

    def take(tx: Connection, some: Sequence[int]) -> Transitions:
        # Only refused messages are examined here; for any other state the step itself says why it cannot be taken.
        known = queue.at_peer(tx, [row.id for row in queue.rows_of(tx, some) if row.state is OutState.REFUSED])
        act = Act(by=session.person_id, session=session.id, now=clock.now(), seen=seen)
        moved = queue.move_many(
            tx, terminal.vault, [number for number in some if number not in known], Step.RESEND, act
        )
        moved.refused.extend(RefusedTransition(number, AlreadyReceived()) for number in sorted(known))
        # Only for those that took the step. The peer may still be asked about the bytes of the others, which could
        # never be sent again without them.
        queue.discard_shipments(tx, [row.id for row in moved.changed])
        return moved

    moved = decide(terminal, session, numbers, Event.MESSAGE_RESEALED, take)
    return Decided([row.id for row in moved.changed], refusals_of(moved))
