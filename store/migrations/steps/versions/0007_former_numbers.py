"""The former numbers of the persons of notices, by which a late notice is recognised.

The former numbers of notices received before this revision lie sealed in their contents, and a revision has no key.
Those notices are still found by the number that they state.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table of the former numbers."""
    op.create_table(
        "former_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("number", "message_id"),
    )
    # A notice looks up its own former numbers, to find the notices beside it.
    op.create_index("ix_former_number_message_id", "former_number", ["message_id"])
