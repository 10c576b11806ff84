"""After a change of the key every row key is wrapped again, in portions, and an interrupted change begins again."""

from datetime import datetime
from pathlib import Path

import pytest

from store import queue
from store.database import Database
from store.message.states import Step
from store.people import drafts
from store.queue import Act, PeerOutcome, ResultRow
from store.queue.rewrapping import count_left, count_sealed, portions
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault, begin_key_change
from tests.store.conftest import TERMINAL, Fill

ROWS = 9  # Five contents, the names in them, a note, the words of a result, and a draft.


@pytest.fixture
def sealed(database: Database, vault: Vault, fill: Fill, now: datetime) -> list[int]:
    numbers = [message.id for message in fill([f"R-{number}" for number in range(5)])]
    with database.writing() as tx:
        queue.move(tx, vault, numbers[0], Step.WITHDRAW, Act(by="ap-201", now=now, reason="取下げの理由"))
        words = _words_about(numbers[1], now)
        queue.add_result(tx, vault, words)
        drafts.keep(tx, vault, uid="d" * 32, person="op-101", content=b"begun", now=now)
    return numbers


@pytest.fixture
def changed(home: Path, sealed: list[int]) -> Vault:
    """The vault after the key was changed: it still opens what the former key wraps."""
    assert sealed
    begin_key_change(KeyFile(home / "keys"))
    return Vault.open(KeyFile(home / "keys"), terminal_id=TERMINAL)


def _words_about(number: int, now: datetime) -> ResultRow:
    return ResultRow(
        uid="ab" * 16,
        message_id=number,
        position=1,
        outcome=PeerOutcome.ACCEPTED,
        code=None,
        received_at=now,
        words=b"words",
    )


def left(database: Database, vault: Vault) -> int:
    with database.reading() as reading:
        return count_left(reading, vault)


def rewrap(database: Database, vault: Vault, size: int, steps: int = 1000) -> list[tuple[int, int]]:
    done = []
    for step, _ in zip(portions(size), range(steps), strict=False):
        with database.writing() as tx:
            rows, changed = step(tx, vault)
        done.append((rows, changed))
    return done


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_every_row_is_wrapped_again_whatever_the_portions(database: Database, changed: Vault, size: int) -> None:
    with database.reading() as reading:
        assert count_sealed(reading) == ROWS
    assert left(database, changed) == ROWS
    done = rewrap(database, changed, size)
    assert all(rows <= size for rows, _changed in done)
    assert [sum(column) for column in zip(*done, strict=True)] == [ROWS, ROWS]
    assert left(database, changed) == 0


def test_what_was_interrupted_begins_again_and_changes_only_the_rest(
    database: Database, changed: Vault, sealed: list[int]
) -> None:
    rewrap(database, changed, 2, steps=1)
    assert left(database, changed) == ROWS - 2
    assert sum(changed for _rows, changed in rewrap(database, changed, 100)) == ROWS - 2
    with database.reading() as reading:
        assert queue.contents_of(reading, changed, sealed) == {
            number: f"content of R-{at}".encode() for at, number in enumerate(sealed)
        }


def test_a_draft_opens_under_the_new_key(database: Database, changed: Vault) -> None:
    rewrap(database, changed, 100)
    with database.reading() as reading:
        (draft,) = drafts.drafts_of(reading, changed, "op-101")
    assert draft.content == b"begun"


def test_an_erased_value_gets_no_key(database: Database, changed: Vault, sealed: list[int]) -> None:
    with database.writing() as tx:
        queue.erase(tx, queue.rows_of(tx, sealed[:1]))
    # A content and a note are gone, and the names of all, until somebody searches.
    assert left(database, changed) == ROWS - 3
    assert sum(changed for _rows, changed in rewrap(database, changed, 100)) == ROWS - 3
    with database.reading() as reading:
        assert queue.contents_of(reading, changed, sealed[:1]) == {}
