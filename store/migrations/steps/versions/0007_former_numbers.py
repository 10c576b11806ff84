"""The numbers that the persons of notices had before, by which a late notice is known.

Of notices that are there they lie sealed in the contents: those are found by the number that they state, as until now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "former_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("number", "message_id"),
    )
    op.create_index("ix_former_number_message_id", "former_number", ["message_id"])
