"""The ready questions: nights and holidays, refused log-ons, log-ons per ID, many look-ups, one person's look-ups."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from store import clock
from store.database import Database
from store.log import Event, Log, LogFilter, LogRow, Result, page
from store.log.questions import (
    MANY,
    Count,
    Period,
    failed_logins,
    failures_per_id,
    is_off_hours,
    log_on_after,
    logins_per_id,
    lookups,
    many_lookups,
    off_hours,
    unknown_ids,
)

SESSION = "0f" * 16
Happen = Callable[..., int]


def local(day: str, time: str = "12:00") -> datetime:
    """Return a moment by the clock on the wall, in UTC as it is stored."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=clock.JAPAN).astimezone(UTC)


@pytest.fixture
def happen(database: Database, log: Log) -> Happen:
    """Write one entry, or several alike, at a moment; return the number of the last."""

    def write(event: Event, at: datetime, *, times: int = 1, **who: object) -> int:
        with database.writing() as tx:
            fields: Any = {"actor": None, "session": SESSION, "now": at, **who}
            for _ in range(times):
                seq = log.append(tx, event, **fields)
        return seq

    return write


def seqs(rows: list[LogRow]) -> list[int]:
    return [row.seq for row in rows]


@pytest.mark.parametrize(
    ("day", "time", "off"),
    [
        ("2026-11-24", "07:59", True),
        ("2026-11-24", "08:00", False),
        ("2026-11-24", "18:59", False),
        ("2026-11-24", "19:00", True),
        ("2026-11-24", "00:00", True),
        ("2026-11-22", "12:00", True),  # A Sunday.
        ("2026-11-23", "12:00", True),  # 勤労感謝の日, a Monday.
        ("2026-12-29", "12:00", True),
        ("2026-12-28", "12:00", False),
    ],
)
def test_office_hours_are_those_of_japan(day: str, time: str, off: bool) -> None:  # noqa: FBT001  # A case of the table.
    assert is_off_hours(local(day, time)) is off


def test_nights_and_holidays_newest_first(database: Database, happen: Happen) -> None:
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20", "09:00"), actor="op-101")
    night = happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20", "23:30"), actor="op-101")
    holiday = happen(Event.OPERATOR_LOGGED_ON, local("2026-11-23", "10:00"), actor="op-102")
    # Work that goes on in the evening is no log-on.
    happen(Event.MESSAGE_READ, local("2026-11-23", "22:00"), actor="op-102")
    early = happen(Event.OPERATOR_LOGGED_ON, local("2026-11-24", "05:00"), actor="op-101")
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-24", "08:30"), actor="op-101")
    with database.reading() as reading:
        assert seqs(off_hours(reading, Period(), limit=10)) == [early, holiday, night]
        assert seqs(off_hours(reading, Period(), limit=2)) == [early, holiday]
        assert seqs(off_hours(reading, Period(since=local("2026-11-23"), until=local("2026-11-24")), limit=10)) == [
            early
        ]
        assert seqs(off_hours(reading, Period(until=local("2026-11-24", "00:00")), limit=10)) == [holiday, night]


def test_off_hours_are_found_behind_many_pages_of_office_hours(database: Database, happen: Happen) -> None:
    night = happen(Event.OPERATOR_LOGGED_ON, local("2026-11-19", "23:00"), actor="op-101")
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20", "09:00"), times=1100, actor="op-102")
    with database.reading() as reading:
        assert seqs(off_hours(reading, Period(), limit=5)) == [night]


def test_refused_log_ons_and_locked_ids(database: Database, happen: Happen) -> None:
    refused = happen(Event.OPERATOR_REFUSED, local("2026-11-20"), object="op-101", result=Result.REFUSED)
    locked = happen(Event.OPERATOR_LOCKED, local("2026-11-20"), object="op-101")
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20"), actor="op-101")
    happen(Event.ACCESS_DENIED, local("2026-11-20"), actor="op-101", result=Result.REFUSED)
    later = happen(Event.OPERATOR_REFUSED, local("2026-11-21"), object="ap-201", result=Result.REFUSED)
    with database.reading() as reading:
        assert seqs(failed_logins(reading, Period(), limit=10)) == [later, locked, refused]
        assert seqs(failed_logins(reading, Period(until=local("2026-11-21")), limit=10)) == [locked, refused]


