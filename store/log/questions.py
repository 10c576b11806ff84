"""The ready-made questions to the log: who works when, who fails to log on, who looks at many messages.

The resident-record standard (住民記録システム標準仕様書, 証跡) asks for them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, func, select, type_coerce

from store import clock
from store.holidays import is_closed
from store.log.entries import ENTRIES
from store.log.events import Event
from store.log.pages import LogFilter, LogRow, page
from store.log.stretches import numbers_between

LOOKUPS: Final = frozenset({Event.MESSAGE_READ, Event.MESSAGE_SEARCHED, Event.NOTICE_READ, Event.RESIDENT_READ})
FAILURES: Final = frozenset({Event.OPERATOR_REFUSED, Event.OPERATOR_LOCKED, Event.KEY_REFUSED})
MANY: Final = 50
"""From this number of look-ups by one person on one day they count as many."""

OFFICE_HOURS: Final = (time(8, 0), time(19, 0))
"""In Japanese time. Work outside these hours, or on a day when offices are closed, is out of the ordinary."""

MARK_LENGTH: Final = 32
"""The signs of the mark under which the log has an ID that nobody bears (`store.people.pins`)."""

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


def failures_per_id(reading: Connection, period: Period) -> list[Count]:
    """Return how often a log-on was refused for each ID, the most frequent first; `refused` counts those of the locks.

    An ID that nobody has stands under its keyed mark.
    """
    ranges = numbers_between(reading, period.since, period.until)
    refused = _count_by(reading, ENTRIES.c.object, Event.OPERATOR_REFUSED, ranges)
    locked = _count_by(reading, ENTRIES.c.object, Event.OPERATOR_LOCKED, ranges)
    counts = [Count(about, None, refused[about], locked[about]) for about in refused.keys() | locked.keys()]
    return sorted(counts, key=lambda count: (-count.done, count.about))


def log_on_after(reading: Connection, person: str, seq: int) -> datetime | None:
    """Return when the person logged on next after the entry `seq`; None when that did not happen yet."""
    found: datetime | None = reading.scalar(
        select(ENTRIES.c.at)
        .where(ENTRIES.c.actor == person, ENTRIES.c.event == Event.OPERATOR_LOGGED_ON, ENTRIES.c.seq > seq)
        .order_by(ENTRIES.c.seq)
        .limit(1)
    )
    return found


def unknown_ids(reading: Connection, beginning: str) -> frozenset[str]:
    """Return the marks of unknown IDs that begin so: people read only the beginning of a mark."""
    tried = select(ENTRIES.c.object).where(
        ENTRIES.c.event == Event.OPERATOR_REFUSED, ENTRIES.c.object.startswith(beginning, autoescape=True)
    )
    # A person's ID may begin with the same signs, and is shorter than any mark.
    return frozenset(mark for mark in reading.scalars(tried.distinct()) if len(mark) == MARK_LENGTH)


def lookups(reading: Connection, period: Period, person: str, *, limit: int) -> list[LogRow]:
    """Return the newest look-ups of `person`."""
    return page(reading, limit=limit, chosen=LogFilter(period.since, period.until, LOOKUPS, actor=person))


def logins_per_id(reading: Connection, period: Period) -> list[Count]:
    """Return how often each ID logged on and was refused, the most frequent first."""
    ranges = numbers_between(reading, period.since, period.until)
    # A refused log-on has no actor, since nobody was let in: the ID that was tried is its object.
    done = _count_by(reading, ENTRIES.c.actor, Event.OPERATOR_LOGGED_ON, ranges)
    refused = _count_by(reading, ENTRIES.c.object, Event.OPERATOR_REFUSED, ranges)
    counts = [Count(about, None, done[about], refused[about]) for about in done.keys() | refused.keys()]
    return sorted(counts, key=lambda count: (-count.done - count.refused, count.about))


def many_lookups(reading: Connection, period: Period, *, least: int = MANY) -> list[Count]:
    """Return who looked at `least` messages or more on one day (in Japan), the most first."""
    # Both engines store the time as microseconds in UTC. Integer arithmetic finds the start of the Japanese day on both
    # alike, whereas their date functions differ. Japan has no summer time, so one offset fits every moment.
    offset = round(clock.JAPAN.utcoffset(None).total_seconds()) * 10**6
    day_length = round(_DAY.total_seconds()) * 10**6
    at = type_coerce(ENTRIES.c.at, BigInteger)
    day = (at + offset - (at + offset) % day_length).label("day")
    statement = (
        select(ENTRIES.c.actor, day, func.count().label("number"))
        .where(ENTRIES.c.event.in_(sorted(LOOKUPS)), ENTRIES.c.actor.is_not(None))
        .group_by(ENTRIES.c.actor, day)
    )
    found: Counter[tuple[str, int]] = Counter()
    for numbers in numbers_between(reading, period.since, period.until):
        for row in reading.execute(_within(statement, numbers)):
            found[row.actor, row.day] += row.number
    # Only here, because the clock may have stepped in the middle of a day: each range may hold a part of its look-ups.
    counts = [
        Count(person, clock.from_microseconds(start).date(), number)
        for (person, start), number in found.items()
        if number >= least
    ]
    return sorted(counts, key=lambda count: (-count.done, count.about, count.day or date.min))


def _all(reading: Connection, chosen: LogFilter) -> Iterator[LogRow]:
    before: int | None = None
    while rows := page(reading, before=before, limit=_AT_ONCE, chosen=chosen):
        yield from rows
        before = rows[-1].seq


def _count_by(reading: Connection, column: ColumnElement[Any], event: Event, ranges: Sequence[range]) -> Counter[str]:
    statement = select(column, func.count()).where(ENTRIES.c.event == event, column.is_not(None)).group_by(column)
    found: Counter[str] = Counter()
    for numbers in ranges:
        for about, number in reading.execute(_within(statement, numbers)):
            found[about] += number
    return found


def _within(statement: Select[Any], numbers: range) -> Select[Any]:
    return statement.where(ENTRIES.c.seq >= numbers.start, ENTRIES.c.seq < numbers.stop)
