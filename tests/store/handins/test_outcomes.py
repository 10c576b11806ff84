"""What became of a file is kept by what it holds, under seals; its report opens in its own place alone.

It shows `store.handins.states` as well.
"""

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, select, update

from store import dump
from store.comparison import Difference
from store.database import Database
from store.errors import SealBroken
from store.handins import outcomes
from store.handins.outcomes import FILE_LOOKS, FILE_OUTCOMES, FILE_REPORTS, FileOutcome
from store.handins.states import FileState
from store.log import Log
from store.people import Pepper
from store.queue import rewrapping
from store.sealing.vault import Vault, begin_key_change
from tests.store.conftest import NOON, TERMINAL
from tests.store.table_world import TableWorld

FILE, OTHER = "a" * 32, "b" * 32
DONE: Final = FileOutcome(FileState.PARTLY, 5, 1, 2, 3, 4, None, "op-101", NOON)


@pytest.fixture
def world(database: Database, vault: Vault, log: Log) -> TableWorld:
    made = TableWorld(database, vault, log, Pepper(b"p" * 32, TERMINAL))
    with database.writing() as tx:
        for file, report in ((FILE, b"of this file" * 200), (OTHER, b"of another")):
            outcomes.put(tx, vault, file, DONE, report)
            outcomes.note_look(tx, vault.rows, f"look {file}", file)
    return made


def known(world: TableWorld, reading: Connection) -> dict[str, FileOutcome]:
    return outcomes.outcomes_by_look(reading, world.vault.rows, [f"look {FILE}", f"look {OTHER}", "look at nothing"])


def test_a_file_is_known_by_its_looks_and_by_itself(world: TableWorld) -> None:
    later = replace(DONE, state=FileState.TAKEN, accepted=0, known=8, taken_at=NOON + timedelta(days=1))
    with world.database.writing() as tx:
        assert known(world, tx) == {f"look {FILE}": DONE, f"look {OTHER}": DONE}
        outcomes.put(tx, world.vault, FILE, later, b"again")
        assert outcomes.outcome_of(tx, world.vault.rows, FILE) == later
        assert (later.held, known(world, tx)[f"look {FILE}"]) == (8, later)
        assert outcomes.report_of(tx, world.vault, FILE) == b"again"
        assert outcomes.report_of(tx, world.vault, "c" * 32) is None
        assert world.compare(tx).ok


_TAMPERED: Final = {
    "outcome": (update(FILE_OUTCOMES).where(FILE_OUTCOMES.c.file == FILE).values(refused=0), FILE_OUTCOMES.name, FILE),
    "state": (update(FILE_OUTCOMES).where(FILE_OUTCOMES.c.file == FILE).values(state="x"), FILE_OUTCOMES.name, FILE),
    "look": (
        update(FILE_LOOKS).where(FILE_LOOKS.c.file == FILE).values(file=OTHER),
        FILE_LOOKS.name,
        f"look {FILE}",
    ),
}


@pytest.mark.parametrize("name", _TAMPERED)
def test_what_was_changed_counts_as_not_taken_in_and_is_named(world: TableWorld, name: str) -> None:
    statement, table, row = _TAMPERED[name]
    with world.tampered(partial(Connection.execute, statement=statement)) as tx:
        assert known(world, tx).keys() == {f"look {OTHER}"}
        (found,) = world.compare(tx).named
        assert (found.table, found.row, found.how) == (table, row, Difference.CHANGED)


def test_a_report_opens_in_its_own_place_alone(world: TableWorld) -> None:
    with world.database.writing() as tx:
        row = tx.execute(select(FILE_REPORTS).where(FILE_REPORTS.c.file == OTHER)).one()
        moved = update(FILE_REPORTS).where(FILE_REPORTS.c.file == FILE)
        tx.execute(moved.values(ciphertext=row.ciphertext, wrapped_key=row.wrapped_key))
        with pytest.raises(SealBroken):
            outcomes.report_of(tx, world.vault, FILE)


