"""Order in time: a later message about a person waits for the earlier messages.

A message is settled when the peer has accepted it or when it was withdrawn. Messages of the same moment, such as the
pair that a report of moving makes, do not wait for each other.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, exists, or_, select

from store.message.states import SETTLED
from store.queue.pages import in_batches
from store.queue.tables import MESSAGES


# Cached, because building the condition takes longer than evaluating it for one message.
@cache
def must_wait() -> ColumnElement[bool]:
    """Return the condition that a message of the query waits for an earlier one of the same person."""
    earlier = MESSAGES.alias("earlier")
    return exists().where(
        earlier.c.subject == MESSAGES.c.subject,
        # The direction is left out on purpose. A notice's subject is a pseudonym of another kind and never equals that
        # of a message. With the direction, SQLite chose the index by time and read every message before this one.
        earlier.c.occurred_at < MESSAGES.c.occurred_at,
        earlier.c.state.not_in(sorted(state.value for state in SETTLED)),
        # A message that cancels or replaces an earlier one must not wait for it: the earlier never settles by itself.
        or_(MESSAGES.c.target.is_(None), earlier.c.reference != MESSAGES.c.target, earlier.c.kind != MESSAGES.c.kind),
    )


# The numbers are asked for in the query, so that only these messages and their persons' are read.
_WAITING: Final = select(MESSAGES.c.id).where(must_wait(), MESSAGES.c.id.in_(bindparam("numbers", expanding=True)))


def waiting_among(conn: Connection, numbers: Iterable[int]) -> set[int]:
    """Return those of the messages that wait for an earlier one of the same person."""
    return {number for some in in_batches(numbers) for number in conn.scalars(_WAITING, {"numbers": some})}
