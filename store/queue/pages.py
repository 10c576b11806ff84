"""Looking at the queue: single rows, pages along a key, snapshots of numbers, and counts."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from store.errors import MessageMissing
from store.message.states import SETTLED, UNSENT, Direction, State, state_of
from store.queue.tables import MESSAGES, MessageRow, message_row, select_messages
from store.queue.tallies import tallied

_AT_ONCE: Final = 5000  # Numbers asked for in one statement: below the engines' limit of parameters.
_SETTLED_NAMES: Final = sorted(state.value for state in SETTLED)
_LAST_CHARACTER: Final = "\U0010ffff"


class Order(StrEnum):
    """Which message comes first, by the time it happened."""

    OLDEST = "oldest"
    NEWEST = "newest"


class Key(NamedTuple):
    """Where a page ended: the next one begins right after this."""

    occurred_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to see; everything left out lets all messages through.

    `reference` is the beginning of a reference. `overdue_before`: only messages that still wait here
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
    reading: Connection, chosen: QueueFilter, order: Order = Order.OLDEST, *, after: Key | None = None, limit: int
) -> list[MessageRow]:
    """Return at most `limit` messages that come after the key `after` (None: from the beginning)."""
    few = _few(reading, chosen)
    if few is not None:
        return rows_of(reading, _in_order(few, order, after)[:limit])
    by_key = _by_key(order)
    found: list[MessageRow] = []
    # One index walk a state, then merged: with several states in one statement the engine would sort.
    for condition in _conditions(chosen):
        statement = select_messages().where(condition)
        if after is not None:
            statement = statement.where(beyond(after.occurred_at, after.id, order))
        found += map(message_row, reading.execute(statement.order_by(*by_key).limit(limit)))
    found.sort(key=lambda row: (row.occurred_at, row.id), reverse=order is Order.NEWEST)
    return found[:limit]


def ids(reading: Connection, chosen: QueueFilter, order: Order = Order.OLDEST) -> "array[int]":
    """Return the numbers of all chosen messages in order: 8 bytes each, so that rows stay where they are."""
    statement = select(MESSAGES.c.id).where(or_(*_conditions(chosen))).order_by(*_by_key(order))
    return array("q", reading.scalars(statement))


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
    chosen_ones = select(func.count()).select_from(MESSAGES).where(or_(*_conditions(chosen)))
    return reading.scalar(chosen_ones) or 0


def in_batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Cut a long list of numbers into pieces that one statement can ask for."""
    rest = iter(numbers)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


# ── Filters that let few messages through ─────────────────────────────────────────────────────────
# Walking along the time until enough of them were met would look at the whole queue: they are found by their own index
# and put in order here. What lets many through is met soon on the walk.

_FEW: Final = 1000
_CANDIDATES: Final[Select[Any]] = select(
    MESSAGES.c.id,
    MESSAGES.c.occurred_at,
    MESSAGES.c.direction,
    MESSAGES.c.state,
    MESSAGES.c.kind,
    MESSAGES.c.reference,
).limit(_FEW + 1)


def _few(reading: Connection, chosen: QueueFilter) -> list[Row[Any]] | None:
    """Return what the filter lets through when that is not much, else None."""
    if chosen.being_undone:
        found = _undone(reading)
    elif chosen.reference is not None:
        # The direction is looked at below: named here, it would lead the engine to another index.
        found = reading.execute(_CANDIDATES.where(*_beginning(chosen.reference))).all()
    else:
        return None
    return [row for row in found if _is_chosen(row, chosen)] if len(found) <= _FEW else None


def _undone(reading: Connection) -> Sequence[Row[Any]]:
    pointing = select(MESSAGES.c.kind, MESSAGES.c.target).where(
        MESSAGES.c.target >= "", MESSAGES.c.state.not_in(_SETTLED_NAMES)
    )
    pointed_at = {(kind, target) for kind, target in reading.execute(pointing.limit(_FEW + 1))}
    found = reading.execute(_CANDIDATES.where(MESSAGES.c.reference.in_([target for _, target in pointed_at]))).all()
    return [row for row in found if (row.kind, row.reference) in pointed_at] if len(found) <= _FEW else found


def _is_chosen(row: Row[Any], chosen: QueueFilter) -> bool:
    state = state_of(Direction(row.direction), row.state)
    return (
        row.direction == chosen.direction.value
        and (not chosen.states or state in chosen.states)
        and chosen.kind in {None, row.kind}
        and (chosen.reference is None or row.reference.startswith(chosen.reference))
        and (chosen.overdue_before is None or (state in UNSENT and row.occurred_at < chosen.overdue_before))
    )


def _in_order(found: list[Row[Any]], order: Order, after: Key | None) -> list[int]:
    keys = sorted((Key(row.occurred_at, row.id) for row in found), reverse=order is Order.NEWEST)
    if after is not None:
        keys = [key for key in keys if (key < after if order is Order.NEWEST else key > after)]
    return [key.id for key in keys]


def _beginning(reference: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return MESSAGES.c.reference >= reference, MESSAGES.c.reference < reference + _LAST_CHARACTER


# ── Conditions ────────────────────────────────────────────────────────────────────────────────────


def _one(conn: Connection, condition: ColumnElement[bool]) -> MessageRow:
    row = conn.execute(select_messages().where(condition)).one_or_none()
    if row is None:
        raise MessageMissing
    return message_row(row)


def _some_rows(conn: Connection, numbers: list[int]) -> Iterator[MessageRow]:
    return map(message_row, conn.execute(select_messages().where(MESSAGES.c.id.in_(numbers))))


def _conditions(chosen: QueueFilter) -> list[ColumnElement[bool]]:
    """Return one condition a state; every chosen message meets exactly one of them."""
    shared: list[ColumnElement[bool]] = [MESSAGES.c.direction == chosen.direction.value]
    if chosen.kind is not None:
        shared.append(MESSAGES.c.kind == chosen.kind)
    if chosen.reference is not None:
        shared.extend(_beginning(chosen.reference))
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
            later.c.state.not_in(_SETTLED_NAMES),
        )
    )


def _by_key(order: Order) -> tuple[ColumnElement[Any], ...]:
    if order is Order.NEWEST:
        return MESSAGES.c.occurred_at.desc(), MESSAGES.c.id.desc()
    return MESSAGES.c.occurred_at, MESSAGES.c.id


def beyond(
    key_at: datetime | BindParameter[Any], key_id: int | BindParameter[Any], order: Order = Order.OLDEST
) -> ColumnElement[bool]:
    """Return the condition that a message comes after the key with these parts in that order."""
    at, number = MESSAGES.c.occurred_at, MESSAGES.c.id
    if order is Order.NEWEST:
        return and_(at <= key_at, or_(at < key_at, number < key_id))
    return and_(at >= key_at, or_(at > key_at, number > key_id))
