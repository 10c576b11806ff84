"""Rows without seals, as an older program left them, are sealed as far as the log agrees with them."""

import pytest
from sqlalchemy import update

from store.comparison import Difference, Differing
from store.database import Database
from store.first_seals import seal_rows
from store.log import Log
from store.people import Pepper
from store.protected_persons import PROTECTED_PERSONS
from store.queue import get
from store.sealing.vault import Vault
from tests.clusters import SQLITE_FIRST
from tests.store.conftest import TERMINAL
from tests.store.table_world import SEALED_TABLES, TableWorld


@pytest.fixture
def world(database: Database, vault: Vault, log: Log) -> TableWorld:
    made = TableWorld(database, vault, log, Pepper(b"p" * 32, TERMINAL))
    made.fill()
    return made


def strip(world: TableWorld) -> None:
    with world.database.writing() as tx:
        # The protected residents came later: no older program left such a row.
        for table in set(SEALED_TABLES) - {PROTECTED_PERSONS}:
            tx.execute(update(table).values(seal=b""))
        tx.exec_driver_sql("UPDATE message SET authors = NULL")


def test_rows_that_agree_get_the_seals_and_authors_that_they_would_have(world: TableWorld) -> None:
    before = world.snapshot()
    strip(world)
    with world.database.writing() as tx:
        found = seal_rows(tx, world.vault)
    assert (found.ok, found.rows) == (True, 7 + 3 + 2 + 2 + 2)
    assert world.snapshot() == before


@SQLITE_FIRST
@pytest.mark.parametrize(
    ("change", "row"),
    [
        pytest.param("UPDATE message SET state = 'approved' WHERE id = 1", ("message", Difference.CHANGED), id="state"),
        pytest.param("UPDATE message SET version = 7 WHERE id = 1", ("message", Difference.CHANGED), id="version"),
        pytest.param("UPDATE message SET uid = 'x' WHERE id = 1", ("message", Difference.INVENTED), id="uid"),
        pytest.param(
            "UPDATE message SET approver = 'op-101' WHERE id = 2", ("message", Difference.CHANGED), id="approver"
        ),
        pytest.param("UPDATE person SET roles = 'officer'", ("person", Difference.CHANGED), id="roles"),
        pytest.param("UPDATE setting_in_force SET value = '1'", ("setting_in_force", Difference.CHANGED), id="setting"),
        pytest.param("UPDATE peer_version SET id = 7 WHERE id = 2", ("peer_version", Difference.CHANGED), id="peer"),
    ],
)
def test_rows_that_do_not_agree_stay_without_a_seal_and_are_named(
    world: TableWorld, change: str, row: tuple[str, Difference]
) -> None:
    strip(world)
    with world.database.writing() as tx:
        tx.exec_driver_sql(change)
        found = seal_rows(tx, world.vault)
        assert not found.ok
        assert {(each.table, each.how) for each in found.named} == {row}
        assert not world.compare(tx).ok


def test_all_who_wrote_a_message_are_read_from_the_log(world: TableWorld) -> None:
    number = world.take_in(9)
    with world.database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE message SET author = 'op-102' WHERE id = {number}")
        assert seal_rows(tx, world.vault).ok
        assert get(tx, number).writers == {"op-101", "op-102"}
        assert Differing("message", get(tx, number).uid, Difference.CHANGED) not in world.compare(tx).named
