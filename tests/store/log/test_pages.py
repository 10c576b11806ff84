"""The viewer's questions to the log, and the numbers of what is asked by time: `store.log.stretches`."""

import random
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, event

from store.database import Database
from store.log import Event, EventClass, Log, LogFilter, Result, first_since, newest, page
from store.log.stretches import numbers_between
from tests.clusters import ON_SQLITE, SQLITE_FIRST
from tests.store.conftest import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def filled(database: Database, log: Log, now: datetime) -> Database:
    entries = [
        (Event.TERMINAL_STARTED, None, Result.DONE),
        (Event.OPERATOR_LOGGED_ON, "op-101", Result.DONE),
        (Event.OPERATOR_REFUSED, None, Result.REFUSED),
        (Event.MESSAGE_READ, "op-101", Result.DONE),
        (Event.OPERATOR_LOGGED_ON, "ap-201", Result.DONE),
        (Event.MESSAGE_APPROVED, "ap-201", Result.DONE),
    ]
    with database.writing() as tx:
        for minute, (event, actor, result) in enumerate(entries):
            about = "0f" * 16 if event.startswith("message.") else None
            moment = now + minute * MINUTE
            log.append(tx, event, actor=actor, session=None, object=about, result=result, now=moment)
    return database


def seqs(database: Database, chosen: LogFilter) -> list[int]:
    with database.reading() as reading:
        return [row.seq for row in page(reading, limit=100, chosen=chosen)]


def test_pages_go_from_the_newest_back_without_gap_or_repeat(filled: Database) -> None:
    seen: list[int] = []
    before: int | None = None
    with filled.reading() as reading:
        while rows := page(reading, before=before, limit=4):
            seen += [row.seq for row in rows]
            before = rows[-1].seq
    assert seen == [6, 5, 4, 3, 2, 1]


def test_filters(filled: Database, now: datetime) -> None:
    assert seqs(filled, LogFilter(actor="op-101")) == [4, 2]
    assert seqs(filled, LogFilter(events=frozenset({Event.OPERATOR_LOGGED_ON, Event.OPERATOR_REFUSED}))) == [5, 3, 2]
    assert seqs(filled, LogFilter(objects=frozenset({"0f" * 16}))) == [6, 4]
    assert seqs(filled, LogFilter(result=Result.REFUSED)) == [3]
    assert seqs(filled, LogFilter(since=now + 2 * MINUTE, until=now + 4 * MINUTE)) == [4, 3]
    assert seqs(filled, LogFilter(actor="op-101", events=frozenset({Event.MESSAGE_READ}))) == [4]


def test_newest_and_going_to_a_time(filled: Database, now: datetime) -> None:
    with filled.reading() as reading:
        assert newest(reading) == 6
        assert first_since(reading, now + timedelta(seconds=90)) == 3
        assert first_since(reading, now + 60 * MINUTE) is None


AHEAD = timedelta(days=3650)
READ = frozenset({Event.MESSAGE_READ})
STEPS: dict[str, tuple[timedelta, ...]] = {
    "years ahead": (timedelta(), AHEAD, timedelta()),
    "hours ahead": (timedelta(), timedelta(hours=8), timedelta()),
    "years back": (timedelta(), -AHEAD, timedelta()),
    "again and again": (timedelta(), AHEAD, timedelta(), -AHEAD, -2 * MINUTE, timedelta(hours=8), timedelta()),
    "wrong from the start": (AHEAD, timedelta()),
    "wrong to the end": (timedelta(), AHEAD),
}


@pytest.fixture(params=STEPS)
def stepped(database: Database, log: Log, now: datetime, request: pytest.FixtureRequest) -> Database:
    with database.writing() as tx:
        fill_by_steps(tx, log, now, STEPS[request.param])
    return database


def fill_by_steps(tx: Connection, log: Log, now: datetime, steps: tuple[timedelta, ...]) -> None:
    """Fill a log under a clock that was wrong for a while: three entries a minute apart for each time it was set."""
    for place, wrong in enumerate(steps):
        for minute in range(3):
            moment = now + wrong + (3 * place + minute) * MINUTE
            actor = ("op-101", "op-102")[minute % 2]
            log.append(tx, Event.MESSAGE_READ, actor=actor, session=None, now=moment)


@SQLITE_FIRST
def test_a_filter_by_time_is_right_whatever_the_clock_did(stepped: Database) -> None:
    with stepped.reading() as reading:
        everything = page(reading, limit=100)
        times = [row.at for row in everything]
        moments: list[datetime | None] = [None, *times, *(moment + MINUTE for moment in times)]
        chance = random.Random(0)
        for _ in range(40):
            since, until = chance.choice(moments), chance.choice(moments)
            actor, events = chance.choice([None, "op-102"]), chance.choice([READ, frozenset()])
            wanted = [
                row.seq
                for row in everything
                if (since or row.at) <= row.at
                and (until is None or row.at < until)
                and actor in {None, row.actor}
                and (not events or row.event in events)
            ]
            chosen = LogFilter(since=since, until=until, actor=actor, events=events)
            assert [row.seq for row in page(reading, limit=100, chosen=chosen)] == wanted
            ranges = numbers_between(reading, since, until)
            assert all(earlier.stop < later.start for earlier, later in pairwise(ranges)), "none that touch"
            assert _by_pages(reading, chosen) == wanted


def _by_pages(reading: Connection, chosen: LogFilter) -> list[int]:
    seen: list[int] = []
    before: int | None = None
    while rows := page(reading, before=before, limit=2, chosen=chosen):
        seen += [row.seq for row in rows]
        before = rows[-1].seq
    return seen


