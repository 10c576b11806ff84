"""Statements for many rows: compiled once from the model, and run without anything being built a row.

Building the parameters of every row anew costs the engine's layer more than SQLite needs to write them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Insert, Table, Update, insert

Row = Sequence[Any]
_Process = Callable[[Any], Any]


class Bulk:
    """One statement and the `names` of its parameters, in the order in which each row gives their values."""

    def __init__(self, statement: Insert | Update, names: Sequence[str]) -> None:
        self._statement = statement
        self._names: Final = tuple(names)
        self._compiled: tuple[str, tuple[int, ...], tuple[tuple[int, _Process], ...]] | None = None

    @classmethod
    def insert(cls, into: Table, names: Sequence[str]) -> "Bulk":
        """Return what inserts rows of the columns `names`."""
        return cls(insert(into), names)

    def run(self, tx: Connection, rows: Iterable[Row]) -> int:
        """Run the statement for each row; return how many rows it wrote in all. Raises sqlalchemy's IntegrityError."""
        sql, order, processes = self._compiled or self._compile(tx.dialect)
        values = []
        for row in rows:
            ordered = [row[place] for place in order]
            for place, process in processes:
                ordered[place] = process(ordered[place])
            values.append(tuple(ordered))
        return tx.exec_driver_sql(sql, values).rowcount if values else 0

    def _compile(self, dialect: Dialect) -> tuple[str, tuple[int, ...], tuple[tuple[int, _Process], ...]]:
        compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        placed = compiled.positiontup
        assert placed is not None
        processes = []
        for place, name in enumerate(placed):
            process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                processes.append((place, process))
        self._compiled = str(compiled), tuple(self._names.index(name) for name in placed), tuple(processes)
        return self._compiled
