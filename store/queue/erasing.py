"""Erasing what is kept no longer: the row keys of a message's contents are destroyed, and its evidence stays.

What stays is the row, its digests, the bytes that were sealed for the peer, receipts, and the log: they verify as
before and tell nothing about a person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, or_, select, update

from store.message.states import Direction, InState, OutState, steps_from
from store.queue.tables import (
    ARRIVALS,
    CONTENTS,
    ERASED,
    MESSAGES,
    NOTES,
    RESULTS,
    MessageRow,
    message_row,
    select_messages,
)

_ENDED: Final = {
    Direction.OUT: sorted(state.value for state in OutState if not steps_from(state)),
    Direction.IN: sorted(state.value for state in InState if not steps_from(state)),
}


def expired(conn: Connection, before: datetime, limit: int) -> list[MessageRow]:
    """Return at most `limit` messages that ended before that moment and whose content is still there."""
    ended = or_(
        *(and_(MESSAGES.c.direction == way.value, MESSAGES.c.state.in_(states)) for way, states in _ENDED.items())
    )
    kept = select(CONTENTS.c.message_id).where(CONTENTS.c.message_id == MESSAGES.c.id, CONTENTS.c.wrapped_key != ERASED)
    chosen = select_messages().where(ended, MESSAGES.c.state_since < before, kept.exists())
    return [message_row(row) for row in conn.execute(chosen.order_by(MESSAGES.c.id).limit(limit))]


def erase(tx: Connection, rows: Sequence[MessageRow]) -> None:
    """Destroy all revisions of the contents, notes, the peer's words, and envelopes that a terminal could open."""
    numbers, uids = [row.id for row in rows], [row.uid for row in rows]
    for table in (CONTENTS, NOTES, RESULTS):
        gone = {"ciphertext": ERASED, "wrapped_key": ERASED}
        results = select(RESULTS.c.uid).where(RESULTS.c.message_id.in_(numbers))
        if table is RESULTS:
            tx.execute(update(ARRIVALS).where(ARRIVALS.c.uid.in_(results)).values(envelope=ERASED))
        tx.execute(update(table).where(table.c.message_id.in_(numbers)).values(gone))
    for known_by in (ARRIVALS.c.uid, ARRIVALS.c.about):
        tx.execute(update(ARRIVALS).where(known_by.in_(uids)).values(envelope=ERASED))
