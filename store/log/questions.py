"""The ready-made questions to the log: who works when, who fails to log on, who looks at many messages.

The resident-record standard (住民記録システム標準仕様書, 証跡) asks for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from store import clock
from store.holidays import is_closed
from store.log.entries import ENTRIES
from store.log.events import Event
from store.log.pages import LogFilter, LogRow, first_since, newest, page

LOOKUPS: Final = frozenset({Event.MESSAGE_READ, Event.MESSAGE_SEARCHED, Event.NOTICE_READ})
FAILURES: Final = frozenset({Event.OPERATOR_REFUSED, Event.OPERATOR_LOCKED, Event.KEY_REFUSED})
MANY: Final = 50
"""From this number of look-ups by one person on one day they count as many."""

OFFICE_HOURS: Final = (time(8, 0), time(19, 0))
"""In Japanese time. Work outside these hours, or on a day when offices are closed, is out of the ordinary."""

_AT_ONCE: Final = 500
_DAY: Final = timedelta(days=1)


class Question(StrEnum):
    """A question that people ask again and again."""

    OFF_HOURS = "off_hours"  # Who logged on at night or on a holiday.
    FAILED_LOGINS = "failed_logins"
    LOGINS_PER_ID = "logins_per_id"
    MANY_LOOKUPS = "many_lookups"  # Who looked at many messages on one day.
    LOOKUPS = "lookups"  # What one person looked at.


@dataclass(frozen=True, slots=True)
class Count:
    """One line of a count: about whom, on which day (None: the whole period), how many, and how many were refused."""

    about: str
    day: date | None
    done: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """A period from `since` to before `until`, both with a time zone; None leaves that end open."""

    since: datetime | None = None
    until: datetime | None = None


def off_hours(reading: Connection, period: Period, *, limit: int) -> list[LogRow]:
    """Return the newest log-ons at night or on days when offices are closed, at most `limit`."""
    rows: list[LogRow] = []
    # The holiday table cannot be asked in SQL, so log-ons are read page by page until enough of them match.
    for row in _all(reading, LogFilter(period.since, period.until, frozenset({Event.OPERATOR_LOGGED_ON}))):
        if is_off_hours(row.at):
            rows.append(row)
        if len(rows) == limit:
            break
    return rows


def is_off_hours(moment: datetime) -> bool:
    """Tell whether `moment` is outside office hours in Japan."""
    local = moment.astimezone(clock.JAPAN)
    return is_closed(local.date()) or not OFFICE_HOURS[0] <= local.time() < OFFICE_HOURS[1]


def failed_logins(reading: Connection, period: Period, *, limit: int) -> list[LogRow]:
    """Return the newest refused log-ons, and the entries about IDs that were locked because of them."""
    return page(reading, limit=limit, chosen=LogFilter(period.since, period.until, FAILURES))


def lookups(reading: Connection, period: Period, person: str, *, limit: int) -> list[LogRow]:
    """Return the newest look-ups of `person`."""
    return page(reading, limit=limit, chosen=LogFilter(period.since, period.until, LOOKUPS, actor=person))


def logins_per_id(reading: Connection, period: Period) -> list[Count]:
    """Return how often each ID logged on and was refused, the most frequent first."""
    bounds = _numbers(reading, period)
    # A refused log-on has no actor, since nobody was let in: the ID that was tried is its object.
    done = _count_by(reading, ENTRIES.c.actor, Event.OPERATOR_LOGGED_ON, bounds)
    refused = _count_by(reading, ENTRIES.c.object, Event.OPERATOR_REFUSED, bounds)
    counts = [Count(about, None, done.get(about, 0), refused.get(about, 0)) for about in done.keys() | refused.keys()]
    return sorted(counts, key=lambda count: (-count.done - count.refused, count.about))


def many_lookups(reading: Connection, period: Period, *, least: int = MANY) -> list[Count]:
    """Return who looked at `least` messages or more on one day (in Japan), the most first."""
    first, last = _numbers(reading, period)
    # Both engines store the time as microseconds in UTC. Integer arithmetic finds the start of the Japanese day on both
    # alike, whereas their date functions differ. Japan has no summer time, so one offset fits every moment.
    offset = round(clock.JAPAN.utcoffset(None).total_seconds()) * 10**6
    day_length = round(_DAY.total_seconds()) * 10**6
    at = type_coerce(ENTRIES.c.at, BigInteger)
    day = (at + offset - (at + offset) % day_length).label("day")
    statement = (
        select(ENTRIES.c.actor, day, func.count().label("number"))
        .where(ENTRIES.c.event.in_(sorted(LOOKUPS)), ENTRIES.c.seq.between(first, last), ENTRIES.c.actor.is_not(None))
        .group_by(ENTRIES.c.actor, day)
        .having(func.count() >= least)
    )
    counts = [
        Count(row.actor, clock.from_microseconds(row.day).date(), row.number) for row in reading.execute(statement)
    ]
    return sorted(counts, key=lambda count: (-count.done, count.about, count.day or date.min))


def _all(reading: Connection, chosen: LogFilter) -> Iterator[LogRow]:
    before: int | None = None
    while rows := page(reading, before=before, limit=_AT_ONCE, chosen=chosen):
        yield from rows
        before = rows[-1].seq


def _numbers(reading: Connection, period: Period) -> tuple[int, int]:
    last = newest(reading)
    first = 1 if period.since is None else first_since(reading, period.since) or last + 1
    until = None if period.until is None else first_since(reading, period.until)
    return first, last if until is None else until - 1


def _count_by(reading: Connection, column: object, event: Event, bounds: tuple[int, int]) -> dict[str, int]:
    statement = (
        select(column, func.count())  # type: ignore[call-overload]  # A column of the table, of any type.
        .where(ENTRIES.c.event == event, ENTRIES.c.seq.between(*bounds))
        .group_by(column)
    )
    return {about: number for about, number in reading.execute(statement) if about is not None}
