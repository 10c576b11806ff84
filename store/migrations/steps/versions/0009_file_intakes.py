"""Files that are taken in by several transactions, and the numbers of their messages, which nobody sees meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create both tables. No file is under way while the tables are changed, so they are empty."""
    op.create_table(
        "file_intake",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "hidden_range",
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("intake_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("first"),
    )
