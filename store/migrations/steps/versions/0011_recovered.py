"""The receipts for messages that left in a time which the database has lost, and what the peer alone has of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table of what was recovered."""
    op.create_table(
        "recovered",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer()),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String()),
        sa.Column("reference", sa.String()),
        sa.Column("outcome", sa.String()),
        sa.Column("code", sa.String()),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_index("ix_recovered_message_id", "recovered", ["message_id"])
