"""The log as its viewer sees it: newest first, page by page along the dense number, never by OFFSET."""

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
    """What to see; everything that is None or empty lets all entries through. `since` <= at < `until`."""

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
    """One entry for showing. `terminal` wrote it; `hash` is that of the stored bytes, in hex."""

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
    """Return at most `limit` entries below number `before` (None: from the newest), newest first."""
    bounds = _bounds(reading, chosen, before)
    if bounds is None:
        return []
    if chosen.events and chosen.actor is None and chosen.object is None:
        statement = _newest_of_each(chosen, bounds, limit)
    else:
        statement = _matching(chosen, bounds)
        if chosen.events:
            statement = statement.where(ENTRIES.c.event.in_(sorted(chosen.events)))
    rows = reading.execute(statement.order_by(ENTRIES.c.seq.desc()).limit(limit))
    return [_row(row) for row in rows]


def oldest(reading: Connection) -> int:
    """Return the number of the first entry that is kept: 1, or more after pruning."""
    return reading.scalar(select(func.min(ENTRIES.c.seq))) or 1


def newest(reading: Connection) -> int:
    """Return the number of the last entry: as they are dense from 1, also how many there are."""
    return reading.scalar(select(func.max(ENTRIES.c.seq))) or 0


def first_since(reading: Connection, moment: datetime) -> int | None:
    """Return the number of the first entry at `moment` or later: where to go for a time.

    Times never run backwards in the chain, so halving the numbers finds it. An index by time would do so as well, and
    would have to be written to with each entry.
    """
    numbers = range(oldest(reading), newest(reading) + 1)
    found = bisect_left(numbers, moment, key=lambda seq: oldest_after(reading, seq - 1) or moment)
    return numbers[found] if found < len(numbers) else None


_TIME_AFTER: Final = select(ENTRIES.c.at).where(ENTRIES.c.seq > bindparam("seq")).order_by(ENTRIES.c.seq).limit(1)


def oldest_after(reading: Connection, seq: int) -> datetime | None:
    """Return the time of the first entry after `seq`, or None when there is none."""
    return reading.scalar(_TIME_AFTER, {"seq": seq})


def _bounds(reading: Connection, chosen: LogFilter, before: int | None) -> tuple[int, int | None] | None:
    """Turn times into numbers, which every index ends with; None when nothing can lie between."""
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
    """Ask for the newest of each event by its own index: among millions, a rare event is found as fast as a common."""
    each = [
        _matching(chosen, bounds, ENTRIES.c.seq)
        .where(ENTRIES.c.event == event)
        .order_by(ENTRIES.c.seq.desc())
        .limit(limit)
        .subquery()
        for event in sorted(chosen.events)
    ]
    numbers = union_all(*(select(one.c.seq) for one in each)).subquery()
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
        statement = statement.where(TROUBLE)
    return statement


def _row(row: Row[Any]) -> LogRow:
    said = json.loads(row.body)
    return LogRow(
        row.seq,
        row.at,
        row.event,
        row.actor,
        row.session,
        row.object,
        row.result,
        said["detail"],
        said["terminal"],
        row.hash.hex(),
    )
