"""Statements for many rows: compiled once from the model, and run without anything being built a row.

Building the parameters of every row anew costs the engine's layer more than SQLite needs to write them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sqlalchemy import Connection, Dialect, Insert, LargeBinary, Table, Update, insert

from store import direct
from store.direct import Row

if TYPE_CHECKING:
    from sqlalchemy.engine.default import DefaultDialect

_Process = Callable[[Any], Any]


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
        return direct.run(tx, compiled.sql, values)

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
