"""Claiming a message, so that others can only read it; `reading.read` and `entry.open_for_revision` claim one too."""

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.rights import Right


def begin_edit(terminal: Terminal, session: Session, number: int) -> None:
    """Keep others from editing or undoing a message until `end_edit`. Raises MessageMissing, MessageClaimed."""
    # A claim also ends with its session, in whatever way that ends, so nobody has to release one by hand.
    admit(terminal, session, Right.ENTER)
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        queue.claim(tx, row, queue.Task.EDIT, session_id=session.id, now=clock.now())


def put_back(terminal: Terminal, session: Session, *numbers: int) -> None:
    """Let others review or edit the messages again."""
    # Without a right: a session can only drop what it has claimed itself.
    with terminal.database.writing() as tx:
        for number in numbers:
            queue.drop_claim(tx, number, session_id=session.id)


def end_edit(terminal: Terminal, session: Session, number: int) -> None:
    """Let others edit the message again; a person who may approve keeps it for review. Raises MessageMissing."""
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        queue.end_edit(tx, row, session_id=session.id, reviews=session.may(Right.APPROVE))
