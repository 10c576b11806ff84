"""The log as its viewer sees it: newest first, page by page along the dense number, never by OFFSET."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from store.log.entries import ENTRIES
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
    """One entry for showing. `hash` is that of the stored bytes, in hex."""

    seq: int
    at: datetime
    event: str
    actor: str | None
    session: str | None
    object: str | None
    result: str
    detail: Mapping[str, str | int]
    hash: str


def page(reading: Connection, *, before: int | None = None, limit: int, chosen: LogFilter = EVERYTHING) -> list[LogRow]:
    """Return at most `limit` entries below number `before` (None: from the newest), newest first."""
    statement = _chosen(chosen)
    if before is not None:
        statement = statement.where(ENTRIES.c.seq < before)
    rows = reading.execute(statement.order_by(ENTRIES.c.seq.desc()).limit(limit))
    return [_row(row) for row in rows]


def newest(reading: Connection) -> int:
    """Return the number of the last entry: as they are dense from 1, also how many there are."""
    return reading.scalar(select(func.max(ENTRIES.c.seq))) or 0


def first_since(reading: Connection, moment: datetime) -> int | None:
    """Return the number of the first entry at `moment` or later: where to go for a time."""
    # Times never run backwards in the chain, so the first by time is the first by number.
    statement = select(ENTRIES.c.seq).where(ENTRIES.c.at >= moment)
    return reading.scalar(statement.order_by(ENTRIES.c.at, ENTRIES.c.seq).limit(1))


def oldest_after(reading: Connection, seq: int) -> datetime | None:
    """Return the time of the first entry after `seq`, or None when there is none."""
    statement = select(ENTRIES.c.at).where(ENTRIES.c.seq > seq).order_by(ENTRIES.c.seq).limit(1)
    return reading.scalar(statement)


def _chosen(chosen: LogFilter) -> Select[Any]:
    statement = select(ENTRIES)
    if chosen.since is not None:
        statement = statement.where(ENTRIES.c.at >= chosen.since)
    if chosen.until is not None:
        statement = statement.where(ENTRIES.c.at < chosen.until)
    if chosen.events:
        statement = statement.where(ENTRIES.c.event.in_(sorted(chosen.events)))
    for name in ("actor", "session", "object", "result"):
        value = getattr(chosen, name)
        if value is not None:
            statement = statement.where(ENTRIES.c[name] == value)
    return statement


def _row(row: Row[Any]) -> LogRow:
    return LogRow(
        row.seq,
        row.at,
        row.event,
        row.actor,
        row.session,
        row.object,
        row.result,
        json.loads(row.body)["detail"],
        row.hash.hex(),
    )
