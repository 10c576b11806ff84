"""What was done on each of the last days, as the log tells it: sent, received, refused, waited."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from sqlalchemy import Connection, select

from store.clock import JAPAN, day_in_japan
from store.log import Event, first_since
from store.log.entries import ENTRIES
from store.queue.tables import MESSAGES


@dataclass(frozen=True, slots=True)
class Day:
    """The work of one day. `waited`: the median of what was sent, in seconds from the event (None: nothing was)."""

    day: date
    sent: int
    received: int
    refused: int
    waited: float | None


def of_days(reading: Connection, first: date, last: date) -> list[Day]:
    """Return the days from `first` to `last`, also those on which nothing was done."""
    begin = datetime.combine(first, time(), JAPAN)
    # Only the entries since then are read: the log of years does not matter.
    seq = first_since(reading, begin)
    # A seq is None where nothing was written since: then every day is empty.
    received, refused = (_counted(reading, event, seq) for event in (Event.NOTICE_RECEIVED, Event.MESSAGE_REFUSED))
    waited = _waited(reading, seq)
    return [
        Day(
            day,
            len(waited.get(day, ())),
            received.get(day, 0),
            refused.get(day, 0),
            median(waited[day]) if day in waited else None,
        )
        for day in _days(first, last)
    ]


def _days(first: date, last: date) -> Iterator[date]:
    for after in range((last - first).days + 1):
        yield first + timedelta(days=after)


def _counted(reading: Connection, event: Event, seq: int | None) -> dict[date, int]:
    numbers: dict[date, int] = defaultdict(int)
    if seq is not None:
        entries = select(ENTRIES.c.at).where(ENTRIES.c.event == event.value, ENTRIES.c.seq >= seq)
        for at in reading.scalars(entries):
            numbers[day_in_japan(at)] += 1
    return numbers


def _waited(reading: Connection, seq: int | None) -> dict[date, list[float]]:
    """Return how long each message had waited that the peer's receipt has proved, by the day of the receipt."""
    spans: dict[date, list[float]] = defaultdict(list)
    if seq is not None:
        delivered = (
            select(ENTRIES.c.at, MESSAGES.c.effective_at)
            .join_from(ENTRIES, MESSAGES, MESSAGES.c.uid == ENTRIES.c.object)
            .where(ENTRIES.c.event == Event.MESSAGE_DELIVERED.value, ENTRIES.c.seq >= seq)
        )
        for at, happened in reading.execute(delivered):
            # A clock that was set back would make a message wait less than nothing.
            spans[day_in_japan(at)].append(max(0.0, (at - happened).total_seconds()))
    return spans
