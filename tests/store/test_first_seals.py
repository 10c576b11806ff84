"""Rows without seals, as an older program left them, are sealed as far as the log agrees with them."""

import pytest
from sqlalchemy import select, update

from store import clock
from store.comparison import Difference, Differing
from store.database import Database
from store.first_seals import reseal_people, seal_rows
from store.log import Log
from store.people import IdStanding, Pepper
from store.people.persons import PERSONS
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


def sealed_before(world: TableWorld, ended: str) -> None:
    """Seal people as a program did that knew only whether they are active; `ended` is not."""
    with world.database.writing() as tx:
        tx.execute(update(PERSONS).values(standing=IdStanding.ACTIVE.value, valid_to=None))
        tx.execute(update(PERSONS).where(PERSONS.c.id == ended).values(standing=IdStanding.ENDED.value))
        for row in tx.execute(select(PERSONS)).all():
            moments = [clock.to_microseconds(at) for at in (row.pin_set_at, row.created_at)]
            answers = [int(row.pin_given), int(row.id != ended)]
            seal = world.vault.rows.seal("person", [row.id, row.roles, row.pin_hash, row.version, *answers, *moments])
            tx.execute(update(PERSONS).where(PERSONS.c.id == row.id).values(seal=seal))


def test_people_of_a_program_before_are_sealed_anew(world: TableWorld) -> None:
    sealed_before(world, "ap-201")
    with world.database.writing() as tx:
        assert world.compare(tx).differences == 3
        found = reseal_people(tx, world.vault)
        assert (found.rows, found.named) == (3, [])
        assert world.compare(tx).ok


@pytest.mark.parametrize(
    "change",
    ["standing = 'active'", "roles = 'officer'", "pin_hash = 'of somebody else'", "version = 9", "pin_given = FALSE"],
)
def test_whom_another_hand_wrote_gets_no_seal(world: TableWorld, change: str) -> None:
    sealed_before(world, "ap-201")
    with world.database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE person SET {change} WHERE id = 'ap-201'")
        found = reseal_people(tx, world.vault)
        assert found.named == [Differing("person", "ap-201", Difference.CHANGED)]
        assert world.compare(tx).named == found.named
