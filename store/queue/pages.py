"""Reading the queue: single rows, pages along a key, snapshots of numbers, and counts."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from store.errors import MessageMissing
from store.message.states import SETTLED, UNSENT, Direction, OutState, State, state_of
from store.queue.state_counts import counts
from store.queue.tables import COLUMNS, MESSAGES, MessageRow, message_row, select_messages

# Values in one statement. SQLite takes 32,766 parameters by default, PostgreSQL 65,535.
_AT_ONCE: Final = 5000
_OPEN_NAMES: Final = sorted(state.value for state in set(OutState) - SETTLED)
# References that begin with a text are a range of the index, up to that text followed by the last code point. LIKE
# would need escapes and walks the index only under some collations.
_LAST_CHARACTER: Final = "\U0010ffff"


_Value = TypeVar("_Value")


class Order(StrEnum):
    """Which message comes first, by the time it happened."""

    OLDEST = "oldest"
    NEWEST = "newest"


class PageKey(NamedTuple):
    """Where a page ended. The next page begins right after it.

    `reference` takes the place of `effective_at` in a filter by reference, whose pages are in the order of references.
    """

    effective_at: datetime
    id: int
    reference: str = ""

    @classmethod
    def of(cls, row: MessageRow) -> "PageKey":
        """Return the key of the page that ended with `row`."""
        return cls(row.effective_at, row.id, row.reference)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which messages to read. A part that is left out lets all messages through.

    `reference` is the beginning of a reference. With it, messages come in the order of their references; without it, in
    the order of time; an empty one lets every reference through, in that order. `overdue_before`: only messages that
    still wait here although they happened before that moment; `since`: only what happened at that moment or later.
    `being_undone`: only messages whose cancellation or replacement the peer has not accepted yet. `warned`: only those
    with warnings that nobody has confirmed. `author`: only what that person entered.
    """

    direction: Direction = Direction.OUT
    states: frozenset[State] = frozenset()
    kind: str | None = None
    reference: str | None = None
    overdue_before: datetime | None = None
    since: datetime | None = None
    being_undone: bool = False
    warned: bool = False
    author: str | None = None


def page(
    reading: Connection, chosen: QueueFilter, order: Order = Order.OLDEST, *, after: PageKey | None = None, limit: int
) -> list[MessageRow]:
    """Return at most `limit` messages that come after the key `after` (None: from the beginning)."""
    # Pages follow a key and never an OFFSET, which reads all rows before it: 35 ms at a million, against 0.09 ms.
    few = _few(reading, chosen)
    if few is not None:
        return rows_of(reading, _in_order(few, chosen, order, after)[:limit])
    by_key, walks = _by_key(chosen, order), conditions(chosen)
    parts = COLUMNS if len(walks) == 1 else (_key_of(chosen), MESSAGES.c.id)
    merged: list[Row[Any]] = []
    # Each state is one walk along its index, and the walks are merged here. With several states in one statement the
    # engine would sort. Only the keys are merged, which the index holds, because most of the rows are then dropped.
    for condition in walks:
        statement = select(*parts).where(condition)
        if after is not None:
            statement = statement.where(_after(chosen, after, order))
        merged += reading.execute(statement.order_by(*by_key).limit(limit))
    if len(walks) == 1:
        return [message_row(row) for row in merged]
    merged.sort(key=lambda row: place_of(row, chosen), reverse=order is Order.NEWEST)
    return rows_of(reading, [row.id for row in merged[:limit]])


def place_of(row: MessageRow | Row[Any], chosen: QueueFilter) -> tuple[Any, int]:
    """Return the key by which rows of this filter are ordered."""
    return (row.effective_at if chosen.reference is None else row.reference), row.id


def ids(reading: Connection, chosen: QueueFilter, order: Order = Order.OLDEST) -> "array[int]":
    """Return the numbers of all chosen messages in order, 8 bytes each.

    A list on the screen reads its rows by such a snapshot, so that no row moves under the cursor.
    """
    return ids_of_all(reading, [chosen], order)


def ids_of_all(reading: Connection, filters: Sequence[QueueFilter], order: Order = Order.OLDEST) -> "array[int]":
    """Return the numbers of all messages that one of the filters lets through, in the order that the filters share."""
    any_of = or_(*(condition for chosen in filters for condition in conditions(chosen)))
    statement = select(MESSAGES.c.id).where(any_of).order_by(*_by_key(filters[0], order))
    with reading.execute(statement) as result:
        # The driver's own rows: SQLAlchemy's row for each of a million takes longer than finding them.
        return array("q", chain.from_iterable(result.cursor.fetchall()))


def numbers_with_reference(reading: Connection, part: str) -> list[int]:
    """Return the numbers of all messages with `part` in their reference, in capitals or not.

    It walks through all references, for a part of one stands in no order.
    """
    # Lower case on both sides: one engine's LIKE knows capitals and the other's does not.
    reference = func.lower(MESSAGES.c.reference)
    return list(reading.scalars(select(MESSAGES.c.id).where(reference.contains(part.lower(), autoescape=True))))


