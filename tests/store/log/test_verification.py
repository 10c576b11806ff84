"""How far the chain and its checkpoints hold, and whether the database is where keys and peer saw it last.

It shows `store.log.findings` as well, in which verification says what it found.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from store.database import Database
from store.errors import LogBroken
from store.log import Event, Flaw, Log, Occasion, Origin, SigningKeys, Verification, checkpoints, pruning
from store.log.checkpoints import CHECKPOINTS, Checkpoint, WitnessRow
from store.log.verification import first_unproved, standing, verify
from tests.store.conftest import NOON, TERMINAL


@pytest.fixture
def engine() -> str:
    """SQLite is enough here: `test_chain` runs on PostgreSQL as well."""
    return "sqlite"


@pytest.fixture
def keys(home: Path) -> SigningKeys:
    return SigningKeys.create(home / "signing")


@pytest.fixture
def log(keys: SigningKeys) -> Log:
    return Log(TERMINAL, keys)


@pytest.fixture
def marks(database: Database, log: Log) -> list[Checkpoint]:
    """Checkpoints over the entries 2, 4 and 6, with entry 7 behind them."""
    made = [_mark(database, log) for _ in range(3)]
    _append(database, log)
    return made


def _append(database: Database, log: Log, *, actor: str = "op-101") -> None:
    with database.writing() as tx:
        log.append(tx, Event.MESSAGE_READ, actor=actor, session=None, now=NOON)


def _mark(database: Database, log: Log) -> Checkpoint:
    for _ in range(2):
        _append(database, log)
    with database.writing() as tx:
        mark = log.checkpoint(tx, Occasion.ACTIVITY)
    assert mark is not None
    log.erase_used(mark)
    return mark


def _verify(database: Database, keys: SigningKeys, since: Checkpoint | None = None) -> Verification:
    with database.reading() as reading:
        return verify(reading, Origin(TERMINAL, keys.root), since=since)


def _change(database: Database, number: int, **columns: object) -> None:
    with database.writing() as tx:
        tx.execute(CHECKPOINTS.update().where(CHECKPOINTS.c.number == number).values(**columns))


def _forget(database: Database, *numbers: int) -> None:
    with database.writing() as tx:
        tx.execute(CHECKPOINTS.delete().where(CHECKPOINTS.c.number.in_(numbers)))


def _witness(database: Database, number: int, digest: bytes) -> None:
    with database.writing() as tx:
        checkpoints.add_witness(tx, WitnessRow(number, digest, "agency", b"", NOON + timedelta(days=1)))


def test_an_empty_log_holds(database: Database, keys: SigningKeys) -> None:
    assert _verify(database, keys) == Verification(ok=True, entries=0)


def test_an_honest_log_holds_to_its_last_entry(database: Database, keys: SigningKeys, marks: list[Checkpoint]) -> None:
    assert _verify(database, keys) == Verification(ok=True, entries=7, checkpoints=3)


def test_what_lies_before_a_known_checkpoint_is_not_read(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    assert _verify(database, keys, since=marks[1]) == Verification(ok=True, entries=3, checkpoints=1)


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        pytest.param("seq > 4", (5, Flaw.CUT), id="the-signed-end"),
        pytest.param("seq IN (5, 6)", (5, Flaw.CUT), id="between"),
        pytest.param("seq > 0", (1, Flaw.CUT), id="all"),
    ],
)
def test_signed_entries_that_are_cut_away_are_missed_at_the_checkpoint_that_is_left(
    database: Database, keys: SigningKeys, marks: list[Checkpoint], cut: str, found: tuple[int, Flaw]
) -> None:
    with database.pruning() as tx:
        tx.exec_driver_sql(f"DELETE FROM log_entry WHERE {cut}")
    result = _verify(database, keys, since=marks[-1])
    assert (result.ok, (result.first_bad, result.cause)) == (False, found)


def test_entries_that_fill_the_hole_are_not_the_signed_ones_and_are_not_signed(
    database: Database, log: Log, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    with database.pruning() as tx:
        tx.exec_driver_sql("DELETE FROM log_entry WHERE seq > 4")
    _append(database, log, actor="op-999")
    with database.writing() as tx, pytest.raises(LogBroken) as caught:
        log.checkpoint(tx, Occasion.ACTIVITY)
    assert caught.value.facts == {"first_bad": "6"}
    _append(database, log)
    result = _verify(database, keys, since=marks[-1])
    assert (result.ok, result.first_bad, result.cause) == (False, 5, Flaw.MARK)


def test_a_log_that_was_pruned_up_to_its_last_checkpoint_begins_behind_it(
    database: Database, log: Log, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    with database.pruning() as tx:
        _count, kept = pruning.boundary(tx, marks[-1].seq)
        log.append(tx, Event.LOG_PRUNED, actor="ka-301", session=None, detail={"to": kept.seq}, now=NOON)
        pruning.prune(tx, kept)
    assert _verify(database, keys, since=marks[-1]).ok


def test_a_log_that_somebody_else_began_is_not_ours(database: Database, marks: list[Checkpoint]) -> None:
    with database.reading() as reading:
        result = verify(reading, Origin(TERMINAL, bytes(32)))

    assert (result.ok, result.first_bad, result.cause) == (False, 1, Flaw.LADDER)


@pytest.mark.parametrize(
    ("columns", "flaw"),
    [
        ({"signature": bytes(64)}, Flaw.SIGNATURE),
        ({"signature": b""}, Flaw.SIGNATURE),
        ({"body": b"{}"}, Flaw.CHECKPOINT),
        ({"seq": 3}, Flaw.CHECKPOINT),
    ],
)
def test_a_bad_checkpoint_leaves_unproved_what_it_signed(
    database: Database, keys: SigningKeys, marks: list[Checkpoint], columns: dict[str, object], flaw: Flaw
) -> None:
    _change(database, 2, **columns)
    result = _verify(database, keys)

    # The first checkpoint proves the entries 1 and 2.
    assert (result.first_bad, result.entries, result.checkpoints, result.cause) == (3, 2, 1, flaw)
    assert not result.ok


def test_a_missing_checkpoint_breaks_the_row_of_keys(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    _forget(database, 2)

    assert _verify(database, keys).cause is Flaw.CHECKPOINT


def test_entries_that_are_cut_off_are_missed_by_their_checkpoint(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    with database.pruning() as tx:
        tx.exec_driver_sql("DELETE FROM log_entry WHERE seq > 5")
    result = _verify(database, keys)

    assert (result.first_bad, result.cause, result.entries) == (6, Flaw.CUT, 5)


def test_the_database_is_where_the_keys_saw_it_last(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is None


def test_a_database_without_its_last_checkpoint_was_rolled_back(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    _forget(database, 3)
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is Flaw.CUT
        assert first_unproved(tx, Flaw.CUT) == 5


def test_a_lost_key_is_told_from_a_roll_back(database: Database, keys: SigningKeys, marks: list[Checkpoint]) -> None:
    keys.erase_below(99)
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is Flaw.LADDER
        # Somebody else may have signed the last checkpoint, so only the one before it proves anything.
        assert first_unproved(tx, Flaw.LADDER) == 5


def test_the_peer_remembers_what_a_copy_of_the_whole_machine_forgets(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    _witness(database, 9, b"d" * 32)
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is Flaw.CUT


def test_the_peer_saw_another_checkpoint_under_that_number(
    database: Database, keys: SigningKeys, marks: list[Checkpoint]
) -> None:
    _witness(database, 2, marks[1].digest)
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is None
    _witness(database, 3, b"d" * 32)
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is Flaw.MARK
        assert first_unproved(tx, Flaw.MARK) == 5


def test_after_two_persons_went_on_the_difference_is_on_record(
    database: Database, keys: SigningKeys, log: Log, marks: list[Checkpoint]
) -> None:
    _witness(database, 3, b"d" * 32)
    with database.writing() as tx:
        log.append(tx, Event.LOG_RESUMED, actor="ka-301", session=None, now=NOON)
        log.resume(tx)
    with database.writing() as tx:
        assert standing(tx, keys, TERMINAL) is None

    assert _verify(database, keys) == Verification(ok=True, entries=8, checkpoints=4, resumed=(8,))
