"""The days of the last weeks, as the log tells them."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert

from store import workload
from store.database import Database
from store.log import Event
from store.log.entries import ENTRIES
from tests.clusters import ON_SQLITE
from tests.store.conftest import Fill

FRIDAY = date(2026, 11, 20)


def note(database: Database, *noted: tuple[datetime, Event, str | None]) -> None:
    """Put entries into the log that nobody verifies."""
    with database.writing() as tx:
        for seq, (at, event, about) in enumerate(noted, 1):
            row = {"seq": seq, "body": b"", "hash": b"", "at": at, "event": event.value, "object": about}
            tx.execute(insert(ENTRIES), {**row, "result": "done", "actor": None, "session": None})


@ON_SQLITE
def test_a_day_tells_what_was_done_and_the_days_between_that_nothing_was(
    database: Database, fill: Fill, now: datetime
) -> None:
    (message,) = fill(["R-1"], start=now - timedelta(hours=2))
    before = now - timedelta(days=3)
    note(
        database,
        (before - timedelta(days=9), Event.MESSAGE_REFUSED, None),
        (before, Event.NOTICE_RECEIVED, None),
        (before, Event.NOTICE_RECEIVED, None),
        (before, Event.MESSAGE_REFUSED, None),
        (now, Event.MESSAGE_DELIVERED, message.uid),
    )
    with database.reading() as reading:
        days = workload.of_days(reading, FRIDAY, now.date())
    assert [day.day for day in days] == [FRIDAY + timedelta(days=after) for after in range(len(days))]
    assert [(day.sent, day.received, day.refused) for day in days] == [(0, 2, 1), (0, 0, 0), (0, 0, 0), (1, 0, 0)]
    assert [day.waited for day in days] == [None, None, None, 7200.0]


@ON_SQLITE
def test_a_log_in_which_nothing_stands_has_days_of_nothing(database: Database, now: datetime) -> None:
    with database.reading() as reading:
        (day,) = workload.of_days(reading, now.date(), now.date())
    assert (day.sent, day.received, day.refused, day.waited) == (0, 0, 0, None)
