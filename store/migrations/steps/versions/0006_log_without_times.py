"""The log without its index by time: times follow the number, and each entry is written to one page less."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Drop the index."""
    op.drop_index("log_entry_at", "log_entry")
