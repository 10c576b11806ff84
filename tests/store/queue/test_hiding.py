"""What a file has brought so far is in no answer until the file is complete, and then in all of them at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from store import queue
from store.database import Database
from store.endings import Ending
from store.errors import ImportUnderWay, MessageMissing, SessionClosed
from store.message.states import Direction, OutState, Pointer, Step
from store.people import Role, add_person, close_session, open_session
from store.queue import Added, MessageDraft, MessageKey, QueueFilter
from store.queue.tables import ALL_MESSAGES, FILE_INTAKES, HIDDEN_RANGES
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault, begin_key_change
from tests.store.conftest import TERMINAL, Fill

KIND = "resident_record"
REVIEW = (Direction.OUT, OutState.REVIEW)

Hide = Callable[..., list[Added]]


@pytest.fixture
def session(database: Database, vault: Vault, now: datetime) -> str:
    with database.writing() as tx:
        add_person(tx, vault.rows, "op-101", [Role.OPERATOR], "kept", now=now)
        return open_session(tx, "op-101", origin="command", now=now).id


@pytest.fixture
def intake_id(database: Database, session: str) -> str:
    with database.writing() as tx:
        return queue.begin_file(tx, session, 1000)


@pytest.fixture
def hide(database: Database, vault: Vault, intake_id: str, now: datetime) -> Hide:
    """Add messages of the file that is under way."""

    def add(references: list[str], target: str | None = None) -> list[Added]:
        drafts = [
            MessageDraft(
                direction=Direction.OUT,
                kind=KIND,
                reference=reference,
                effective_at=now - timedelta(days=1),
                content=b"hidden",
                author="op-101",
                subject=vault.pseudonym("subject", "1"),
                pointer=Pointer.CANCELS if target else None,
                target=target,
            )
            for reference in references
        ]
        with database.writing() as tx:
            sealed = queue.seal_drafts(vault, drafts, now=now)
            return queue.add_sealed(tx, vault, sealed, now=now, intake_id=intake_id)

    return add


def rows(conn: Connection) -> tuple[int, int, int]:
    """Return how many messages, ranges and files the tables hold."""
    messages, ranges, files = (
        conn.scalar(select(func.count()).select_from(table)) or 0
        for table in (ALL_MESSAGES, HIDDEN_RANGES, FILE_INTAKES)
    )
    return messages, ranges, files


def test_no_question_finds_a_hidden_message(
    database: Database, vault: Vault, fill: Fill, hide: Hide, now: datetime
) -> None:
    (before,) = fill(["R-1"], subject="1")
    first, second = hide(["R-2", "R-3"], target="R-1")
    (after,) = fill(["R-4"], subject="1")
    seen = [before.id, after.id]
    with database.reading() as reading:
        assert list(queue.ids(reading, QueueFilter())) == seen
        assert [row.id for row in queue.page(reading, QueueFilter(reference="R"), limit=9)] == seen
        assert queue.page(reading, QueueFilter(being_undone=True), limit=9) == []
        assert queue.count(reading, QueueFilter(kind=KIND)) == queue.counts(reading)[REVIEW] == 2
        assert [row.id for row in queue.rows_of(reading, [before.id, first.id, after.id])] == seen
        assert queue.pointing_at(reading, queue.get(reading, before.id)) == []
        assert queue.contents_of(reading, vault, [first.id]) == {}
        with pytest.raises(MessageMissing):
            queue.get(reading, second.id)
        with pytest.raises(MessageMissing):
            queue.get_by_uid(reading, second.uid)


def test_a_hidden_message_keeps_no_other_waiting(
    database: Database, vault: Vault, fill: Fill, hide: Hide, intake_id: str, now: datetime
) -> None:
    hide(["R-1"])
    (later,) = fill(["R-2"], subject="1")
    act = queue.Act(by="ap-201", now=now)
    with database.writing() as tx:
        queue.move(tx, vault, later.id, Step.APPROVE, act)
        assert [row.id for row in queue.next_to_send(tx, "t-1", now, 9)] == [later.id]
        queue.complete_file(tx, intake_id)
        assert queue.next_to_send(tx, "t-1", now, 9) == []


def test_a_complete_file_is_there_at_once(database: Database, fill: Fill, hide: Hide, intake_id: str) -> None:
    fill(["R-1"])
    hide(["R-2", "R-3"])
    hide(["R-4"])
    fill(["R-5"])
    hide(["R-6"])
    with database.writing() as tx:
        assert rows(tx) == (6, 2, 1), "what lies together is hidden by one range"
        queue.complete_file(tx, intake_id)
        assert rows(tx) == (6, 0, 0)
        assert list(queue.ids(tx, QueueFilter(reference="R"))) == [1, 2, 3, 4, 5, 6]
        assert queue.counts(tx) == {REVIEW: 6}


def test_a_reference_of_a_file_under_way_is_nobody_elses(
    database: Database, fill: Fill, hide: Hide, session: str, intake_id: str
) -> None:
    (there,) = fill(["R-0"], author="op-102")
    (added,) = hide(["R-1"])
    keys = [MessageKey(KIND, "R-1"), MessageKey(KIND, "R-2")]
    with database.writing() as tx:
        queue.reach(tx, intake_id, 999)
        assert queue.known(tx, Direction.OUT, keys, intake_id=intake_id)[keys[0]].id == added.id
        other = queue.begin_file(tx, session, 1)
        for asking in (None, other):
            with pytest.raises(ImportUnderWay) as error:
                queue.known(tx, Direction.OUT, keys, intake_id=asking)
            assert error.value.facts == {"person": "op-101", "percent": "99"}
        assert queue.known(tx, Direction.OUT, keys[1:]) == {}
        seen = MessageKey(KIND, "R-0")
        assert queue.known(tx, Direction.OUT, [seen], intake_id=other)[seen].id == there.id


def test_what_was_given_up_is_removed_in_portions_and_nothing_else(
    database: Database, vault: Vault, fill: Fill, hide: Hide, session: str
) -> None:
    fill(["R-1"])
    hide(["R-2", "R-3", "R-4"])
    fill(["R-5"])
    hide(["R-6"])
    with database.writing() as tx:
        assert not queue.any_given_up(tx)
        assert queue.remove_given_up(tx, 2) == 0
        queue.give_up_files(tx, session)
        assert queue.any_given_up(tx)
        assert [queue.remove_given_up(tx, 2) for _ in range(4)] == [2, 1, 1, 0]
        assert rows(tx) == (2, 0, 0)
        assert list(queue.contents_of(tx, vault, queue.ids(tx, QueueFilter()))) == [1, 5]
    hide(["R-2"])


def test_a_range_that_somebody_made_removes_no_message_at_work(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        queue.move(tx, vault, added.id, Step.HOLD, queue.Act(by="ap-201", now=now))
        tx.execute(insert(HIDDEN_RANGES), {"first": added.id, "last": added.id, "intake_id": "no file"})
        assert queue.any_given_up(tx)
        queue.remove_given_up(tx, 9)
        assert not queue.any_given_up(tx)
        assert queue.get(tx, added.id).state is OutState.HELD


def test_a_file_ends_with_its_session(
    database: Database, hide: Hide, session: str, intake_id: str, now: datetime
) -> None:
    hide(["R-1"])
    with database.writing() as tx:
        close_session(tx, session, Ending.CRASH, now)
        assert queue.any_given_up(tx)
        with pytest.raises(SessionClosed):
            queue.reach(tx, intake_id, 1)
        with pytest.raises(SessionClosed):
            queue.complete_file(tx, intake_id)
        assert [queue.remove_given_up(tx, 9) for _ in range(2)] == [1, 0]
        assert rows(tx) == (0, 0, 0)


def test_a_change_of_the_key_rewraps_what_is_hidden(database: Database, home: Path, hide: Hide, intake_id: str) -> None:
    (added,) = hide(["R-1"])
    begin_key_change(KeyFile(home / "keys"))
    vault = Vault.open(KeyFile(home / "keys"), terminal_id=TERMINAL)
    with database.writing() as tx:
        assert queue.count_left(tx, vault) == 2, "its content, and its name for the search"
        for step in queue.portions(10):
            step(tx, vault)
        assert queue.count_left(tx, vault) == 0
        queue.complete_file(tx, intake_id)
        assert queue.contents_of(tx, vault, [added.id]) == {added.id: b"hidden"}
