"""Pruning removes the oldest entries up to a checkpoint, and the rest still verifies."""

from pathlib import Path

import pytest

from store.database import Database
from store.errors import NothingToPrune
from store.log import Event, Flaw, Log, Occasion, SigningKeys, Verification, checkpoints, pruning
from store.log.checkpoints import Checkpoint, WitnessRow
from tests.store.conftest import NOON, TERMINAL


@pytest.fixture
def log(home: Path) -> Log:
    return Log(TERMINAL, SigningKeys.create(home / "signing"))


@pytest.fixture
def marks(database: Database, log: Log) -> list[Checkpoint]:
    """Checkpoints over the entries 2, 4 and 6, each seen by the peer, with entry 7 behind them."""
    made = []
    for _ in range(3):
        with database.writing() as tx:
            for _ in range(2):
                log.append(tx, Event.MESSAGE_READ, actor="op-101", session=None, now=NOON)
            mark = log.checkpoint(tx, Occasion.ACTIVITY)
            assert mark is not None
            checkpoints.add_witness(tx, WitnessRow(mark.number, mark.digest, "agency", b"", NOON))
        log.erase_used(mark)
        made.append(mark)
    with database.writing() as tx:
        log.append(tx, Event.MESSAGE_READ, actor="op-101", session=None, now=NOON)
    return made


def _verify(database: Database, log: Log) -> Verification:
    with database.reading() as reading:
        return log.verify(reading)


def _prune(database: Database, log: Log, last: int, *, on_record: bool = True) -> None:
    with database.pruning() as tx:
        _, kept = pruning.boundary(tx, last)
        if on_record:
            log.append(tx, Event.LOG_PRUNED, actor="ka-301", session=None, detail={"to": last}, now=NOON)
        pruning.prune(tx, kept)


def test_the_boundary_is_a_checkpoint_with_the_entries_before_it(database: Database, marks: list[Checkpoint]) -> None:
    with database.reading() as reading:
        assert pruning.boundary(reading, 4) == (4, marks[1])


@pytest.mark.parametrize("last", [0, 3, 7, 99])
def test_there_is_no_boundary_where_no_checkpoint_signs(database: Database, marks: list[Checkpoint], last: int) -> None:
    with database.reading() as reading, pytest.raises(NothingToPrune):
        pruning.boundary(reading, last)


def test_the_rest_verifies_and_begins_at_the_checkpoint(database: Database, log: Log, marks: list[Checkpoint]) -> None:
    _prune(database, log, 4)
    verification = _verify(database, log)

    # The entries 5 to 7, and 8 about the pruning.
    assert verification == Verification(ok=True, entries=4, checkpoints=1, pruned=4)


def test_the_checkpoint_at_the_boundary_and_its_witness_stay(
    database: Database, log: Log, marks: list[Checkpoint]
) -> None:
    _prune(database, log, 4)
    with database.reading() as reading:
        assert [row.number for row in checkpoints.since(reading, 1)] == [2, 3]
        assert [witness.number for witness in checkpoints.witnesses(reading, 1, 9)] == [2, 3]


def test_what_is_pruned_is_not_pruned_again_but_more_may_be(
    database: Database, log: Log, marks: list[Checkpoint]
) -> None:
    _prune(database, log, 4)
    with database.reading() as reading, pytest.raises(NothingToPrune):
        pruning.boundary(reading, 4)
    _prune(database, log, 6)

    assert _verify(database, log) == Verification(ok=True, entries=3, pruned=6)


def test_a_removal_that_no_entry_records_is_a_gap(database: Database, log: Log, marks: list[Checkpoint]) -> None:
    _prune(database, log, 4, on_record=False)

    verification = _verify(database, log)
    assert (verification.ok, verification.first_bad, verification.cause) == (False, 1, Flaw.GAP)
