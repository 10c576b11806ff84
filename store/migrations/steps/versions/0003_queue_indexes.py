"""Indexes for every order and filter of the queue, and partial indexes for what few messages have."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Few messages cancel or replace another. The partial indexes hold only those, so that all others cost nothing.
_POINTING = sa.text("target IS NOT NULL")


def upgrade() -> None:
    """Replace two indexes and add two."""
    op.drop_index("message_reference", "message")
    op.drop_index("message_target", "message")
    # Every filter names the direction, so it comes first. The key of a page ends with the id.
    op.create_index("message_reference", "message", ["direction", "reference", "id"])
    # With a filter by state, the index by reference would still read the messages of all other states.
    op.create_index("message_state_reference", "message", ["direction", "state", "reference", "id"])
    op.create_index("message_target", "message", ["target", "kind"], sqlite_where=_POINTING, postgresql_where=_POINTING)
    op.create_index(
        "message_pointing", "message", ["state", "target", "kind"], sqlite_where=_POINTING, postgresql_where=_POINTING
    )
