"""Erasing contents whose retention is over: the row keys are destroyed, and the evidence of the message stays.

The row, its digests, what is kept of the envelopes for the peer, the receipts and the log stay. They verify as before
and reveal nothing about a person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, or_, select, update

from store.message.states import OVER, Direction, InState, OutState
from store.queue.name_blocks import drop_names
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
    Direction.OUT: sorted(state.value for state in OVER if isinstance(state, OutState)),
    Direction.IN: sorted(state.value for state in OVER if isinstance(state, InState)),
}


def expired(conn: Connection, before: datetime, limit: int) -> list[MessageRow]:
    """Return at most `limit` messages that ended before that moment and whose content is not erased."""
    ended = or_(
        *(and_(MESSAGES.c.direction == way.value, MESSAGES.c.state.in_(states)) for way, states in _ENDED.items())
    )
    unerased = select(CONTENTS.c.message_id).where(
        CONTENTS.c.message_id == MESSAGES.c.id, CONTENTS.c.wrapped_key != ERASED
    )
    chosen = select_messages().where(ended, MESSAGES.c.state_since < before, unerased.exists())
    return [message_row(row) for row in conn.execute(chosen.order_by(MESSAGES.c.id).limit(limit))]


def erase(tx: Connection, rows: Sequence[MessageRow]) -> None:
    """Destroy the contents of messages in all revisions, with everything from which they could be read again.

    That is: the names for the search, the notes, the peer's words in results, and the envelopes that a terminal could
    open.
    """
    numbers, uids = [row.id for row in rows], [row.uid for row in rows]
    drop_names(tx, numbers)
    # The words of a result also lie in the envelope that brought it, sealed to the terminal's own key.
    results = select(RESULTS.c.uid).where(RESULTS.c.message_id.in_(numbers))
    # A notice came in an envelope for each terminal, and may have been repeated in others. None of them may stay.
    for brought in (ARRIVALS.c.uid.in_(results), ARRIVALS.c.uid.in_(uids), ARRIVALS.c.about.in_(uids)):
        tx.execute(update(ARRIVALS).where(brought).values(envelope=ERASED))
    for table in (CONTENTS, NOTES, RESULTS):
        sealed = update(table).where(table.c.message_id.in_(numbers))
        tx.execute(sealed.values(ciphertext=ERASED, wrapped_key=ERASED))
