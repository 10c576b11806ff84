"""Rewrapping: after a change of the terminal's key, the new key wraps the row keys. Contents are not even read.

Every table with sealed values is walked in portions, each in its own writing block, so that other work goes on in
between. The tag of a wrapped key tells which key wraps it. No other record is needed of how far the change has come,
and a change that was interrupted simply begins again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Row, Select, Table, and_, bindparam, func, select, tuple_, update

from store.handins.outcomes import FILE_REPORTS, report_place
from store.people.details import DETAILS, details_place
from store.people.drafts import DRAFTS, draft_place
from store.queue.contents import content_place, note_place
from store.queue.name_blocks import block_place
from store.queue.shipping import result_place
from store.queue.tables import ALL_MESSAGES, CONTENTS, ERASED, NAME_BLOCKS, NOTES, RESULTS
from store.sealing.vault import Place, Vault
from store.statements import BulkStatement


class Rewrapped(NamedTuple):
    """How many rows a portion had, and how many of them were rewrapped."""

    rows: int
    changed: int


@dataclass(frozen=True)
class _SealedTable:
    """A table with sealed values: its primary key, the query for its rows, and the place of a row of that query."""

    table: Table
    key: tuple[Column[Any], ...]
    query: Select[Any]
    place: Callable[[Row[Any]], Place]


def _of_message(table: Table, version: Column[Any], place: Callable[[str, int], Place]) -> _SealedTable:
    key = (table.c.message_id, version)
    # The place of a sealed value names the message by its uid, which only the row of the message has.
    query = select(*key, table.c.wrapped_key, ALL_MESSAGES.c.uid).join_from(
        table, ALL_MESSAGES, and_(ALL_MESSAGES.c.id == table.c.message_id)
    )
    return _SealedTable(table, key, query, lambda row: place(row.uid, getattr(row, version.name)))


_SEALED_TABLES: Final = (
    _of_message(CONTENTS, CONTENTS.c.revision, content_place),
    _of_message(NOTES, NOTES.c.seq, note_place),
    _SealedTable(
        NAME_BLOCKS,
        (NAME_BLOCKS.c.number,),
        select(NAME_BLOCKS.c.number, NAME_BLOCKS.c.wrapped_key),
        lambda row: block_place(row.number),
    ),
    _SealedTable(
        FILE_REPORTS,
        (FILE_REPORTS.c.file,),
        select(FILE_REPORTS.c.file, FILE_REPORTS.c.wrapped_key),
        lambda row: report_place(row.file),
    ),
    _SealedTable(
        RESULTS, (RESULTS.c.uid,), select(RESULTS.c.uid, RESULTS.c.wrapped_key), lambda row: result_place(row.uid)
    ),
    _SealedTable(
        DETAILS,
        (DETAILS.c.person,),
        select(DETAILS.c.person, DETAILS.c.wrapped_key, DETAILS.c.version),
        details_place,
    ),
    _SealedTable(DRAFTS, (DRAFTS.c.uid,), select(DRAFTS.c.uid, DRAFTS.c.wrapped_key, DRAFTS.c.person), draft_place),
)


def count_sealed(reading: Connection) -> int:
    """Return how many sealed values there are."""
    return sum(reading.scalar(select(func.count()).select_from(sealed.table)) or 0 for sealed in _SEALED_TABLES)


def portions(size: int) -> Iterator[Callable[[Connection, Vault], Rewrapped]]:
    """Yield steps that each rewrap at most `size` rows, to be run in a writing block each; end after the last row."""
    for sealed in _SEALED_TABLES:
        walk = _RowWalk(sealed, size)
        while not walk.over:
            yield walk.step


def count_left(conn: Connection, vault: Vault) -> int:
    """Return how many row keys are not wrapped by the present key; reads every row."""
    # Asked before the former key is destroyed. A program that still works with the former key may have added rows
    # behind the walk, so that only a look at every row proves that none is left.
    left = 0
    for sealed in _SEALED_TABLES:
        with conn.execute(sealed.query.execution_options(yield_per=1000)) as rows:
            left += sum(not _is_done(vault, row, sealed) for row in rows)
    return left


class _RowWalk:
    """The walk through a table along its primary key."""

    def __init__(self, sealed: _SealedTable, size: int) -> None:
        self._sealed, self._size = sealed, size
        self._after: Sequence[Any] | None = None
        self.over = False

    def step(self, tx: Connection, vault: Vault) -> Rewrapped:
        """Rewrap the next rows."""
        sealed, width = self._sealed, len(self._sealed.key)
        query = sealed.query.order_by(*sealed.key).limit(self._size)
        if self._after is not None:
            query = query.where(tuple_(*sealed.key) > tuple_(*self._after))
        rows = tx.execute(query).all()
        self.over = len(rows) < self._size
        if rows:
            self._after = rows[-1][:width]
        changed = [row for row in rows if not _is_done(vault, row, sealed)]
        values = ((*row[:width], vault.rewrap(row.wrapped_key, place=sealed.place(row))) for row in changed)
        _UPDATES[sealed.table.name].run(tx, values)
        return Rewrapped(len(rows), len(changed))


def _is_done(vault: Vault, row: Row[Any], sealed: _SealedTable) -> bool:
    # An erased value has no key that could be wrapped, and must not get one.
    return row.wrapped_key == ERASED or vault.is_current(row.wrapped_key, place=sealed.place(row))


def _update(sealed: _SealedTable) -> BulkStatement:
    names = [f"the_{column.name}" for column in sealed.key]
    row = (column == bindparam(name) for column, name in zip(sealed.key, names, strict=True))
    return BulkStatement(update(sealed.table).where(*row).values(wrapped_key=bindparam("new")), [*names, "new"])


_UPDATES: Final = {sealed.table.name: _update(sealed) for sealed in _SEALED_TABLES}
