"""The viewer's questions to the log."""

from datetime import datetime, timedelta

import pytest

from store.database import Database
from store.log import Event, Log, LogFilter, Result, first_since, newest, page
from tests.clusters import ON_SQLITE

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
    assert seqs(filled, LogFilter(object="0f" * 16)) == [6, 4]
    assert seqs(filled, LogFilter(result=Result.REFUSED)) == [3]
    assert seqs(filled, LogFilter(since=now + 2 * MINUTE, until=now + 4 * MINUTE)) == [4, 3]
    assert seqs(filled, LogFilter(actor="op-101", events=frozenset({Event.MESSAGE_READ}))) == [4]


def test_newest_and_going_to_a_time(filled: Database, now: datetime) -> None:
    with filled.reading() as reading:
        assert newest(reading) == 6
        assert first_since(reading, now + timedelta(seconds=90)) == 3
        assert first_since(reading, now + 60 * MINUTE) is None


@ON_SQLITE
def test_no_question_reads_the_whole_log(filled: Database) -> None:
    questions = {
        "seq < 5 ORDER BY seq DESC": "INTEGER PRIMARY KEY",
        "actor = 'op-101' AND seq < 5 ORDER BY seq DESC": "log_entry_actor",
        "object = 'x' AND seq < 5 ORDER BY seq DESC": "log_entry_object",
        "event = 'message.read' AND seq < 5 ORDER BY seq DESC": "log_entry_event",
        "at >= 5 ORDER BY at, seq": "log_entry_at",
    }
    with filled.reading() as reading:
        for question, index in questions.items():
            plan = reading.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT * FROM log_entry WHERE {question} LIMIT 60")
            lines = [row[-1] for row in plan]
            assert len(lines) == 1, f"sorts: {lines}"
            assert index in lines[0]
