"""What people have begun to enter, sealed, until it is registered or discarded."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table, in which nobody has begun anything yet."""
    op.create_table(
        "entry_draft",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_index("ix_entry_draft_person", "entry_draft", ["person"])
