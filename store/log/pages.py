"""The log as its viewer sees it: newest first, page by page along the number.

Pages go by the number of the last row seen, never by OFFSET, whose cost grows with the distance: at a million entries
0.1 ms against up to 35 ms. What is asked by time is first turned into ranges of numbers: see `stretches`.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, select, union_all

from store.log.entries import ENTRIES, TROUBLE
from store.log.events import Event, Result
from store.log.stretches import numbers_between


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries to show: `since` <= at < `until`; a field that is None or empty lets all entries through.

    `objects`: entries about any of these. `person`: entries by or about this person: of a refused log-on nobody is the
    actor, and the ID that was tried is the object.
    """

    since: datetime | None = None
    until: datetime | None = None
    events: frozenset[Event] = frozenset()
    actor: str | None = None
    session: str | None = None
    objects: frozenset[str] = frozenset()
    result: Result | None = None
    person: str | None = None


EVERYTHING = LogFilter()

_BEYOND: Final = sys.maxsize
"""Where a range ends that has no end."""


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
    if chosen.person is not None:
        return _by_or_about(reading, chosen.person, before, limit, replace(chosen, person=None))
    rows: list[LogRow] = []
    # Each range goes by the index; a query over all of them would sort, or walk through the whole log.
    for numbers in reversed(_ranges(reading, chosen, before)):
        rows += _page(reading, numbers, limit - len(rows), chosen)
        if len(rows) == limit:
            break
    return rows


def _by_or_about(reading: Connection, person: str, before: int | None, limit: int, chosen: LogFilter) -> list[LogRow]:
    """Merge what the person did and what was done about the person: each half goes by its own index."""
    # One query with OR would walk both indexes to their ends before it sorts.
    halves = [] if chosen.actor not in {None, person} else [replace(chosen, actor=person)]
    if not chosen.objects or person in chosen.objects:
        halves.append(replace(chosen, objects=frozenset({person})))
    found = {row.seq: row for half in halves for row in page(reading, before=before, limit=limit, chosen=half)}
    return [found[seq] for seq in sorted(found, reverse=True)[:limit]]


def _page(reading: Connection, numbers: range, limit: int, chosen: LogFilter) -> list[LogRow]:
    # A person or an object is selective by itself, so its own index finds the rows. Events alone may be rare or common.
    if chosen.events and chosen.actor is None and not chosen.objects:
        statement = _newest_of_each(chosen, numbers, limit)
    else:
        statement = _matching(chosen, numbers)
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


def _ranges(reading: Connection, chosen: LogFilter, before: int | None) -> list[range]:
    """Turn the times into ranges of numbers below `before`, because every index ends with the number."""
    below = _BEYOND if before is None else before
    if chosen.since is None and chosen.until is None:
        return [range(below)]
    ranges = numbers_between(reading, chosen.since, chosen.until)
    return [range(numbers.start, min(numbers.stop, below)) for numbers in ranges if numbers.start < below]


def _newest_of_each(chosen: LogFilter, numbers: range, limit: int) -> Select[Any]:
    """Ask for the newest entries of each event by its index: among millions, a rare event is found as fast as a common.

    A plain `event IN (…) ORDER BY seq` would walk the whole log backwards until it has met enough of a rare event.
    """
    each = [
        _matching(chosen, numbers, ENTRIES.c.seq)
        .where(ENTRIES.c.event == event)
        .order_by(ENTRIES.c.seq.desc())
        .limit(limit)
        .subquery()
        for event in sorted(chosen.events)
    ]
    together = union_all(*(select(newest_of_event.c.seq) for newest_of_event in each)).subquery()
    return select(ENTRIES).where(ENTRIES.c.seq.in_(select(together.c.seq)))


def _matching(chosen: LogFilter, numbers: range, *columns: Any) -> Select[Any]:
    statement = select(*columns) if columns else select(ENTRIES)
    if numbers.start:
        statement = statement.where(ENTRIES.c.seq >= numbers.start)
    if numbers.stop != _BEYOND:
        statement = statement.where(ENTRIES.c.seq < numbers.stop)
    if chosen.objects:
        statement = statement.where(ENTRIES.c.object.in_(sorted(chosen.objects)))
    for name in ("actor", "session", "result"):
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
