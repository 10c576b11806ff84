"""Looking at the queue: pages, filters, snapshots, counts.

It shows the indexes of `store.queue.tables` and the numbers of `store.queue.state_counts` as well.
"""

from array import array
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Select, select

from store import queue
from store.database import Database
from store.message.states import Direction, InState, OutState, Step
from store.message.worklists import PARTS
from store.queue import Act, Order, PageKey, QueueFilter
from store.queue.tables import MESSAGES
from store.sealing.vault import Vault
from tests.store.conftest import Fill

REFERENCES = [f"R-{number:02}" for number in range(20)]


@pytest.fixture
def filled(database: Database, vault: Vault, fill: Fill, now: datetime) -> Database:
    """Twenty messages of as many minutes, three of one moment; every third approved, one held."""
    added = fill(REFERENCES)
    fill(["T-1"], start=now - timedelta(minutes=50))
    fill(["T-2"], start=now - timedelta(minutes=50))
    with database.writing() as tx:
        queue.move_many(tx, vault, [message.id for message in added[::3]], Step.APPROVE, Act(by="ap-201", now=now))
        queue.move(tx, vault, added[1].id, Step.HOLD, Act(by="ap-201", now=now))
    return database


def walk(database: Database, chosen: QueueFilter, order: Order, limit: int) -> list[str]:
    seen: list[str] = []
    after: PageKey | None = None
    with database.reading() as reading:
        while rows := queue.page(reading, chosen, order, after=after, limit=limit):
            assert len(rows) <= limit
            seen += [row.reference for row in rows]
            after = PageKey.of(rows[-1])
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
        direction=Direction.IN, kind="agency_notice", reference="N-1", effective_at=now, content=b"{}"
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


class Explaining:
    """Takes the place of the connection: answers nothing, and keeps how the engine would answer each question."""

    def __init__(self, reading: Connection) -> None:
        self._reading = reading
        self.plans: list[str] = []

    def execute(self, statement: Select[tuple[object, ...]], values: object = None) -> list[object]:
        del values
        filled = statement.params({"references": ["R-07", "R-08"]})
        compiled = filled.compile(dialect=self._reading.dialect, compile_kwargs={"literal_binds": True})
        plan = self._reading.exec_driver_sql(_EXPLAIN[self._reading.dialect.name] + str(compiled).replace("%%", "%"))
        self.plans.append("\n".join(str(row[-1]) for row in plan))
        return []

    def scalar(self, statement: Select[tuple[object, ...]]) -> None:
        self.execute(statement)


_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
_MOMENT = datetime.fromisoformat("2026-11-23T00:00:00+00:00")
_SCREEN: list[QueueFilter] = [
    QueueFilter(direction, frozenset(states), reference=reference, being_undone=undone)
    for direction, all_states in ((Direction.OUT, OutState), (Direction.IN, InState))
    for states in ([], *([state] for state in all_states))
    for reference in (None, "R-1")
    for undone in ((False, True) if direction is Direction.OUT and not states else (False,))
]
_SCREEN += [
    QueueFilter(
        part.direction,
        part.states,
        reference=reference,
        overdue_before=_MOMENT if part.overdue else None,
        since=_MOMENT if part.overdue is False else None,
        warned=warned,
    )
    for parts in PARTS.values()
    for part in parts
    for reference in (None, "")
    for warned in (False, True)
    if not part.being_undone
]
"""Every filter that the screen and the command offer: also the parts of the lists of work, by time and by reference."""
_OTHERS = [
    QueueFilter(overdue_before=_MOMENT),
    QueueFilter(states=frozenset({OutState.REVIEW, OutState.APPROVED})),
]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("after", [None, PageKey(_MOMENT, 5, "R-05")], ids=["first", "after"])
def test_pages_walk_an_index_and_never_sort(filled: Database, order: Order, after: PageKey | None) -> None:
    with filled.reading() as reading:
        if reading.dialect.name == "postgresql":
            # Twenty rows are read as a whole whatever indexes there are: what is left when that is forbidden is the way
            # of a million. Where there were no index, the plan would still show the forbidden way.
            for way in ("seqscan", "sort", "bitmapscan", "incremental_sort"):
                reading.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        explaining = Explaining(reading)
        for chosen in (*_SCREEN, *_OTHERS):
            queue.page(explaining, chosen, order, after=after, limit=60)  # type: ignore[arg-type]  # It is no connection.
            queue.count(explaining, replace(chosen, kind="resident_record"))  # type: ignore[arg-type]  # As above.
    assert len(explaining.plans) > 2 * len(_SCREEN)
    for plan in explaining.plans:
        assert "INDEX" in plan.upper(), plan
        for slow in ("SCAN message", "SCAN TABLE", "TEMP B-TREE", "Seq Scan", "Sort"):
            assert slow not in plan, plan


def test_a_walk_without_an_index_would_be_noticed(filled: Database) -> None:
    with filled.reading() as reading:
        if reading.dialect.name == "postgresql":
            reading.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explaining = Explaining(reading)
        explaining.execute(select(MESSAGES.c.id).where(MESSAGES.c.author == "op-101").order_by(MESSAGES.c.taken_at))
    (plan,) = explaining.plans
    assert "TEMP B-TREE" in plan or "Sort" in plan
    assert "SCAN message" in plan or "Seq Scan" in plan