def rows_by_uid(conn: Connection, uids: Iterable[str]) -> dict[str, MessageRow]:
    """Return the rows of the messages with these ids, by id; ids of nothing here are left out."""
    statements = (select_messages().where(MESSAGES.c.uid.in_(some)) for some in in_batches(uids))
    found = (message_row(row) for statement in statements for row in conn.execute(statement))
    return {row.uid: row for row in found}


def rows_of(conn: Connection, numbers: Iterable[int]) -> list[MessageRow]:
    """Return the rows with these numbers, in the order given; numbers that do not exist are left out."""
    wanted = list(numbers)
    rows = {row.id: row for some in in_batches(wanted) for row in _some_rows(conn, some)}
    return [rows[number] for number in wanted if number in rows]


_VERSIONS: Final = select(MESSAGES.c.id, MESSAGES.c.version).where(
    MESSAGES.c.id.in_(bindparam("numbers", expanding=True))
)


def versions_of(conn: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return the versions of the messages with these numbers; numbers that do not exist are left out."""
    return {
        number: version
        for some in in_batches(numbers)
        for number, version in conn.execute(_VERSIONS, {"numbers": some})
    }


def get(conn: Connection, number: int) -> MessageRow:
    """Return the row of a message. Raises MessageMissing."""
    return _single(conn, MESSAGES.c.id == number)


def get_by_uid(conn: Connection, uid: str) -> MessageRow:
    """Return the row of the message with that id on the wire. Raises MessageMissing."""
    return _single(conn, MESSAGES.c.uid == uid)


def pointing_at(reading: Connection, message: MessageRow) -> list[MessageRow]:
    """Return the messages that cancel or replace `message`, oldest first."""
    pointing = select_messages().where(
        MESSAGES.c.target == message.reference,
        MESSAGES.c.kind == message.kind,
        MESSAGES.c.direction == Direction.OUT.value,
    )
    return [message_row(row) for row in reading.execute(pointing.order_by(MESSAGES.c.id))]


def count(reading: Connection, chosen: QueueFilter) -> int:
    """Return how many messages the filter lets through."""
    if chosen == QueueFilter(chosen.direction, chosen.states):
        # Direction and states are counted as messages move, so the commonest question reads a few rows.
        numbers = counts(reading)
        wanted = (key for key in numbers if key[0] is chosen.direction)
        return sum(numbers[key] for key in wanted if not chosen.states or key[1] in chosen.states)
    few = _few(reading, chosen)
    if few is not None:
        return len(few)
    # Each state is counted along its own index. One statement for all states would read every message.
    statements = (select(func.count()).select_from(MESSAGES).where(condition) for condition in conditions(chosen))
    return sum(reading.scalar(statement) or 0 for statement in statements)


def in_batches(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """Cut many values into lists that one statement can ask for."""
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


# ── Messages that are being undone ────────────────────────────────────────────────────────────────
# There are few at any time. They are found through the messages that point at them and put in order here. A walk along
# the time until a page of them was met would read the whole queue.

# With more than this, for example after a bulk correction, the general query takes over.
_FEW: Final = 1000
_POINTING: Final = (
    select(MESSAGES.c.kind, MESSAGES.c.target)
    .where(MESSAGES.c.target.is_not(None), MESSAGES.c.state.in_(_OPEN_NAMES))
    .limit(_FEW + 1)
)
_CANDIDATES: Final[Select[Any]] = select(
    MESSAGES.c.id,
    MESSAGES.c.effective_at,
    MESSAGES.c.direction,
    MESSAGES.c.state,
    MESSAGES.c.kind,
    MESSAGES.c.reference,
    MESSAGES.c.warnings,
    MESSAGES.c.author,
).where(MESSAGES.c.direction == Direction.OUT.value, MESSAGES.c.reference.in_(bindparam("references", expanding=True)))


def _few(reading: Connection, chosen: QueueFilter) -> list[Row[Any]] | None:
    """Return the chosen messages that are being undone, if the filter asks for them and they are few; else None."""
    if not chosen.being_undone:
        return None
    pointed_at = {(kind, target) for kind, target in reading.execute(_POINTING)}
    if len(pointed_at) > _FEW:
        return None
    # A reference is unique only together with its kind, so the rows are filtered by both.
    rows = reading.execute(_CANDIDATES, {"references": [target for _, target in pointed_at]})
    return [row for row in rows if (row.kind, row.reference) in pointed_at and _is_chosen(row, chosen)]


def _is_chosen(row: Row[Any], chosen: QueueFilter) -> bool:
    """Tell what `conditions` asks of the engine, for rows that are here already."""
    state = state_of(Direction(row.direction), row.state)
    return (
        row.direction == chosen.direction.value
        and (not chosen.states or state in chosen.states)
        and chosen.kind in {None, row.kind}
        and (chosen.reference is None or row.reference.startswith(chosen.reference))
        and (chosen.overdue_before is None or (state in UNSENT and row.effective_at < chosen.overdue_before))
        and (chosen.since is None or row.effective_at >= chosen.since)
        and (not chosen.warned or row.warnings > 0)
        and chosen.author in {None, row.author}
    )


def _in_order(rows: list[Row[Any]], chosen: QueueFilter, order: Order, after: PageKey | None) -> list[int]:
    places = sorted((place_of(row, chosen) for row in rows), reverse=order is Order.NEWEST)
    if after is not None:
        last = (after.effective_at if chosen.reference is None else after.reference), after.id
        places = [place for place in places if (place < last if order is Order.NEWEST else place > last)]
    return [number for _, number in places]


# ── Conditions ────────────────────────────────────────────────────────────────────────────────────


def _single(conn: Connection, condition: ColumnElement[bool]) -> MessageRow:
    row = conn.execute(select_messages().where(condition)).one_or_none()
    if row is None:
        raise MessageMissing
    return message_row(row)


def _some_rows(conn: Connection, numbers: list[int]) -> Iterator[MessageRow]:
    return map(message_row, conn.execute(select_messages().where(MESSAGES.c.id.in_(numbers))))


def conditions(chosen: QueueFilter) -> list[ColumnElement[bool]]:
    """Return a condition for each state; every chosen message meets exactly one of them."""
    shared: list[ColumnElement[bool]] = [MESSAGES.c.direction == chosen.direction.value]
    if chosen.kind is not None:
        shared.append(MESSAGES.c.kind == chosen.kind)
    if chosen.reference is not None:
        beginning = chosen.reference
        shared += [MESSAGES.c.reference >= beginning, MESSAGES.c.reference < beginning + _LAST_CHARACTER]
    if chosen.since is not None:
        shared.append(MESSAGES.c.effective_at >= chosen.since)
    if chosen.being_undone:
        shared.append(_is_being_undone())
    if chosen.warned:
        shared.append(MESSAGES.c.warnings > 0)
    if chosen.author is not None:
        shared.append(MESSAGES.c.author == chosen.author)
    states: frozenset[State] = chosen.states
    if chosen.overdue_before is not None:
        shared.append(MESSAGES.c.effective_at < chosen.overdue_before)
        states = states & UNSENT if states else frozenset(UNSENT)
        if not states:
            # None of the states asked for can be overdue: a condition that no row meets.
            return [MESSAGES.c.id.is_(None)]
    if not states:
        return [and_(*shared)]
    return [and_(*shared, MESSAGES.c.state == state.value) for state in sorted(states)]


def _is_being_undone() -> ColumnElement[bool]:
    # From the few messages that point at another to those that they point at. In the other direction, the engine would
    # ask every message.
    later, undone = MESSAGES.alias("later"), MESSAGES.alias("undone")
    pointed_at = and_(
        undone.c.direction == Direction.OUT.value,
        undone.c.kind == later.c.kind,
        undone.c.reference == later.c.target,
    )
    chosen = select(undone.c.id).join_from(later, undone, pointed_at)
    return MESSAGES.c.id.in_(
        chosen.where(
            later.c.target.is_not(None),
            later.c.direction == Direction.OUT.value,
            later.c.state.in_(_OPEN_NAMES),
        )
    )


def _key_of(chosen: QueueFilter) -> ColumnElement[Any]:
    return MESSAGES.c.effective_at if chosen.reference is None else MESSAGES.c.reference


def _by_key(chosen: QueueFilter, order: Order) -> tuple[ColumnElement[Any], ...]:
    first = _key_of(chosen)
    return (first.desc(), MESSAGES.c.id.desc()) if order is Order.NEWEST else (first, MESSAGES.c.id)


def _after(chosen: QueueFilter, after: PageKey, order: Order) -> ColumnElement[bool]:
    if chosen.reference is None:
        return beyond(after.effective_at, after.id, order)
    return _beyond(MESSAGES.c.reference, after.reference, after.id, order)


def beyond(
    key_at: datetime | BindParameter[Any], key_id: int | BindParameter[Any], order: Order = Order.OLDEST
) -> ColumnElement[bool]:
    """Return the condition that a message comes after the key with these parts, in the order of time."""
    return _beyond(MESSAGES.c.effective_at, key_at, key_id, order)


def _beyond(first: ColumnElement[Any], key: Any, key_id: int | BindParameter[Any], order: Order) -> ColumnElement[bool]:
    # The first comparison, redundant by itself, is what lets the engine begin inside the index; the second only
    # filters.
    number = MESSAGES.c.id
    if order is Order.NEWEST:
        return and_(first <= key, or_(first < key, number < key_id))
    return and_(first >= key, or_(first > key, number > key_id))
