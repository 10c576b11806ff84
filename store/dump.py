"""All rows of the store as lines of JSON: what a backup holds and restores.

The lines are the same on every engine. Each is an array: [name, columns] begins a table, and ["", values] is a row of
it. Bytes are base64, moments whole microseconds, days ISO 8601.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Table, select
from sqlalchemy.types import Date

from store import clock
from store.errors import DumpUnreadable
from store.packing import PackedBytes
from store.schema import UtcMoment
from store.statements import BulkStatement
from store.tables import TABLES

# Rows held in memory at a time, so that a backup of any size is written and restored in little memory.
_AT_ONCE: Final = 1000


def lines(reading: Connection) -> Iterator[bytes]:
    """Yield the lines of all tables as the snapshot `reading` sees them."""
    for table in TABLES:
        yield _line([table.name, [column.name for column in table.c]])
        # The order by key makes two dumps of the same rows equal, whatever the engine has moved in its files.
        ordered = select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_ONCE)
        with reading.execute(ordered) as rows:
            yield from (_line(["", list(row)]) for row in rows)


def load(tx: Connection, dumped: Iterable[bytes]) -> None:
    """Insert the rows that `lines` yielded into empty tables. Raises DumpUnreadable."""
    known = {table.name: table for table in TABLES}
    statement: BulkStatement | None = None
    readers: list[Callable[[Any], Any]] = []
    rows: list[list[Any]] = []
    for line in dumped:
        name, values = _parts(line)
        if name:
            _flush(tx, statement, rows)
            table = known.get(name)
            # The names come from a file and become part of a statement: only those of our own tables pass.
            if table is None or not set(values) <= set(table.c.keys()):
                raise DumpUnreadable
            statement, readers = BulkStatement.insert(table, values), _readers(table, values)
            continue
        rows.append([None if value is None else convert(value) for convert, value in zip(readers, values, strict=True)])
        if len(rows) == _AT_ONCE:
            _flush(tx, statement, rows)
    _flush(tx, statement, rows)


def _line(parts: list[Any]) -> bytes:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=_plain).encode("utf-8") + b"\n"


def _parts(line: bytes) -> tuple[str, list[Any]]:
    try:
        name, values = json.loads(line)
    # A line made to harm can be nested so deep that the parser gives up with RecursionError.
    except (ValueError, TypeError, RecursionError):
        raise DumpUnreadable from None
    return str(name), list(values)


def _plain(value: object) -> object:
    match value:
        case bytes():
            return b64encode(value).decode("ascii")
        case datetime():
            return clock.to_microseconds(value)
        case date():
            return value.isoformat()
        case _:
            raise TypeError


def _readers(table: Table, names: Iterable[str]) -> list[Callable[[Any], Any]]:
    return [_reader(table.c[name].type) for name in names]


def _reader(kind: object) -> Callable[[Any], Any]:
    match kind:
        # A packed value is dumped unpacked, and packed again when it is loaded.
        case LargeBinary() | PackedBytes():
            return b64decode
        case UtcMoment():
            return clock.from_microseconds
        case Date():
            return date.fromisoformat
        # Numbers, texts and truth values are the same in JSON and in the tables.
        case _:
            return lambda value: value


def _flush(tx: Connection, statement: BulkStatement | None, rows: list[list[Any]]) -> None:
    if rows:
        if statement is None:
            # A row came before any table was named.
            raise DumpUnreadable
        statement.run(tx, rows)
        rows.clear()
