"""The seals of the rows that decisions rest on, and what older rows did not say: all authors, the version of a person.

A revision has no key. The upgrade that takes this step seals the rows afterwards, in the same transaction, and leaves
those unsealed that do not agree with the log.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns; no row has a seal yet."""
    op.add_column("message", sa.Column("authors", sa.String()))
    _add("person", "version", sa.Integer(), "1")
    for table in ("message", "person", "attempt", "peer_version", "setting_in_force"):
        _add(table, "seal", sa.LargeBinary(), "")


def _add(table: str, name: str, kind: sa.Integer | sa.LargeBinary, first: str) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=first))
    if op.get_bind().dialect.name != "sqlite":
        # SQLite cannot drop a default and keeps it. No new row takes it: the program always gives a value.
        op.alter_column(table, name, server_default=None)
