"""Receipts in a separate table, apart from the bytes that they are for.

A shipment fills half a page. Growing its row by the receipt wrote a whole page a message once more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Move the receipts to their table."""
    op.create_table(
        "receipt",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["shipment.message_id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.execute(
        "INSERT INTO receipt (message_id, receipt, kept_at) "
        "SELECT message_id, receipt, receipt_at FROM shipment WHERE receipt IS NOT NULL"
    )
    # Dropped only after the copy. All of it is one transaction, so no receipt can be lost in between.
    op.drop_column("shipment", "receipt")
    op.drop_column("shipment", "receipt_at")
