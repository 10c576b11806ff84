"""Rows of messages are sealed as they are written, and read back with a seal that holds.

Tampering itself is shown in `tests.console.jobs.log.test_tables`.
"""

from datetime import date, datetime

import pytest
from sqlalchemy import Integer, text

from store import queue
from store.database import Database
from store.errors import MessageChanged, RowSealBroken
from store.message.states import Step
from store.queue import Act
from store.queue.sealed_rows import SEALED, as_sealed, check_seal, plain, write
from store.queue.tables import ALL_MESSAGES
from store.schema import UtcMoment
from store.sealing.vault import Vault
from tests.store.conftest import Fill


def test_what_is_sealed_is_every_column_but_the_seal() -> None:
    assert {*SEALED, "seal"} == set(ALL_MESSAGES.c.keys())


def test_a_row_is_sealed_the_same_as_the_program_and_as_the_engine_have_it(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    (added,) = fill(["R-1"], due_on=date(2026, 12, 1))
    with database.writing() as tx:
        row = queue.move(tx, vault, added.id, Step.APPROVE, Act(by="ap-201", now=now))
        assert queue.get(tx, added.id) == row
        check_seal(vault.rows, row)
        stored = tx.execute(text(f"SELECT {', '.join(SEALED)} FROM message")).one()
        assert as_sealed(list(stored)) == plain(row)


@pytest.mark.parametrize("column", [name for name in SEALED if name not in {"id", "uid", "state", "direction"}])
def test_a_row_that_was_edited_takes_no_step(
    database: Database, vault: Vault, fill: Fill, now: datetime, column: str
) -> None:
    (added, other) = fill(["R-1", "R-2"], warnings=1)
    value = {"pointer": "'cancels'", "hold": "'hand'", "digest": "approved_digest", "due_on": "'2026-12-01'"}
    with database.writing() as tx:
        queue.move(tx, vault, other.id, Step.APPROVE, Act(by="ap-201", now=now, warnings_confirmed=True))
        numeric = isinstance(ALL_MESSAGES.c[column].type, Integer | UtcMoment)
        tampered = value.get(column, f"COALESCE({column}, 0) + 1" if numeric else "'x'")
        if column in {"digest", "approved_digest"}:
            tampered = f"(SELECT approved_digest FROM message WHERE id = {other.id})"
        tx.exec_driver_sql(f"UPDATE message SET {column} = {tampered} WHERE id = {added.id}")
        with pytest.raises(RowSealBroken):
            queue.move(tx, vault, added.id, Step.HOLD, Act(by="ap-201", now=now))


@pytest.mark.parametrize(("column", "value"), [("state", "sent"), ("direction", "up"), ("hold", "x"), ("pointer", "x")])
def test_a_word_that_the_program_never_writes_is_told_as_a_broken_seal(
    database: Database, fill: Fill, column: str, value: str
) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE message SET {column} = '{value}'")
        with pytest.raises(RowSealBroken) as caught:
            queue.get(tx, added.id)
    assert caught.value.facts == {"table": "message", "row": added.uid}


def test_a_row_of_another_version_is_not_written_over(database: Database, fill: Fill) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        row = queue.get(tx, added.id)
        with pytest.raises(MessageChanged):
            write(tx, [row._replace(version=7)], only_moved=True)
