"""What is in force is kept terminal by terminal, one value a setting, with the entry that brought it."""

from store.database import Database
from store.settings_in_force import SettingInForce, in_force, put


def test_the_newest_value_holds_and_each_terminal_has_its_own(database: Database) -> None:
    first = SettingInForce("log.keep_years", "7", 1)
    other = SettingInForce("session.lock_seconds", "180", 2)
    with database.writing() as tx:
        put(tx, "here", [first, other])
        put(tx, "there", [SettingInForce("log.keep_years", "3", 4, "of-1", "cu-1")])
    later = SettingInForce("log.keep_years", "10", 9, "of-1", "cu-1")
    with database.writing() as tx:
        put(tx, "here", [later])
    with database.reading() as reading:
        assert in_force(reading, "here") == {later.name: later, other.name: other}
        assert in_force(reading, "there")["log.keep_years"].value == "3"
        assert in_force(reading, "nowhere") == {}
