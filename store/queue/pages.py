"""Looking at the queue: single rows, pages along a key, snapshots of numbers, and counts."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from store.errors import MessageMissing
from store.message.states import SETTLED, UNSENT, Direction, OutState, State, state_of
from store.queue.state_counts import tallied
from store.queue.tables import COLUMNS, MESSAGES, MessageRow, message_row, select_messages

_AT_ONCE: Final = 5000  # Numbers asked for in one statement: below the engines' limit of parameters.
_OPEN_NAMES: Final = sorted(state.value for state in set(OutState) - SETTLED)
_LAST_CHARACTER: Final = "\U0010ffff"


class Order(StrEnum):
    """Which message comes first, by the time it happened."""

    OLDEST = "oldest"
    NEWEST = "newest"


class PageKey(NamedTuple):
    """Where a page ended: the next one begins right after this. `reference` decides where references are looked for."""

    occurred_at: datetime
    id: int
    reference: str = ""

    @classmethod
    def of(cls, row: MessageRow) -> "PageKey":
        """Return the key of a page that ended with this row."""
        return cls(row.occurred_at, row.id, row.reference)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to see; everything left out lets all messages through.

    `reference` is the beginning of a reference; what it lets through comes in the order of the references, everything
    else in that of the time. `overdue_before`: only messages that still wait here
    although they happened before that moment. `being_undone`: only messages whose cancellation or
    replacement the peer has not accepted yet (domain, section 2, rule 5).
    """

    direction: Direction = Direction.OUT
    states: frozenset[State] = frozenset()
    kind: str | None = None
    reference: str | None = None
    overdue_before: datetime | None = None
    being_undone: bool = False


def page(
    reading: Connection, chosen: QueueFilter, order: Order = Order.OLDEST, *, after: PageKey | None = None, limit: int
) -> list[MessageRow]:
    """Return at most `limit` messages that come after the key `after` (None: from the beginning)."""
    few = _few(reading, chosen)
    if few is not None:
        return rows_of(reading, _in_order(few, chosen, order, after)[:limit])
    by_key, walks = _by_key(chosen, order), conditions(chosen)
    parts = COLUMNS if len(walks) == 1 else (_key_of(chosen), MESSAGES.c.id)
    found: list[Row[Any]] = []
    # One index walk a state, then merged: with several states in one statement the engine would sort. What is merged
    # are the keys alone, which the index holds: most of the rows would be read for nothing.
    for condition in walks:
        statement = select(*parts).where(condition)
        if after is not None:
            statement = statement.where(_after(chosen, after, order))
        found += reading.execute(statement.order_by(*by_key).limit(limit))
    if len(walks) == 1:
        return [message_row(row) for row in found]
    found.sort(key=lambda row: place_of(row, chosen), reverse=order is Order.NEWEST)
    return rows_of(reading, [row.id for row in found[:limit]])


def place_of(row: MessageRow | Row[Any], chosen: QueueFilter) -> tuple[Any, int]:
    """Return what the rows that the filter lets through are ordered by."""
    return (row.occurred_at if chosen.reference is None else row.reference), row.id


def ids(reading: Connection, chosen: QueueFilter, order: Order = Order.OLDEST) -> "array[int]":
    """Return the numbers of all chosen messages in order: 8 bytes each, so that rows stay where they are."""
    statement = select(MESSAGES.c.id).where(or_(*conditions(chosen))).order_by(*_by_key(chosen, order))
    with reading.execute(statement) as found:
        # From the driver's own rows: making a row of ours for each of a million takes longer than finding them.
        return array("q", chain.from_iterable(found.cursor.fetchall()))


def rows_of(conn: Connection, numbers: Iterable[int]) -> list[MessageRow]:
    """Return the rows with these numbers, in that order; numbers that do not exist are left out."""
    wanted = list(numbers)
    found = {row.id: row for some in in_batches(wanted) for row in _some_rows(conn, some)}
    return [found[number] for number in wanted if number in found]


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
    """Return one message's row. Raises MessageMissing."""
    return _one(conn, MESSAGES.c.id == number)


def get_by_uid(conn: Connection, uid: str) -> MessageRow:
    """Return the row of the message with that id on the wire. Raises MessageMissing."""
    return _one(conn, MESSAGES.c.uid == uid)


def pointing_at(reading: Connection, message: MessageRow) -> list[MessageRow]:
    """Return the messages that cancel or replace that one, oldest first."""
    pointing = select_messages().where(
        MESSAGES.c.target == message.reference,
        MESSAGES.c.kind == message.kind,
        MESSAGES.c.direction == Direction.OUT.value,
    )
    return [message_row(row) for row in reading.execute(pointing.order_by(MESSAGES.c.id))]


def count(reading: Connection, chosen: QueueFilter) -> int:
    """Return how many messages are chosen."""
    if chosen == QueueFilter(chosen.direction, chosen.states):
        kept = tallied(reading)
        wanted = ((way, state) for way, state in kept if way is chosen.direction)
        return sum(kept[kind] for kind in wanted if not chosen.states or kind[1] in chosen.states)
    few = _few(reading, chosen)
    if few is not None:
        return len(few)
    # Each state is counted along its own index; asked for in one statement, each message would be looked at.
    counted = (select(func.count()).select_from(MESSAGES).where(one) for one in conditions(chosen))
    return sum(reading.scalar(one) or 0 for one in counted)


