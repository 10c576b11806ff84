"""Looking at the queue: pages, filters, snapshots, counts."""

from array import array
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from store import queue
from store.database import Database
from store.message.states import Direction, InState, OutState, Step
from store.queue import Act, Key, Order, QueueFilter
from store.vault import Vault
from tests.clusters import ON_SQLITE
from tests.store.conftest import Fill

REFERENCES = [f"R-{number:02}" for number in range(20)]


@pytest.fixture
def filled(database: Database, vault: Vault, fill: Fill, now: datetime) -> Database:
    """Twenty messages of as many minutes, three of one moment; every third approved, one held."""
    added = fill(REFERENCES)
    fill(["T-1"], start=now - timedelta(minutes=50))
    fill(["T-2"], start=now - timedelta(minutes=50))
    with database.writing() as tx:
        queue.move_many(tx, vault, [one.id for one in added[::3]], Step.APPROVE, Act(by="ap-201", now=now))
        queue.move(tx, vault, added[1].id, Step.HOLD, Act(by="ap-201", now=now))
    return database


def walk(database: Database, chosen: QueueFilter, order: Order, limit: int) -> list[str]:
    seen: list[str] = []
    after: Key | None = None
    with database.reading() as reading:
        while rows := queue.page(reading, chosen, order, after=after, limit=limit):
            assert len(rows) <= limit
            seen += [row.reference for row in rows]
            after = Key(rows[-1].occurred_at, rows[-1].id)
    return seen


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
@pytest.mark.parametrize(
    "states",
    [
        frozenset(),
        frozenset({OutState.APPROVED}),
        frozenset({OutState.REVIEW, OutState.APPROVED, OutState.HELD}),
    ],
)
def test_pages_join_without_gap_or_repeat(filled: Database, limit: int, states: frozenset[OutState]) -> None:
    chosen = QueueFilter(states=states)
    oldest = walk(filled, chosen, Order.OLDEST, limit)
    assert walk(filled, chosen, Order.NEWEST, limit) == oldest[::-1]
    assert len(oldest) == len(set(oldest)) == (7 if states == {OutState.APPROVED} else 22)
    with filled.reading() as reading:
        assert queue.count(reading, chosen) == len(oldest)
        snapshot = queue.ids(reading, chosen)
        assert [row.reference for row in queue.rows_of(reading, snapshot)] == oldest
        assert queue.ids(reading, chosen, Order.NEWEST) == array("q", reversed(snapshot))


def test_messages_of_one_moment_come_in_the_order_they_were_taken_in(filled: Database) -> None:
    seen = walk(filled, QueueFilter(), Order.OLDEST, 2)
    assert seen[10:13] == ["R-10", "T-1", "T-2"]


def test_filters(filled: Database, now: datetime) -> None:
    def seen(chosen: QueueFilter) -> list[str]:
        return walk(filled, chosen, Order.OLDEST, 4)

    assert seen(QueueFilter(states=frozenset({OutState.HELD}))) == ["R-01"]
    assert seen(QueueFilter(reference="R-1")) == REFERENCES[10:]
    assert seen(QueueFilter(reference="R-07")) == ["R-07"]
    assert seen(QueueFilter(reference="%")) == []
    assert seen(QueueFilter(kind="residence_report")) == []
    assert seen(QueueFilter(direction=Direction.IN)) == []
    assert seen(QueueFilter(overdue_before=now - timedelta(minutes=57))) == REFERENCES[:3]
    overdue_in_review = QueueFilter(states=frozenset({OutState.REVIEW}), overdue_before=now - timedelta(minutes=57))
    assert seen(overdue_in_review) == ["R-02"]


def test_what_has_left_is_not_overdue(filled: Database, vault: Vault, now: datetime) -> None:
    with filled.writing() as tx:
        queue.move(tx, vault, 1, Step.SHIP, Act(by="op-101", now=now))
        assert queue.count(tx, QueueFilter(overdue_before=now)) == 21
        delivered = QueueFilter(states=frozenset({OutState.DELIVERED}), overdue_before=now)
        assert queue.page(tx, delivered, limit=10) == []


def test_counts(filled: Database, vault: Vault, now: datetime) -> None:
    notice = queue.MessageDraft(
        direction=Direction.IN, kind="agency_notice", reference="N-1", occurred_at=now, content=b"{}"
    )
    with filled.writing() as tx:
        queue.add_messages(tx, vault, [notice], now=now)
        assert queue.counts(tx) == {
            (Direction.OUT, OutState.REVIEW): 14,
            (Direction.OUT, OutState.APPROVED): 7,
            (Direction.OUT, OutState.HELD): 1,
            (Direction.IN, InState.RECEIVED): 1,
        }


def test_rows_that_do_not_exist_are_left_out(filled: Database) -> None:
    with filled.reading() as reading:
        assert [row.id for row in queue.rows_of(reading, [5, 999, 2])] == [5, 2]


@ON_SQLITE
def test_pages_walk_an_index_and_never_sort(filled: Database) -> None:
    plans: list[str] = []

    class Explaining:
        """Stands where the connection does and asks how each query would be done."""

        def execute(self, statement: Select[tuple[object, ...]]) -> list[object]:
            compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
            with filled.reading() as reading:
                plans.extend(row[-1] for row in reading.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
            return []

    now = datetime.fromisoformat("2026-11-23T00:00:00+00:00")
    for chosen in (
        QueueFilter(),
        QueueFilter(states=frozenset({OutState.REVIEW})),
        QueueFilter(states=frozenset({OutState.REVIEW, OutState.APPROVED})),
        QueueFilter(overdue_before=now),
    ):
        for order in Order:
            for after in (None, Key(now, 5)):
                queue.page(Explaining(), chosen, order, after=after, limit=60)  # type: ignore[arg-type]  # Not a connection.
    assert plans
    assert {plan for plan in plans if not plan.startswith("SEARCH message USING INDEX message_")} == set()
