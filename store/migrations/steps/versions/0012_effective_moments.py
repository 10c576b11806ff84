"""The order of messages by the moment from which they are effective: a planned departure from its day on."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_EPOCH = 719_163  # The ordinal of 1970-01-01.
_DAY = 86_400_000_000  # Microseconds.
_AHEAD = 9 * 3_600_000_000  # Japan is nine hours ahead of UTC.
_MESSAGES = sa.table(
    "message",
    sa.column("id", sa.Integer()),
    sa.column("effective_at", sa.BigInteger()),
    sa.column("due_on", sa.Date()),
)


def upgrade() -> None:
    """Rename the column, whose indexes follow, and move what has a planned day to the beginning of it in Japan."""
    op.alter_column("message", "occurred_at", new_column_name="effective_at")
    connection = op.get_bind()
    planned = connection.execute(sa.select(_MESSAGES).where(_MESSAGES.c.due_on.is_not(None))).all()
    for row in planned:
        # The first moment of the day in Japan, in microseconds since 1970.
        beginning = (row.due_on.toordinal() - _EPOCH) * _DAY - _AHEAD
        change = sa.update(_MESSAGES).where(_MESSAGES.c.id == row.id)
        connection.execute(change.values(effective_at=max(row.effective_at, beginning)))
