"""Hiding: the messages of a file that takes several transactions stay out of the queue until all of them are there.

A writer's turn is short, so a large file comes in portions. Its messages are hidden by ranges of their numbers
(`store.queue.tables.MESSAGES` leaves those out), and one last transaction removes the ranges: then all messages of the
file are in the queue at once. A file whose session has ended, or that was given up, never gets there. Its messages are
removed in portions by whoever opens the terminal or takes in a file next.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from store.errors import ImportUnderWay, SessionClosed
from store.message.states import Direction, OutState
from store.people.sessions import SESSIONS
from store.queue.state_counts import tally_count
from store.queue.tables import ALL_MESSAGES, CONTENTS, FILE_INTAKES, HIDDEN_RANGES, NAME_BLOCK, NAME_BLOCKS

_RANGES: Final = select(HIDDEN_RANGES).order_by(HIDDEN_RANGES.c.first)
_SESSION_OPEN: Final = exists().where(SESSIONS.c.id == FILE_INTAKES.c.session_id, SESSIONS.c.closed_at.is_(None))
_GIVEN_UP: Final = ~exists().where(FILE_INTAKES.c.id == HIDDEN_RANGES.c.intake_id, _SESSION_OPEN)


class Hidden(NamedTuple):
    """Numbers of messages that nobody sees yet, both ends included, and the file to which they belong."""

    first: int
    last: int
    intake_id: str


class HiddenNumbers:
    """All hidden numbers at this moment."""

    def __init__(self, conn: Connection) -> None:
        self._ranges = [Hidden(*row) for row in conn.execute(_RANGES)]
        self._firsts = [hidden.first for hidden in self._ranges]

    def file_of(self, number: int) -> str | None:
        """Return the file that hides a message; None for a message in the queue."""
        place = bisect_right(self._firsts, number) - 1
        return self._ranges[place].intake_id if place >= 0 and number <= self._ranges[place].last else None


def begin_file(tx: Connection, session_id: str, size: int) -> str:
    """Begin to take in a file of `size` bytes by several transactions; return its id, 32 hex characters."""
    intake_id = uuid4().hex
    tx.execute(insert(FILE_INTAKES), {"id": intake_id, "session_id": session_id, "size": size, "done": 0})
    return intake_id


def hide(tx: Connection, intake_id: str, numbers: range) -> None:
    """Hide messages that were just added, in the transaction that added them."""
    if not numbers:
        return
    # Most often nobody else added a message since the last portion, and one range covers the whole file.
    longer = update(HIDDEN_RANGES).where(
        HIDDEN_RANGES.c.intake_id == intake_id, HIDDEN_RANGES.c.last == numbers.start - 1
    )
    if tx.execute(longer.values(last=numbers[-1])).rowcount == 0:
        tx.execute(insert(HIDDEN_RANGES), Hidden(numbers.start, numbers[-1], intake_id)._asdict())


def reach(tx: Connection, intake_id: str, done: int) -> None:
    """Note how many bytes of a file are done. Raises SessionClosed when the file was given up meanwhile."""
    mine = update(FILE_INTAKES).where(FILE_INTAKES.c.id == intake_id, _SESSION_OPEN)
    if tx.execute(mine.values(done=done)).rowcount == 0:
        raise SessionClosed


def complete_file(tx: Connection, intake_id: str) -> None:
    """Put all messages of a file into the queue at once. Raises SessionClosed when the file was given up meanwhile."""
    if tx.execute(delete(FILE_INTAKES).where(FILE_INTAKES.c.id == intake_id, _SESSION_OPEN)).rowcount == 0:
        raise SessionClosed
    mine = HIDDEN_RANGES.c.intake_id == intake_id
    number = tx.scalar(select(func.sum(HIDDEN_RANGES.c.last - HIDDEN_RANGES.c.first + 1)).where(mine)) or 0
    tx.execute(delete(HIDDEN_RANGES).where(mine))
    # Only messages to the peer come in files, and nobody could take a step with a message that was hidden.
    tally_count(tx, (Direction.OUT, OutState.REVIEW), int(number))


def give_up_files(tx: Connection, session_id: str) -> None:
    """Give up what a session was taking in: nothing of it will ever be in the queue."""
    tx.execute(delete(FILE_INTAKES).where(FILE_INTAKES.c.session_id == session_id))


def any_given_up(conn: Connection) -> bool:
    """Tell whether messages of files that were given up are still to be removed."""
    return conn.scalar(select(HIDDEN_RANGES.c.first).where(_GIVEN_UP).limit(1)) is not None


def remove_given_up(tx: Connection, most: int) -> int:
    """Remove at most `most` messages of files that were given up; return how many that were, 0 when none is left."""
    chosen = tx.execute(_RANGES.where(_GIVEN_UP).limit(1)).one_or_none()
    if chosen is None:
        tx.execute(delete(FILE_INTAKES).where(~_SESSION_OPEN))
        return 0
    hidden = Hidden(*chosen)
    # From the end, so that what remains is still a range.
    first = max(hidden.first, hidden.last - most + 1)
    # Nobody can have taken a step with a hidden message. One that stands further was not hidden by this program: it is
    # kept and seen again, since whoever can write a range must not make the program remove messages.
    untouched = (
        ALL_MESSAGES.c.id >= first,
        ALL_MESSAGES.c.id <= hidden.last,
        ALL_MESSAGES.c.direction == Direction.OUT.value,
        ALL_MESSAGES.c.state == OutState.REVIEW.value,
        ALL_MESSAGES.c.version == 1,
    )
    tx.execute(delete(CONTENTS).where(CONTENTS.c.message_id.in_(select(ALL_MESSAGES.c.id).where(*untouched))))
    tx.execute(delete(ALL_MESSAGES).where(*untouched))
    tx.execute(delete(NAME_BLOCKS).where(NAME_BLOCKS.c.number.between(first // NAME_BLOCK, hidden.last // NAME_BLOCK)))
    here = HIDDEN_RANGES.c.first == hidden.first
    if first == hidden.first:
        tx.execute(delete(HIDDEN_RANGES).where(here))
    else:
        tx.execute(update(HIDDEN_RANGES).where(here).values(last=first - 1))
    return hidden.last - first + 1


def refuse_hidden(conn: Connection, numbers: Iterable[int], *, but: str | None) -> None:
    """Raise ImportUnderWay when a message is hidden by another file than `but`."""
    wanted = list(numbers)
    # Asked only when messages were found: most records of most files are new.
    hidden = HiddenNumbers(conn) if wanted else None
    for number in wanted:
        intake_id = hidden.file_of(number) if hidden else None
        if intake_id is not None and intake_id != but:
            raise _under_way(conn, number, FILE_INTAKES.c.id == intake_id)


def _under_way(conn: Connection, number: int, of_file: ColumnElement[bool]) -> ImportUnderWay:
    person = conn.scalar(select(ALL_MESSAGES.c.author).where(ALL_MESSAGES.c.id == number))
    at = conn.execute(select(FILE_INTAKES.c.done, FILE_INTAKES.c.size).where(of_file)).one_or_none()
    # A file that was given up has no row any more; what is left of it is removed soon.
    return ImportUnderWay(person=person or "", percent=100 * at.done // max(at.size, 1) if at else 0)
