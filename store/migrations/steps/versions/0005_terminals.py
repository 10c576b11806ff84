"""Several terminals on one queue: which made a shipment, and whose feed brought an arrival."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Assign everything that exists to the only terminal that there was until now."""
    terminal = _terminal()
    _assign_shipments(terminal)
    _create_arrivals(terminal)
    _create_cursors(terminal)


def _terminal() -> str:
    """Return the terminal that wrote the last entry of the log; empty when there is no entry and nothing to assign."""
    # Searched as text, because a revision imports nothing of the program, whose later changes would change it. The
    # terminal comes last in an entry's bytes: the detail before it may have a part with the same name.
    body = op.get_bind().scalar(sa.text("SELECT body FROM log_entry ORDER BY seq DESC LIMIT 1"))
    return "" if body is None else bytes(body).decode("ascii").rpartition('"terminal":"')[2].partition('"')[0]


def _assign_shipments(terminal: str) -> None:
    op.add_column("shipment", sa.Column("terminal", sa.String(), nullable=False, server_default=terminal))
    if op.get_bind().dialect.name != "sqlite":
        # SQLite cannot drop a default and keeps it. No new row takes it: the program always names the terminal.
        op.alter_column("shipment", "terminal", server_default=None)


def _create_arrivals(terminal: str) -> None:
    # The primary key changes, which SQLite cannot do to an existing table: the rows move to a new one.
    op.drop_index("arrival_position", "arrival")
    op.drop_index("ix_arrival_acknowledged_at", "arrival")
    _set_aside("arrival")
    op.create_table(
        "arrival",
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("about", sa.String()),
        sa.PrimaryKeyConstraint("terminal", "uid"),
    )
    columns = "uid, peer, position, purpose, digest, envelope, received_at, acknowledged_at"
    _hand_over("arrival", columns, terminal)
    op.create_index("arrival_position", "arrival", ["terminal", "peer", "position"])
    op.create_index("arrival_uid", "arrival", ["uid"])
    op.create_index("ix_arrival_about", "arrival", ["about"])
    op.create_index("ix_arrival_acknowledged_at", "arrival", ["acknowledged_at"])


def _create_cursors(terminal: str) -> None:
    _set_aside("cursor")
    op.create_table(
        "cursor",
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("terminal", "peer"),
    )
    _hand_over("cursor", "peer, position", terminal)


def _set_aside(table: str) -> None:
    op.rename_table(table, f"{table}_before")
    if op.get_bind().dialect.name != "sqlite":
        # PostgreSQL names a key's index after the table. The new table needs that name for its own key.
        op.execute(f"ALTER INDEX {table}_pkey RENAME TO {table}_before_pkey")


def _hand_over(table: str, columns: str, terminal: str) -> None:
    statement = f'INSERT INTO "{table}" (terminal, {columns}) SELECT :terminal, {columns} FROM {table}_before'  # noqa: S608  # All names in it are written in this file.
    # The names of columns cannot be parameters, but the name of the terminal is one.
    op.get_bind().execute(sa.text(statement), {"terminal": terminal})
    op.drop_table(f"{table}_before")