def test_refusals_are_counted_by_the_id_that_was_tried_and_the_log_on_after_them_is_found(
    database: Database, happen: Happen
) -> None:
    refused: dict[str, Any] = {"result": Result.REFUSED, "session": None}
    mark = "7f3a" + "0" * 28
    day = local("2026-11-27", "08:29")
    happen(Event.OPERATOR_LOGGED_ON, day - timedelta(hours=1), actor="op-102")
    last = happen(Event.OPERATOR_REFUSED, day, times=2, object="op-102", **refused)
    happen(Event.OPERATOR_REFUSED, day, object=mark, **refused)
    happen(Event.OPERATOR_LOCKED, day, object=mark, session=None)
    happen(Event.OPERATOR_LOGGED_ON, day + timedelta(minutes=2), actor="op-102")
    happen(Event.OPERATOR_LOGGED_ON, day + timedelta(minutes=9), actor="op-102")
    # The day after is another period.
    happen(Event.OPERATOR_REFUSED, day + timedelta(days=1), object="op-102", **refused)
    period = Period(local("2026-11-27", "00:00"), local("2026-11-28", "00:00"))
    with database.reading() as reading:
        assert failures_per_id(reading, period) == [Count("op-102", None, 2), Count(mark, None, 1, 1)]
        assert failures_per_id(reading, Period())[0] == Count("op-102", None, 3)
        assert log_on_after(reading, "op-102", last) == day + timedelta(minutes=2)
        assert log_on_after(reading, mark, last) is None


def test_an_unknown_id_is_found_by_the_beginning_of_its_mark(database: Database, happen: Happen) -> None:
    refused: dict[str, Any] = {"result": Result.REFUSED, "session": None}
    marks = [f"{beginning}{'0' * 28}" for beginning in ("7f3a", "7f3b", "00ff")]
    for about in (*marks, "7f3-desk"):
        happen(Event.OPERATOR_REFUSED, local("2026-11-27"), object=about, **refused)
    # The id of a message may begin so as well.
    happen(Event.MESSAGE_READ, local("2026-11-27"), actor="op-101", object="7f3a" + "1" * 28)
    with database.reading() as reading:
        assert unknown_ids(reading, "7f3a") == {marks[0]}
        assert unknown_ids(reading, "7f3") == set(marks[:2])
        # What people type is no pattern.
        assert unknown_ids(reading, "%") == frozenset()
        assert unknown_ids(reading, "____") == frozenset()


def test_a_person_is_found_by_what_was_done_and_by_what_was_done_about_the_person(
    database: Database, happen: Happen
) -> None:
    did = happen(Event.MESSAGE_READ, local("2026-11-25"), times=2, actor="op-101", object="ab" * 16)
    own = happen(Event.OPERATOR_LOGGED_ON, local("2026-11-26"), actor="op-101", object="op-101")
    about = happen(Event.OPERATOR_REFUSED, local("2026-11-27"), object="op-101", result=Result.REFUSED, session=None)
    happen(Event.MESSAGE_READ, local("2026-11-27"), actor="op-102", object="ab" * 16)
    person = LogFilter(person="op-101")
    with database.reading() as reading:
        # What is both counts once, and pages follow each other without a gap.
        assert seqs(page(reading, limit=9, chosen=person)) == [about, own, did, did - 1]
        assert seqs(page(reading, limit=2, chosen=person)) == [about, own]
        assert seqs(page(reading, limit=9, before=own, chosen=person)) == [did, did - 1]
        refused = LogFilter(person="op-101", result=Result.REFUSED)
        assert seqs(page(reading, limit=9, chosen=refused)) == [about]
        read = LogFilter(person="op-101", objects=frozenset({"ab" * 16}), events=frozenset({Event.MESSAGE_READ}))
        assert seqs(page(reading, limit=9, chosen=read)) == [did, did - 1]
        # Somebody else's acts about the person, and nobody's by two persons at once.
        assert seqs(page(reading, limit=9, chosen=LogFilter(person="op-101", actor="op-102"))) == []


