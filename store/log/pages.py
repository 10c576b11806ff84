"""The log as its viewer sees it: newest first, page by page along the number.

Pages go by the number of the last row seen, never by OFFSET, whose cost grows with the distance: at a million entries
0.1 ms against up to 35 ms.
"""

import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, select, union_all

from store.log.entries import ENTRIES, TROUBLE
from store.log.events import Event, Result


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries to show: `since` <= at < `until`; a field that is None or empty lets all entries through."""

    since: datetime | None = None
    until: datetime | None = None
    events: frozenset[Event] = frozenset()
    actor: str | None = None
    session: str | None = None
    object: str | None = None
    result: Result | None = None


EVERYTHING = LogFilter()


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry to show. `terminal` wrote it; `hash` is the hash of the stored bytes, in hex."""

    seq: int
    at: datetime
    event: str
    actor: str | None
    session: str | None
    object: str | None
    result: str
    detail: Mapping[str, str | int]
    terminal: str
    hash: str


def page(reading: Connection, *, before: int | None = None, limit: int, chosen: LogFilter = EVERYTHING) -> list[LogRow]:
    """Return at most `limit` entries below number `before` (None: from the newest on), newest first."""
    bounds = _bounds(reading, chosen, before)
    if bounds is None:
        return []
    # A person or an object is selective by itself, so its own index finds the rows. Events alone may be rare or common.
    if chosen.events and chosen.actor is None and chosen.object is None:
        statement = _newest_of_each(chosen, bounds, limit)
    else:
        statement = _matching(chosen, bounds)
        if chosen.events:
            statement = statement.where(ENTRIES.c.event.in_(sorted(chosen.events)))
    rows = reading.execute(statement.order_by(ENTRIES.c.seq.desc()).limit(limit))
    return [_row(row) for row in rows]


def oldest(reading: Connection) -> int:
    """Return the number of the first stored entry: 1, or more after pruning."""
    return reading.scalar(select(func.min(ENTRIES.c.seq))) or 1


def newest(reading: Connection) -> int:
    """Return the number of the last entry, which is also how many were ever written: numbers have no gaps."""
    return reading.scalar(select(func.max(ENTRIES.c.seq))) or 0


def first_since(reading: Connection, moment: datetime) -> int | None:
    """Return the number of the first entry at `moment` or later, or None.

    Times never run backwards in the chain, so a binary search over the numbers finds it. An index by time would do the
    same, but each new entry would have to be written to it.
    """
    numbers = range(oldest(reading), newest(reading) + 1)
    place = bisect_left(numbers, moment, key=lambda seq: oldest_after(reading, seq - 1) or moment)
    return numbers[place] if place < len(numbers) else None


# Asks for the next entry rather than for one number: where a tampered log has a gap, what follows still has a time.
_TIME_AFTER: Final = select(ENTRIES.c.at).where(ENTRIES.c.seq > bindparam("seq")).order_by(ENTRIES.c.seq).limit(1)


def oldest_after(reading: Connection, seq: int) -> datetime | None:
    """Return the time of the first entry after `seq`, or None when there is none."""
    return reading.scalar(_TIME_AFTER, {"seq": seq})


def _bounds(reading: Connection, chosen: LogFilter, before: int | None) -> tuple[int, int | None] | None:
    """Turn the times into numbers, because every index ends with the number; None when no entry can match."""
    first, below = 0, before
    if chosen.since is not None:
        since = first_since(reading, chosen.since)
        if since is None:
            return None
        first = since
    if chosen.until is not None:
        until = first_since(reading, chosen.until)
        below = until if below is None else below if until is None else min(below, until)
    return first, below


def _newest_of_each(chosen: LogFilter, bounds: tuple[int, int | None], limit: int) -> Select[Any]:
    """Ask for the newest entries of each event by its index: among millions, a rare event is found as fast as a common.

    A plain `event IN (…) ORDER BY seq` would walk the whole log backwards until it has met enough of a rare event.
    """
    each = [
        _matching(chosen, bounds, ENTRIES.c.seq)
        .where(ENTRIES.c.event == event)
        .order_by(ENTRIES.c.seq.desc())
        .limit(limit)
        .subquery()
        for event in sorted(chosen.events)
    ]
    numbers = union_all(*(select(newest_of_event.c.seq) for newest_of_event in each)).subquery()
    return select(ENTRIES).where(ENTRIES.c.seq.in_(select(numbers.c.seq)))


def _matching(chosen: LogFilter, bounds: tuple[int, int | None], *columns: Any) -> Select[Any]:
    first, below = bounds
    statement = select(*columns) if columns else select(ENTRIES)
    if first:
        statement = statement.where(ENTRIES.c.seq >= first)
    if below is not None:
        statement = statement.where(ENTRIES.c.seq < below)
    for name in ("actor", "session", "object", "result"):
        value = getattr(chosen, name)
        if value is not None:
            statement = statement.where(ENTRIES.c[name] == value)
    if chosen.result not in {None, Result.DONE}:
        # Redundant in logic, but the planner uses a partial index only when the query repeats its condition.
        statement = statement.where(TROUBLE)
    return statement


def _row(row: Row[Any]) -> LogRow:
    # The detail and the terminal have no column beside the body.
    body = json.loads(row.body)
    return LogRow(
        row.seq,
        row.at,
        row.event,
        row.actor,
        row.session,
        row.object,
        row.result,
        body["detail"],
        body["terminal"],
        row.hash.hex(),
    )
