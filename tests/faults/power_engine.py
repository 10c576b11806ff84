"""The store's own code on another SQLite, whose files pass through a layer of ours.

The SQLite of Python's sqlite3 takes no such layer from Python, so the store is given `apsw` in its place, with a SQLite
of its own (a newer one), behind as much of Python's database interface as SQLAlchemy's dialect asks for. Everything
above stays the store's: its pragmas, transactions, lock and errors.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, Final
from unittest import mock

import apsw
import sqlalchemy

Rows = list[tuple[Any, ...]]
Ran = Callable[[], object]
_ERRORS: Final[dict[int, type[sqlite3.Error]]] = {
    apsw.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
    apsw.SQLITE_CORRUPT: sqlite3.DatabaseError,
    apsw.SQLITE_NOTADB: sqlite3.DatabaseError,
}
_CHANGES: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@contextmanager
def store_on(layer: str, kept: Callable[[], object]) -> Iterator[None]:
    """Let the store open its databases through the `apsw` layer of that name; `kept` is called after each commit."""
    module = _interface(partial(Connection, layer, kept))
    engine = partial(sqlalchemy.create_engine, module=module)
    with mock.patch("store.engines.sqlite.create_engine", engine):
        yield


def _interface(connect: Callable[..., "Connection"]) -> ModuleType:
    """Return what SQLAlchemy takes for the module `sqlite3`."""
    module = ModuleType("apsw_as_sqlite3")
    module.__dict__.update({name: getattr(sqlite3, name) for name in dir(sqlite3) if not name.startswith("_")})
    module.__dict__["connect"] = connect
    return module


class Connection:
    """A connection that begins and ends transactions only when it is told to."""

    isolation_level = None

    def __init__(self, layer: str, kept: Callable[[], object], file: str, **_settings: Any) -> None:
        with _errors_translated():
            self._inner = apsw.Connection(file, vfs=layer)
        self._kept = kept

    def cursor(self) -> "Cursor":
        return Cursor(self._inner)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "Cursor":
        return self.cursor().execute(statement, values)

    def commit(self) -> None:
        if self._inner.in_transaction:
            self.execute("COMMIT")
            self._kept()

    def rollback(self) -> None:
        if self._inner.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        with _errors_translated():
            self._inner.close()

    def create_function(self, name: str, count: int, function: Callable[..., Any], **how: Any) -> None:
        self._inner.create_scalar_function(name, function, count, **how)


class Cursor:
    """A cursor that has all its rows as soon as the statement was run."""

    arraysize = 1

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "Cursor":
        return self._run(statement, lambda cursor: cursor.execute(statement, tuple(values)))

    def executemany(self, statement: str, values: Sequence[Sequence[Any]]) -> "Cursor":
        return self._run(statement, lambda cursor: cursor.executemany(statement, [tuple(value) for value in values]))

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> Rows:
        return [row for row, _ in zip(self._rows, range(size), strict=False)]

    def fetchall(self) -> Rows:
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows

    def close(self) -> None:
        self._rows = iter(())

    def _run(self, statement: str, run: Callable[[apsw.Cursor], object]) -> "Cursor":
        cursor = self._inner.cursor()
        # Once a statement has ended without rows its columns can no longer be asked for.
        cursor.exec_trace = self._describe
        before = self._inner.total_changes()
        with _errors_translated():
            run(cursor)
            self._rows = iter(cursor.fetchall())
        self.lastrowid = self._inner.last_insert_rowid()
        changes = statement.lstrip().upper().startswith(_CHANGES)
        self.rowcount = self._inner.total_changes() - before if changes else -1
        return self

    def _describe(self, cursor: apsw.Cursor, _statement: str, _values: object) -> bool:
        columns = cursor.get_description()
        self.description = tuple((name, None, None, None, None, None, None) for name, _ in columns) or None
        return True


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        code = getattr(error, "extendedresult", apsw.SQLITE_ERROR)
        answer = _ERRORS.get(code & 0xFF, sqlite3.OperationalError)(str(error))
        answer.sqlite_errorcode = code
        raise answer from error