def test_going_to_a_time_finds_what_comes_next_in_time(stepped: Database, now: datetime) -> None:
    with stepped.reading() as reading:
        everything = page(reading, limit=100)
        for moment in (*(row.at for row in everything), now - AHEAD, now + 90 * MINUTE, now + 2 * AHEAD):
            later = [(row.at, row.seq) for row in everything if row.at >= moment]
            assert first_since(reading, moment) == min(later, default=(None, None))[1]


# The entry about the step has the number 7.
@ON_SQLITE
@pytest.mark.parametrize(
    "missing", ["seq = 2", "seq = 1", "seq = 6", "seq IN (5, 6)", "seq < 7", "seq = 10", "seq > 0"]
)
def test_a_time_is_found_in_what_is_left_of_a_log(database: Database, log: Log, now: datetime, missing: str) -> None:
    with database.writing() as tx:
        fill_by_steps(tx, log, now, STEPS["hours ahead"])
        tx.exec_driver_sql("DROP TRIGGER log_entry_stands_DELETE")
        tx.exec_driver_sql(f"DELETE FROM log_entry WHERE {missing}")
        everything = page(tx, limit=100)
        for minutes in (0, 1, 2, 6, 7, 8, 483, 484, 485):
            moment = now + minutes * MINUTE
            later = [(row.at, row.seq) for row in everything if row.at >= moment]
            earlier = [row.seq for row in everything if row.at < moment]
            assert [row.seq for row in page(tx, limit=100, chosen=LogFilter(until=moment))] == earlier
            assert first_since(tx, moment) == min(later, default=(None, None))[1]


def test_all_numbers_are_one_range_and_none_are_no_range(stepped: Database, now: datetime) -> None:
    with stepped.reading() as reading:
        assert numbers_between(reading, None, None) == [range(1, newest(reading) + 1)]
        assert numbers_between(reading, now + 2 * AHEAD, None) == []


def _asked(database: Database, chosen: LogFilter, before: int | None) -> list[str]:
    """Return how SQLite goes about a page: the plan of the very statement that asks for it."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        statements.append((statement, parameters))

    with database.reading() as reading:
        event.listen(reading, "before_cursor_execute", note)
        page(reading, before=before, limit=60, chosen=chosen)
        event.remove(reading, "before_cursor_execute", note)
        plans = [
            reading.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for statement, parameters in statements
        ]
        return [row[-1] for plan in plans for row in plan]


CLASSES = {
    event_class: frozenset(event for event in Event if event.event_class is event_class) for event_class in EventClass
}
QUESTIONS: dict[str, tuple[LogFilter, set[str]]] = {
    "person": (LogFilter(actor="op-101"), {"log_entry_actor"}),
    "message": (LogFilter(objects=frozenset({"0f" * 16})), {"log_entry_object"}),
    "event": (LogFilter(events=frozenset({Event.MESSAGE_READ})), {"log_entry_event"}),
    "rare event": (LogFilter(events=frozenset({Event.LOG_PRUNED})), {"log_entry_event"}),
    "several events": (LogFilter(events=frozenset({Event.LOG_PRUNED, Event.MESSAGE_READ})), {"log_entry_event"}),
    "refused": (LogFilter(result=Result.REFUSED), {"log_entry_trouble"}),
    "failed": (LogFilter(result=Result.FAILED), {"log_entry_trouble"}),
    "event, refused": (
        LogFilter(events=frozenset({Event.OPERATOR_REFUSED}), result=Result.REFUSED),
        {"log_entry_event", "log_entry_trouble"},
    ),
    "person, event": (
        LogFilter(actor="op-101", events=frozenset({Event.MESSAGE_READ})),
        {"log_entry_actor", "log_entry_event"},
    ),
    "person, class": (LogFilter(actor="op-101", events=CLASSES[EventClass.EXPORT]), {"log_entry_actor"}),
    "person, refused": (LogFilter(actor="op-101", result=Result.REFUSED), {"log_entry_actor", "log_entry_trouble"}),
    **{
        f"class {event_class}": (LogFilter(events=events), {"log_entry_event"})
        for event_class, events in CLASSES.items()
    },
}


@ON_SQLITE
def test_each_question_goes_by_its_index(filled: Database) -> None:
    for question, (chosen, indexes) in QUESTIONS.items():
        for before in (None, 5):
            plan = _asked(filled, chosen, before)
            used = {name for line in plan for name in re.findall(r"log_entry_[a-z]+", line)}
            assert used, (question, plan)
            assert used <= indexes, (question, plan)
            # The newest of each event are few, and sorted together; nothing else is sorted or walked through.
            sorts = [line for line in plan if "TEMP B-TREE" in line]
            assert not sorts or chosen.events, (question, plan)
            assert [line for line in plan if line == "SCAN log_entry"] == [], (question, plan)


@ON_SQLITE
@pytest.mark.parametrize("chosen", [LogFilter(since=NOON), LogFilter(until=NOON + MINUTE)], ids=["since", "until"])
def test_a_time_is_found_by_halving_the_numbers(filled: Database, chosen: LogFilter) -> None:
    plan = _asked(filled, chosen, None)
    # The first entry, the last one, the steps of the clock by their event and the entry before each of them, a look at
    # each of three halves of six, and the page itself.
    assert len(plan) <= 8
    steps = [line for line in plan if "log_entry_event" in line]
    assert len(steps) == 1
    assert all("PRIMARY KEY" in line or line == "SCAN log_entry" for line in plan if line not in steps), plan


@ON_SQLITE
def test_a_page_without_a_filter_follows_the_number(filled: Database) -> None:
    assert _asked(filled, LogFilter(), 5) == ["SEARCH log_entry USING INTEGER PRIMARY KEY (rowid<?)"]
    # From the newest entry back along the same tree: no sorting, and a page is enough.
    assert _asked(filled, LogFilter(), None) == ["SCAN log_entry"]
