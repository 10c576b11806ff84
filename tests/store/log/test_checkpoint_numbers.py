"""Checkpoints are read page by page, and going on takes numbers that no lost future has used."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from store.database import Database
from store.log import Event, Log, Occasion, SigningKeys, WitnessRow, checkpoints

NOON: Final = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


# The spelling of a checkpoint's body: of all spellings that JSON allows, one


# Page by page


@pytest.fixture
def signing_keys(home: Path) -> SigningKeys:
    return SigningKeys.create(home / "log")


@pytest.fixture
def signed(database: Database, signing_keys: SigningKeys) -> Log:
    """A log with five checkpoints."""
    log = Log("t-131041-01", signing_keys)
    for _ in range(5):
        with database.writing() as tx:
            log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None)
            made = log.checkpoint(tx, Occasion.START)
        assert made is not None
        log.erase_used(made)
    return log


@pytest.mark.parametrize("page", [1, 2, 3, 5, 6])
def test_checkpoints_beyond_one_page_all_come_once(
    database: Database, signed: Log, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(checkpoints, "_PAGE", page)
    with database.reading() as reading:
        for number in range(1, 8):
            # One more than there are: pages that repeat themselves would go on for ever.
            found = [row.number for row in islice(checkpoints.since(reading, number), 6)]
            assert found == list(range(number, 6))
        assert signed.verify(reading).ok


# Going on after a roll-back


def _resumed(database: Database, log: Log) -> int:
    with database.writing() as tx:
        log.append(tx, Event.LOG_RESUMED, actor="ka-301", session=None)
        return log.resume(tx).number


def _witnessed(database: Database, number: int) -> None:
    with database.writing() as tx:
        checkpoints.add_witness(tx, WitnessRow(number, b"d" * 32, "agency", b"", NOON))


def test_going_on_counts_from_the_last_checkpoint_where_the_keys_are_lost(
    database: Database, signed: Log, signing_keys: SigningKeys
) -> None:
    signing_keys.erase_below(7)
    assert _resumed(database, signed) == 6


def test_going_on_passes_the_keys_that_a_lost_future_made(
    database: Database, signed: Log, signing_keys: SigningKeys
) -> None:
    signing_keys.prepare(12)
    assert _resumed(database, signed) == 13


def test_going_on_passes_the_checkpoint_that_the_peer_saw(database: Database, signed: Log) -> None:
    _witnessed(database, 20)
    assert _resumed(database, signed) == 21


def test_going_on_passes_the_highest_of_all(database: Database, signed: Log, signing_keys: SigningKeys) -> None:
    signing_keys.prepare(12)
    _witnessed(database, 9)
    assert _resumed(database, signed) == 13
