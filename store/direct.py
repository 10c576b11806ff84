"""Statements that every act waits for, handed to the engine's driver without SQLAlchemy's layer between.

For a statement that is always the same text with the same columns, what that layer does around it takes two to four
times what the driver and the engine need. What goes wrong is raised as SQLAlchemy would raise it, so that the border
of the database names it like everything else.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

Row = Sequence[Any]


def first_row(connection: Connection, statement: str) -> Row | None:
    """Return the first row of a statement in the engine's own SQL; None when there is none. Raises DBAPIError."""
    with _cursor(connection, statement) as cursor:
        cursor.execute(statement)
        row: Row | None = cursor.fetchone()
    return row


def run(tx: Connection, statement: str, rows: Sequence[Row]) -> int:
    """Run a statement of the engine's own SQL for each row of values; return how many rows it wrote in all.

    Raises DBAPIError, as IntegrityError where a rule of the tables refuses a row.
    """
    with _cursor(tx, statement) as cursor:
        if len(rows) == 1:
            cursor.execute(statement, rows[0])
        elif rows:
            cursor.executemany(statement, rows)
        else:
            return 0
        return cursor.rowcount


@contextmanager
def _cursor(connection: Connection, statement: str) -> Iterator[DBAPICursor]:
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with closing(connection.connection.cursor()) as cursor:
            yield cursor
    except errors as error:
        # Without the values: they are personal data, sealed or not.
        raise DBAPIError.instance(
            statement, None, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from error
