"""Wrapping the row keys anew after a change of the terminal's key: contents are not touched, nor even read.

Every table with sealed values is walked in portions, each in a turn of its own, so that other work goes on in between.
What a row is wrapped by, its tag tells: nothing else has to be kept about how far the change has come.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Row, Select, Table, and_, bindparam, func, select, tuple_, update

from store.queue.contents import content_place, note_place
from store.queue.shipping import result_place
from store.queue.tables import CONTENTS, ERASED, MESSAGES, NOTES, RESULTS
from store.sealing.vault import Place, Vault
from store.statements import BulkStatement


class Rewrapped(NamedTuple):
    """How many rows one portion had, and how many of them are wrapped anew now."""

    rows: int
    changed: int


@dataclass(frozen=True)
class _Kind:
    """A table with sealed values: its key, and the place of a row that `chosen` gave."""

    table: Table
    key: tuple[Column[Any], ...]
    chosen: Select[Any]
    place: Callable[[Row[Any]], Place]


def _of_message(table: Table, version: Column[Any], place: Callable[[str, int], Place]) -> _Kind:
    key = (table.c.message_id, version)
    chosen = select(*key, table.c.wrapped_key, MESSAGES.c.uid).join_from(
        table, MESSAGES, and_(MESSAGES.c.id == table.c.message_id)
    )
    return _Kind(table, key, chosen, lambda row: place(row.uid, getattr(row, version.name)))


_KINDS: Final = (
    _of_message(CONTENTS, CONTENTS.c.revision, content_place),
    _of_message(NOTES, NOTES.c.seq, note_place),
    _Kind(RESULTS, (RESULTS.c.uid,), select(RESULTS.c.uid, RESULTS.c.wrapped_key), lambda row: result_place(row.uid)),
)


def count_sealed(reading: Connection) -> int:
    """Return how many sealed values there are."""
    return sum(reading.scalar(select(func.count()).select_from(kind.table)) or 0 for kind in _KINDS)


def portions(size: int) -> Iterator[Callable[[Connection, Vault], Rewrapped]]:
    """Yield steps, each of which wraps at most `size` rows anew in a writing block of its own; end after the last."""
    for kind in _KINDS:
        walk = _RowWalk(kind, size)
        while not walk.over:
            yield walk.step


def count_left(conn: Connection, vault: Vault) -> int:
    """Return how many row keys are not wrapped by the present key: a full look at every row."""
    left = 0
    for kind in _KINDS:
        with conn.execute(kind.chosen.execution_options(yield_per=1000)) as rows:
            left += sum(not _is_done(vault, row, kind) for row in rows)
    return left


class _RowWalk:
    """The way through one table along its key."""

    def __init__(self, kind: _Kind, size: int) -> None:
        self._kind, self._size = kind, size
        self._after: Sequence[Any] | None = None
        self.over = False

    def step(self, tx: Connection, vault: Vault) -> Rewrapped:
        kind = self._kind
        chosen = kind.chosen.order_by(*kind.key).limit(self._size)
        if self._after is not None:
            chosen = chosen.where(tuple_(*kind.key) > tuple_(*self._after))
        rows = tx.execute(chosen).all()
        self.over = len(rows) < self._size
        if rows:
            self._after = rows[-1][: len(kind.key)]
        changed = [row for row in rows if not _is_done(vault, row, kind)]
        width = len(kind.key)
        values = ((*row[:width], vault.rewrap(row.wrapped_key, place=kind.place(row))) for row in changed)
        _UPDATES[kind.table.name].run(tx, values)
        return Rewrapped(len(rows), len(changed))


def _is_done(vault: Vault, row: Row[Any], kind: _Kind) -> bool:
    return row.wrapped_key == ERASED or vault.is_current(row.wrapped_key, place=kind.place(row))


def _update(kind: _Kind) -> BulkStatement:
    names = [f"the_{column.name}" for column in kind.key]
    chosen = (column == bindparam(name) for column, name in zip(kind.key, names, strict=True))
    return BulkStatement(update(kind.table).where(*chosen).values(wrapped_key=bindparam("new")), [*names, "new"])


_UPDATES: Final = {kind.table.name: _update(kind) for kind in _KINDS}
