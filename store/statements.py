"""Statements that run often, or for many rows, with less between them and the engine's driver than SQLAlchemy's layer.

For a statement that is always the same text with the same columns, what that layer does around it takes two to four
times what the driver and the engine need, and building the parameters of every row anew costs more than SQLite needs to
write them. What goes wrong is raised as SQLAlchemy would raise it, so that the border of the database names it like
everything else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sqlalchemy import Connection, Dialect, Insert, LargeBinary, Table, Update, insert
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine.default import DefaultDialect

Row = Sequence[Any]
_Process = Callable[[Any], Any]


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


class _Compiled(NamedTuple):
    """A statement for one engine: where in a row each parameter stands, and what turns its value into the engine's."""

    sql: str
    order: tuple[int, ...]
    processes: tuple[tuple[int, _Process], ...]


class Bulk:
    """One statement and the `names` of its parameters, in the order in which each row gives their values."""

    def __init__(self, statement: Insert | Update, names: Sequence[str]) -> None:
        self._statement = statement
        self._names: Final = tuple(names)
        self._compiled: Final[dict[str, _Compiled]] = {}

    @classmethod
    def insert(cls, into: Table, names: Sequence[str]) -> "Bulk":
        """Return what inserts rows of the columns `names`."""
        return cls(insert(into), names)

    def run(self, tx: Connection, rows: Iterable[Row]) -> int:
        """Run the statement for each row; return how many rows it wrote in all. Raises sqlalchemy's IntegrityError."""
        compiled = self._compiled.get(tx.dialect.name) or self._compile(tx.dialect)
        as_given = compiled.order == tuple(range(len(compiled.order)))
        values = []
        for row in rows:
            ordered = list(row) if as_given else [row[place] for place in compiled.order]
            for place, process in compiled.processes:
                ordered[place] = process(ordered[place])
            values.append(tuple(ordered))
        return run(tx, compiled.sql, values)

    def _compile(self, engines: Dialect) -> _Compiled:
        # Rows are given by place; a dialect that would name each parameter can count them as well.
        dialect = engines if engines.positional else cast("type[DefaultDialect]", type(engines))(paramstyle="format")
        statement = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        placed = statement.positiontup
        assert placed is not None
        processes = []
        for place, name in enumerate(placed):
            kind = statement.binds[name].type
            process = kind.dialect_impl(dialect).bind_processor(dialect)
            # Bytes are what every driver takes for bytes; wrapping each value would change nothing.
            if process is not None and not isinstance(kind, LargeBinary):
                processes.append((place, process))
        order = tuple(self._names.index(name) for name in placed)
        compiled = self._compiled[engines.name] = _Compiled(str(statement), order, tuple(processes))
        return compiled
