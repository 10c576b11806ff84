"""The settings that carry a protection, as two persons brought them into force."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table, empty: each terminal takes the values of its file when it is opened next."""
    op.create_table(
        "setting_in_force",
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String()),
        sa.Column("second", sa.String()),
        sa.PrimaryKeyConstraint("terminal", "name"),
    )
