"""The tables of the first version."""

from alembic import op

from store.tables import TABLES

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables as the models say."""
    TABLES[0].metadata.create_all(op.get_bind(), tables=TABLES)
