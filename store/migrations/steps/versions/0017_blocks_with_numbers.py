"""The blocks of the search hold numbers beside the names: those that have names alone are made anew.

A revision has no key, so that whoever searches next makes them from the contents.
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take the blocks away."""
    op.execute("DELETE FROM name_block")
