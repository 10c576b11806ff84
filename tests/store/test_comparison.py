"""Everything that the administrator of the database might do to a row, on both engines, and what is named."""

import random
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import update

from store import comparison, queue
from store.comparison import Difference, Differing
from store.database import Database
from store.log import Event, Log, newest
from store.message.states import Step
from store.people import Pepper, drafts
from store.sealing.vault import Vault
from tests.store.conftest import NOON, TERMINAL
from tests.store.table_world import TableWorld, assert_noticed, tampering_table

SEEDS: Final = (0, pytest.param(1, marks=pytest.mark.long))


@pytest.fixture
def world(database: Database, vault: Vault, log: Log) -> TableWorld:
    made = TableWorld(database, vault, log, Pepper(b"p" * 32, TERMINAL))
    made.fill()
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_done_to_a_row_is_found_and_that_row_named(world: TableWorld, seed: int) -> None:
    """The world is made once for all: each act of tampering is undone with its transaction."""
    older = world.snapshot()
    world.step(1, Step.APPROVE)
    world.change_pin("ka-301")
    world.fail("ap-201")
    world.confirm("log.keep_years", "10")
    world.protect("a" * 32, protected=False)
    for name, tampering in tampering_table(older).items():
        assert_noticed(world, tampering, random.Random(f"{name} {seed}"))
    with world.database.reading() as reading:
        assert world.compare(reading).ok


def test_what_is_honest_is_counted_and_raises_no_alarm(world: TableWorld) -> None:
    with world.database.reading() as reading:
        found = world.compare(reading)
    assert (found.ok, found.rows, found.named) == (True, 7 + 3 + 3 + 2 + 2 + 2 + 2, [])


def test_only_what_changed_since_is_compared_when_that_is_asked_for(world: TableWorld) -> None:
    with world.database.reading() as reading:
        since = newest(reading)
    world.step(1, Step.APPROVE)
    with world.database.writing() as tx:
        tx.exec_driver_sql("UPDATE message SET hold = 'hand' WHERE id IN (1, 2)")
        found = world.compare(tx, since)
        changed, uid = found.named, queue.get(tx, 1).uid
        assert found.rows == 1 + 3 + 3 + 2 + 2 + 2 + 2
        assert changed == [Differing("message", uid, Difference.CHANGED)]
        tx.exec_driver_sql("DELETE FROM content WHERE message_id = 1")
        tx.exec_driver_sql("DELETE FROM message WHERE id = 1")
        assert Differing("message", uid, Difference.MISSING) in world.compare(tx, since).named


def test_a_count_that_was_edited_is_found(world: TableWorld) -> None:
    with world.database.writing() as tx:
        tx.exec_driver_sql("UPDATE tally SET number = number + 1 WHERE direction = 'out' AND state = 'review'")
        assert world.compare(tx).named == [Differing("tally", "out review", Difference.CHANGED)]


def test_a_draft_that_was_given_to_somebody_else_is_found(world: TableWorld) -> None:
    uid = "d" * 32
    with world.database.writing() as tx:
        drafts.keep(tx, world.vault, uid=uid, person="op-101", content=b"begun", now=NOON)
    with world.database.reading() as reading:
        assert world.compare(reading).ok
    with world.database.writing() as tx:
        tx.execute(update(drafts.DRAFTS).values(person="op-102"))
    with world.database.reading() as reading:
        assert world.compare(reading).named == [Differing("entry_draft", uid, Difference.CHANGED)]


def test_pages_of_any_size_find_the_same(world: TableWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.database.writing() as tx:
        tx.exec_driver_sql("UPDATE message SET revision = 9 WHERE id IN (2, 7)")
        tx.exec_driver_sql("DELETE FROM content WHERE message_id = 4")
        tx.exec_driver_sql("DELETE FROM message WHERE id = 4")
        whole = world.compare(tx)
        seen: list[int] = []
        monkeypatch.setattr(comparison, "_ROWS", comparison._ROWS.limit(2))
        paged = comparison.compare(tx, world.vault, world.pepper, progress=seen.append)
    assert sorted(map(str, paged.named)) == sorted(map(str, whole.named))
    assert (paged.differences, seen) == (4, [2, 4, 6])


def test_many_differences_are_counted_and_the_first_of_them_named(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "MOST", 2)
    with world.database.writing() as tx:
        tx.exec_driver_sql("UPDATE message SET revision = 9")
        found = world.compare(tx)
    assert (found.differences, len(found.named)) == (7, 2)


def test_a_count_of_wrong_pins_may_be_ahead_of_the_log(world: TableWorld) -> None:
    world.fail("ap-201", cut_off=True)
    with world.database.reading() as reading:
        assert world.compare(reading).ok
    world.succeed("ap-201")
    with world.database.reading() as reading:
        assert world.compare(reading).ok


def test_what_a_pruned_log_no_longer_tells_is_proved_by_its_seal(world: TableWorld, log: Log, tmp_path: Path) -> None:
    with world.database.pruning() as tx:
        tx.exec_driver_sql("DELETE FROM log_entry")
        log.append(tx, Event.LOG_PRUNED, actor=None, session=None)
        tx.exec_driver_sql("DELETE FROM log_entry")
        tx.exec_driver_sql(
            "INSERT INTO log_entry (seq, body, hash, at, event, result) VALUES (99, '', '', 0, 'log.pruned', 'done')"
        )
        assert world.compare(tx).ok
        tx.exec_driver_sql("UPDATE message SET revision = 9 WHERE id = 1")
        assert [each.how for each in world.compare(tx).named] == [Difference.INVENTED]