def in_batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Cut a long list of numbers into pieces that one statement can ask for."""
    rest = iter(numbers)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


# ── Messages that are being undone ────────────────────────────────────────────────────────────────
# Few at a time: they are found by what points at them and put in order here. Walking along the time until enough of
# them were met would look at the whole queue.

_FEW: Final = 1000
_POINTING: Final = (
    select(MESSAGES.c.kind, MESSAGES.c.target)
    .where(MESSAGES.c.target.is_not(None), MESSAGES.c.state.in_(_OPEN_NAMES))
    .limit(_FEW + 1)
)
_CANDIDATES: Final[Select[Any]] = select(
    MESSAGES.c.id,
    MESSAGES.c.occurred_at,
    MESSAGES.c.direction,
    MESSAGES.c.state,
    MESSAGES.c.kind,
    MESSAGES.c.reference,
).where(MESSAGES.c.direction == Direction.OUT.value, MESSAGES.c.reference.in_(bindparam("references", expanding=True)))


def _few(reading: Connection, chosen: QueueFilter) -> list[Row[Any]] | None:
    """Return what the filter lets through when it asks for what is being undone and that is not much, else None."""
    if not chosen.being_undone:
        return None
    pointed_at = {(kind, target) for kind, target in reading.execute(_POINTING)}
    if len(pointed_at) > _FEW:
        return None
    found = reading.execute(_CANDIDATES, {"references": [target for _, target in pointed_at]})
    return [row for row in found if (row.kind, row.reference) in pointed_at and _is_chosen(row, chosen)]


def _is_chosen(row: Row[Any], chosen: QueueFilter) -> bool:
    state = state_of(Direction(row.direction), row.state)
    return (
        row.direction == chosen.direction.value
        and (not chosen.states or state in chosen.states)
        and chosen.kind in {None, row.kind}
        and (chosen.reference is None or row.reference.startswith(chosen.reference))
        and (chosen.overdue_before is None or (state in UNSENT and row.occurred_at < chosen.overdue_before))
    )


def _in_order(found: list[Row[Any]], chosen: QueueFilter, order: Order, after: PageKey | None) -> list[int]:
    places = sorted((place_of(row, chosen) for row in found), reverse=order is Order.NEWEST)
    if after is not None:
        last = (after.occurred_at if chosen.reference is None else after.reference), after.id
        places = [place for place in places if (place < last if order is Order.NEWEST else place > last)]
    return [number for _, number in places]


# ── Conditions ────────────────────────────────────────────────────────────────────────────────────


def _one(conn: Connection, condition: ColumnElement[bool]) -> MessageRow:
    row = conn.execute(select_messages().where(condition)).one_or_none()
    if row is None:
        raise MessageMissing
    return message_row(row)


def _some_rows(conn: Connection, numbers: list[int]) -> Iterator[MessageRow]:
    return map(message_row, conn.execute(select_messages().where(MESSAGES.c.id.in_(numbers))))


def conditions(chosen: QueueFilter) -> list[ColumnElement[bool]]:
    """Return one condition a state; every chosen message meets exactly one of them."""
    shared: list[ColumnElement[bool]] = [MESSAGES.c.direction == chosen.direction.value]
    if chosen.kind is not None:
        shared.append(MESSAGES.c.kind == chosen.kind)
    if chosen.reference is not None:
        beginning = chosen.reference
        shared += [MESSAGES.c.reference >= beginning, MESSAGES.c.reference < beginning + _LAST_CHARACTER]
    if chosen.being_undone:
        shared.append(_is_being_undone())
    states: frozenset[State] = chosen.states
    if chosen.overdue_before is not None:
        shared.append(MESSAGES.c.occurred_at < chosen.overdue_before)
        states = states & UNSENT if states else frozenset(UNSENT)
        if not states:
            return [MESSAGES.c.id.is_(None)]
    if not states:
        return [and_(*shared)]
    return [and_(*shared, MESSAGES.c.state == state.value) for state in sorted(states)]


def _is_being_undone() -> ColumnElement[bool]:
    # From the few that point at another one to what they point at: the other way round each message would be asked.
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
    return MESSAGES.c.occurred_at if chosen.reference is None else MESSAGES.c.reference


def _by_key(chosen: QueueFilter, order: Order) -> tuple[ColumnElement[Any], ...]:
    first = _key_of(chosen)
    return (first.desc(), MESSAGES.c.id.desc()) if order is Order.NEWEST else (first, MESSAGES.c.id)


def _after(chosen: QueueFilter, after: PageKey, order: Order) -> ColumnElement[bool]:
    if chosen.reference is None:
        return beyond(after.occurred_at, after.id, order)
    return _beyond(MESSAGES.c.reference, after.reference, after.id, order)


def beyond(
    key_at: datetime | BindParameter[Any], key_id: int | BindParameter[Any], order: Order = Order.OLDEST
) -> ColumnElement[bool]:
    """Return the condition that a message comes after the key with these parts in the order of the time."""
    return _beyond(MESSAGES.c.occurred_at, key_at, key_id, order)


def _beyond(first: ColumnElement[Any], key: Any, key_id: int | BindParameter[Any], order: Order) -> ColumnElement[bool]:
    number = MESSAGES.c.id
    if order is Order.NEWEST:
        return and_(first <= key, or_(first < key, number < key_id))
    return and_(first >= key, or_(first > key, number > key_id))
