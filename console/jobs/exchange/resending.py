"""Resending: what the peer refused unread is sealed anew and sent once more, under its own id.

The peer refuses an envelope before it reads what is inside, for instance while it does not know our next key yet. It
kept nothing, so the bytes may be made again. What it has read and refused is put right by a new message instead.
"""

from collections.abc import Sequence

from console.jobs.admission import admit
from console.jobs.review import Changed, Refusal
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import AlreadyReceived
from store.log import Draft, Event
from store.message.states import TRANSITIONS, OutState, Step
from store.queue import Act, MessageRow
from store.rights import Right

_PORTION = 500


def resend(terminal: Terminal, session: Session, numbers: Sequence[int]) -> Changed:
    """Let messages go out again whose envelopes the peer refused; their approval stands. Raises RightMissing."""
    admit(terminal, session, TRANSITIONS[Step.RESEND].right or Right.APPROVE)
    done = Changed()
    for start in range(0, len(numbers), _PORTION):
        _resend_portion(terminal, session, numbers[start : start + _PORTION], done)
    return done


def _resend_portion(terminal: Terminal, session: Session, numbers: Sequence[int], done: Changed) -> None:
    with terminal.database.writing() as tx:
        # A message in any other state is told by the step itself why it cannot.
        refused = [row.id for row in queue.rows_of(tx, numbers) if row.state is OutState.REFUSED]
        unread = set(queue.discard_unread(tx, refused))
        known = [number for number in refused if number not in unread]
        tried = [number for number in numbers if number not in known]
        act = Act(by=session.person_id, now=clock.now())
        moved = queue.move_many(tx, terminal.vault, tried, Step.RESEND, act)
        terminal.log.append_many(tx, [_entry(session, row) for row in moved.changed])
    done.changed += [row.id for row in moved.changed]
    done.refused += [Refusal(one.id, one.error.code, one.error.facts) for one in moved.refused]
    done.refused += [Refusal(number, AlreadyReceived.code, {}) for number in known]


def _entry(session: Session, row: MessageRow) -> Draft:
    return Draft(
        Event.MESSAGE_RESEALED,
        actor=session.person_id,
        session=session.id,
        object=row.uid,
        detail={"revision": row.revision, "content": row.digest.hex()},
    )