def test_log_ons_per_id_with_those_who_never_got_in(database: Database, happen: Happen) -> None:
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-19"), times=2, actor="op-101")
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20"), times=2, actor="op-101")
    happen(Event.OPERATOR_REFUSED, local("2026-11-20"), object="op-101", result=Result.REFUSED)
    happen(Event.OPERATOR_REFUSED, local("2026-11-20"), times=3, object="ab" * 16, result=Result.REFUSED)
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20"), actor="ap-201")
    with database.reading() as reading:
        assert logins_per_id(reading, Period()) == [
            Count("op-101", None, 4, 1),
            Count("ab" * 16, None, 0, 3),
            Count("ap-201", None, 1),
        ]
        assert logins_per_id(reading, Period(since=local("2026-11-20")))[1] == Count("op-101", None, 2, 1)
        assert logins_per_id(reading, Period(since=local("2026-12-01"))) == []


def test_many_look_ups_count_by_the_day_in_japan(database: Database, happen: Happen) -> None:
    # One day in Japan, two in UTC: 00:30 and 23:30 belong together.
    happen(Event.MESSAGE_READ, local("2026-11-19", "23:59"), times=MANY - 1, actor="op-101")
    happen(Event.MESSAGE_READ, local("2026-11-20", "00:30"), times=MANY - 1, actor="op-101")
    happen(Event.NOTICE_READ, local("2026-11-20", "23:30"), times=1, actor="op-101")
    happen(Event.MESSAGE_READ, local("2026-11-21", "09:00"), times=MANY + 5, actor="op-102")
    happen(Event.MESSAGE_APPROVED, local("2026-11-21", "09:00"), times=MANY + 5, actor="ap-201")
    with database.reading() as reading:
        assert many_lookups(reading, Period()) == [
            Count("op-102", date(2026, 11, 21), MANY + 5),
            Count("op-101", date(2026, 11, 20), MANY),
        ]
        assert many_lookups(reading, Period(), least=MANY + 1) == [Count("op-102", date(2026, 11, 21), MANY + 5)]
        assert many_lookups(reading, Period(until=local("2026-11-20", "12:00"))) == []


def test_one_persons_look_ups(database: Database, happen: Happen) -> None:
    first = happen(Event.MESSAGE_READ, local("2026-11-20"), actor="op-101", object="0e" * 16)
    happen(Event.MESSAGE_READ, local("2026-11-20"), actor="op-102", object="0e" * 16)
    second = happen(Event.NOTICE_READ, local("2026-11-20") + timedelta(hours=1), actor="op-101", object="0d" * 16)
    happen(Event.MESSAGE_APPROVED, local("2026-11-21"), actor="op-101", object="0e" * 16)
    with database.reading() as reading:
        assert seqs(lookups(reading, Period(), "op-101", limit=10)) == [second, first]
        assert seqs(lookups(reading, Period(), "op-101", limit=1)) == [second]
        assert lookups(reading, Period(), "op-103", limit=10) == []


def test_questions_find_today_after_a_clock_that_was_years_ahead(database: Database, happen: Happen) -> None:
    happen(Event.OPERATOR_LOGGED_ON, local("2026-11-19"), actor="op-101")
    happen(Event.MESSAGE_READ, local("2026-11-20", "09:00"), times=MANY - 10, actor="op-101")
    happen(Event.OPERATOR_LOGGED_ON, local("2036-11-20"), actor="ap-201")
    refused = happen(Event.OPERATOR_REFUSED, local("2026-11-20", "10:00"), object="op-101", result=Result.REFUSED)
    logged_on = happen(Event.OPERATOR_LOGGED_ON, local("2026-11-20", "22:00"), actor="op-101")
    happen(Event.MESSAGE_READ, local("2026-11-20", "22:01"), times=10, actor="op-101")
    day = Period(since=local("2026-11-20", "00:00"), until=local("2026-11-21", "00:00"))
    with database.reading() as reading:
        assert logins_per_id(reading, day) == [Count("op-101", None, 1, 1)]
        assert many_lookups(reading, day) == [Count("op-101", date(2026, 11, 20), MANY)]
        assert seqs(failed_logins(reading, day, limit=10)) == [refused]
        assert seqs(off_hours(reading, day, limit=10)) == [logged_on]
        assert len(lookups(reading, day, "op-101", limit=100)) == MANY
        ahead = Period(since=local("2030-01-01"))
        assert logins_per_id(reading, ahead) == [Count("ap-201", None, 1)]
