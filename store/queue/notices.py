"""Received notices by the number that they are about."""

from sqlalchemy import Connection

from store.message.states import Direction
from store.queue.tables import MESSAGES, MessageRow, message_row, select_messages


def notices_about(conn: Connection, about: str) -> list[MessageRow]:
    """Return the notices with that pseudonym of a card's or certificate's number, the newest first, in any state."""
    chosen = select_messages().where(MESSAGES.c.subject == about, MESSAGES.c.direction == Direction.IN.value)
    by_age = chosen.order_by(MESSAGES.c.occurred_at.desc(), MESSAGES.c.id.desc())
    return [message_row(row) for row in conn.execute(by_age)]
