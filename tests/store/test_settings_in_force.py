"""What is in force is kept terminal by terminal, one value a setting, with the entry that brought it."""

import pytest
from sqlalchemy import select, update

from store.database import Database
from store.errors import RowOutdated, RowSealBroken
from store.log import Event, Log
from store.sealing.vault import Vault
from store.settings_in_force import SETTINGS_IN_FORCE, SettingInForce, in_force, put
from tests.store.conftest import TERMINAL


def test_the_newest_value_holds_and_each_terminal_has_its_own(database: Database, vault: Vault) -> None:
    first = SettingInForce("log.keep_years", "7", 1)
    other = SettingInForce("session.lock_seconds", "180", 2)
    with database.writing() as tx:
        put(tx, vault.rows, "here", [first, other])
        put(tx, vault.rows, "there", [SettingInForce("log.keep_years", "3", 4, "of-1", "cu-1")])
    later = SettingInForce("log.keep_years", "10", 9, "of-1", "cu-1")
    with database.writing() as tx:
        put(tx, vault.rows, "here", [later])
    with database.reading() as reading:
        assert in_force(reading, vault.rows, "here") == {later.name: later, other.name: other}
        assert in_force(reading, vault.rows, "there")["log.keep_years"].value == "3"
        assert in_force(reading, vault.rows, "nowhere") == {}


def test_a_value_that_somebody_else_wrote_or_put_back_does_not_hold(database: Database, vault: Vault, log: Log) -> None:
    with database.writing() as tx:
        for value in ("7", "10"):
            older = [dict(row) for row in tx.execute(select(SETTINGS_IN_FORCE)).mappings()]
            detail = {"setting": "log.keep_years", "to": value}
            seq = log.append(tx, Event.SETTINGS_TAKEN, actor=None, session=None, detail=detail)
            put(tx, vault.rows, TERMINAL, [SettingInForce("log.keep_years", value, seq)])
        assert in_force(tx, vault.rows, TERMINAL)["log.keep_years"].value == "10"
        tx.execute(update(SETTINGS_IN_FORCE).values(older[0]))
        with pytest.raises(RowOutdated) as caught:
            in_force(tx, vault.rows, TERMINAL)
        assert caught.value.facts == {"table": "setting_in_force", "row": f"{TERMINAL} log.keep_years"}
        tx.execute(update(SETTINGS_IN_FORCE).values(value="1"))
        with pytest.raises(RowSealBroken):
            in_force(tx, vault.rows, TERMINAL)