def test_a_change_of_the_key_rewraps_reports(world: TableWorld) -> None:
    source = world.vault._source
    assert source is not None
    begin_key_change(source)
    world.vault.renew()
    with world.database.writing() as tx:
        assert rewrapping.count_left(tx, world.vault) == rewrapping.count_sealed(tx) == 2
        for step in rewrapping.portions(1):
            step(tx, world.vault)
        assert rewrapping.count_left(tx, world.vault) == 0
        assert outcomes.report_of(tx, world.vault, OTHER) == b"of another"


def test_what_is_old_is_forgotten_with_its_looks(world: TableWorld) -> None:
    with world.database.writing() as tx:
        outcomes.put(tx, world.vault, OTHER, replace(DONE, taken_at=NOON + timedelta(days=2)), b"new")
        assert outcomes.forget(tx, NOON + timedelta(days=1)) == [FILE]
        assert known(world, tx).keys() == {f"look {OTHER}"}
        assert list(tx.scalars(select(FILE_REPORTS.c.file))) == [OTHER]


def test_nothing_is_known_of_no_files(world: TableWorld) -> None:
    with world.database.writing() as tx:
        assert outcomes.outcomes_by_look(tx, world.vault.rows, []) == {}
        assert outcomes.outcome_of(tx, world.vault.rows, "c" * 32) is None
        assert outcomes.forget(tx, NOON) == []


def test_a_list_of_any_length_is_asked_for_in_parts(world: TableWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "_AT_ONCE", 2)
    names = [f"look {number}" for number in range(5)]
    with world.database.writing() as tx:
        for name in names:
            outcomes.note_look(tx, world.vault.rows, name, FILE)
        found = outcomes.outcomes_by_look(tx, world.vault.rows, [*names, "look at nothing"])
        assert found == dict.fromkeys(names, DONE)
        for number in range(5):
            outcomes.put(tx, world.vault, f"{number}" * 32, DONE, b"old")
        assert len(outcomes.forget(tx, NOON + timedelta(seconds=1))) == 7
        assert tx.execute(select(FILE_LOOKS)).all() == tx.execute(select(FILE_OUTCOMES)).all() == []


def test_a_look_leads_to_the_file_that_was_read_last(world: TableWorld) -> None:
    later = replace(DONE, state=FileState.TAKEN)
    with world.database.writing() as tx:
        outcomes.put(tx, world.vault, OTHER, later, b"")
        outcomes.note_look(tx, world.vault.rows, f"look {FILE}", OTHER)
        assert known(world, tx) == dict.fromkeys((f"look {FILE}", f"look {OTHER}"), later)
        assert world.compare(tx).ok


def test_what_became_of_files_goes_with_a_backup(world: TableWorld, tmp_path: Path) -> None:
    with world.database.reading() as reading:
        dumped = list(dump.lines(reading))
        before = known(world, reading)
    tables = [name for name, _ in map(json.loads, dumped) if name]
    # A look and a report refer to their outcome, which therefore comes first.
    assert tables.index("file_outcome") < min(tables.index("file_look"), tables.index("file_report"))
    with closing(Database.create(f"sqlite:///{tmp_path / 'restored.sqlite'}")) as restored:
        with restored.writing() as tx:
            dump.load(tx, dumped)
        with restored.reading() as reading:
            assert known(world, reading) == before
            assert outcomes.report_of(reading, world.vault, FILE) == b"of this file" * 200
            assert world.compare(reading).ok


@pytest.mark.parametrize("state", [state for state in FileState if state is not FileState.WAITING])
def test_each_state_is_kept_as_its_word(world: TableWorld, state: FileState) -> None:
    refused = replace(DONE, state=state, code="file_spreadsheet" if state is FileState.REFUSED else None)
    with world.database.writing() as tx:
        outcomes.put(tx, world.vault, FILE, refused, b"")
        assert outcomes.outcome_of(tx, world.vault.rows, FILE) == refused
        assert tx.scalar(select(FILE_OUTCOMES.c.state).where(FILE_OUTCOMES.c.file == FILE)) == state.value
        # An empty report is a report: who looks for it finds that it says nothing.
        assert outcomes.report_of(tx, world.vault, FILE) == b""
