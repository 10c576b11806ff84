"""What an exchange asks of the queue is found by an index, however much was ever sent and received.

SQLite chooses by what the tables look like and not by what is in them, so that a few rows show its way among millions.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import Connection, event, select

from store import queue
from store.database import Database
from store.message.states import Direction
from store.queue import MessageKey
from store.queue.tables import MESSAGES
from tests.clusters import ON_SQLITE
from tests.store.conftest import NOON, Fill

if TYPE_CHECKING:
    from store.sealing.vault import Vault

_WALK = re.compile(r"SCAN [a-z_]|\(direction=\?\)")
"""A walk through a whole table, or through all that travels one way."""

NOBODY = cast("Vault", None)
"""Where nothing is found, nothing is opened."""
QUESTIONS: dict[str, Callable[[Connection], object]] = {
    "what may leave": lambda reading: queue.next_to_send(reading, "t-1", NOON, 100),
    "what has no answer": lambda reading: queue.open_shipments(reading, "t-1"),
    "what other terminals have": lambda reading: queue.shipped_elsewhere(reading, "t-1"),
    "what waits for an earlier one": lambda reading: queue.count_waiting(reading, NOON),
    "what is here already": lambda reading: queue.known(reading, Direction.IN, [MessageKey("agency_notice", "R-1")]),
    "notices about a number": lambda reading: queue.rows_about(reading, ["s", "t"]),
    "notices beside one": lambda reading: queue.notices_beside(reading, queue.get(reading, 1)),
    "messages about persons": lambda reading: list(queue.about_persons(reading, NOBODY, ["s", "t"])),
    "messages of one moment": lambda reading: queue.of_one_moment(reading, [1, 2]),
    "what points at a message": lambda reading: queue.pointing_at(reading, queue.get(reading, 1)),
    "what the agency is to be told": lambda reading: queue.unacknowledged(reading, queue.Feed("t-1", "agency"), 100),
}


@contextmanager
def plans(reading: Connection) -> Iterator[list[str]]:
    """Collect how the engine answers each question of the block."""
    asked: list[tuple[str, Any]] = []

    def keep(_conn: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    answers: list[str] = []
    event.listen(reading, "before_cursor_execute", keep)
    yield answers
    event.remove(reading, "before_cursor_execute", keep)
    for statement, parameters in asked:
        plan = reading.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        answers += [f"{row[-1]} for {statement}" for row in plan]


@pytest.fixture
def filled(database: Database, fill: Fill, now: datetime) -> Database:
    assert now == NOON
    fill(["R-1", "R-2"], subject="8263415718")
    return database


@ON_SQLITE
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_index_finds_it(filled: Database, question: str) -> None:
    with filled.reading() as reading:
        with plans(reading) as answers:
            QUESTIONS[question](reading)
        assert answers
        assert [line for line in answers if _WALK.search(line.partition(" for ")[0])] == []


@ON_SQLITE
def test_a_walk_would_be_noticed(filled: Database) -> None:
    one_way = MESSAGES.c.direction == Direction.OUT.value
    with filled.reading() as reading:
        with plans(reading) as answers:
            reading.execute(select(MESSAGES).where(one_way).order_by(MESSAGES.c.effective_at, MESSAGES.c.id))
            reading.execute(select(MESSAGES.c.author))
        assert len([line for line in answers if _WALK.search(line.partition(" for ")[0])]) == 2
