"""Whose address is hidden: kept under a seal, and what is in doubt stays hidden."""

from functools import partial

import pytest
from sqlalchemy import Connection, delete, select, update

from store.database import Database
from store.log import Log
from store.people import Pepper
from store.protected_persons import PROTECTED_PERSONS, is_protected, put
from store.sealing.vault import Vault
from tests.store.conftest import NOON, TERMINAL
from tests.store.table_world import TableWorld

SOMEBODY = "c" * 32


@pytest.fixture
def world(database: Database, vault: Vault, log: Log) -> TableWorld:
    return TableWorld(database, vault, log, Pepper(b"p" * 32, TERMINAL))


def hidden(world: TableWorld, tx: Connection) -> bool:
    return is_protected(tx, world.vault.rows, SOMEBODY)


def test_protected_until_that_is_ended(world: TableWorld) -> None:
    with world.database.reading() as reading:
        assert not hidden(world, reading)
    for protected in (True, False, True):
        world.protect(SOMEBODY, protected=protected)
        with world.database.reading() as reading:
            assert hidden(world, reading) is protected
            assert world.compare(reading).ok


def test_what_changes_nothing_gets_no_version(world: TableWorld) -> None:
    with world.database.writing() as tx:
        assert put(tx, world.vault.rows, SOMEBODY, protected=False, by="ap-201", now=NOON) is None
        assert put(tx, world.vault.rows, SOMEBODY, protected=True, by="op-101", now=NOON) == 1
        assert put(tx, world.vault.rows, SOMEBODY, protected=True, by="op-101", now=NOON) is None
        assert put(tx, world.vault.rows, SOMEBODY, protected=False, by="ap-201", now=NOON) == 2


def test_no_row_that_was_taken_away_changed_or_put_back_uncovers_an_address(world: TableWorld) -> None:
    for protected in (True, False):
        world.protect(SOMEBODY, protected=protected)
    with world.database.reading() as reading:
        ended = dict(reading.execute(select(PROTECTED_PERSONS)).mappings().one())
    world.protect(SOMEBODY)
    tampered = (
        delete(PROTECTED_PERSONS),
        update(PROTECTED_PERSONS).values(protected=False),
        update(PROTECTED_PERSONS).values(ended),
    )
    for statement in tampered:
        with world.tampered(partial(Connection.execute, statement=statement)) as tx:
            assert hidden(world, tx)
            assert not world.compare(tx).ok


def test_a_row_that_is_gone_is_written_anew(world: TableWorld) -> None:
    world.protect(SOMEBODY)
    with world.database.writing() as tx:
        tx.execute(delete(PROTECTED_PERSONS))
        assert put(tx, world.vault.rows, SOMEBODY, protected=True, by="op-101", now=NOON) == 2
