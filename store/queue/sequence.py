"""Order in time: of one person's messages, a later one waits for the earlier (domain, section 2, rule 2).

An earlier message is settled when the peer has accepted it or when it was withdrawn. Messages of one
moment, such as the pair that a report of moving makes, do not wait for each other.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, exists, or_, select

from store.message.states import SETTLED
from store.queue.pages import in_batches
from store.queue.tables import MESSAGES


@cache  # Building it takes longer than asking it of one message.
def must_wait() -> ColumnElement[bool]:
    """Return the condition that a message of the query waits for an earlier one of the same person."""
    earlier = MESSAGES.alias("earlier")
    return exists().where(
        earlier.c.subject == MESSAGES.c.subject,
        # A notice's subject is a pseudonym of another kind, never the same as a message's. To name the direction as
        # well would lead the engine to the index by time alone, and to look at every message before this one.
        earlier.c.occurred_at < MESSAGES.c.occurred_at,
        earlier.c.state.not_in(sorted(state.value for state in SETTLED)),
        # What puts an earlier message right must not wait for that one: it never ends by itself.
        or_(MESSAGES.c.target.is_(None), earlier.c.reference != MESSAGES.c.target, earlier.c.kind != MESSAGES.c.kind),
    )


_WAITING: Final = select(MESSAGES.c.id).where(must_wait(), MESSAGES.c.id.in_(bindparam("numbers", expanding=True)))


def waiting_among(conn: Connection, numbers: Iterable[int]) -> set[int]:
    """Return those of the messages that wait for an earlier one of the same person."""
    return {number for some in in_batches(list(numbers)) for number in conn.scalars(_WAITING, {"numbers": some})}
