"""The tables under the log: nothing may stand between what is stored and what is read.

A view in a table's place, a trigger of somebody else's, a partial or broken index: each could hide entries from the
viewer although the chain holds. SQLite alone is looked at from here; on PostgreSQL the working role owns no table and
cannot make such things.
"""

from typing import Final

from sqlalchemy import Connection, Table

from store.log.checkpoints import CHECKPOINTS, WITNESSES
from store.log.entries import ENTRIES

_GUARDS: Final = frozenset({"log_entry_stands_UPDATE", "log_entry_stands_DELETE"})
_PARTIAL: Final = frozenset({"log_entry_trouble"})


def is_sound(reading: Connection) -> bool:
    """Tell whether the tables of the log are as they were made, and every index of theirs is whole."""
    if reading.dialect.name != "sqlite":
        return True
    return all(_is_sound(reading, table) for table in (ENTRIES, CHECKPOINTS, WITNESSES))


def _is_sound(reading: Connection, table: Table) -> bool:
    kinds = reading.exec_driver_sql("SELECT type, name FROM sqlite_schema WHERE tbl_name = ?", (table.name,)).all()
    made = {(kind, name) for kind, name in kinds if not name.startswith("sqlite_autoindex")}
    indexes = {str(index.name) for index in table.indexes}
    guards = _GUARDS if table is ENTRIES else frozenset()
    expected = {("table", table.name), *(("index", name) for name in indexes), *(("trigger", one) for one in guards)}
    if made != expected:
        return False
    told = reading.exec_driver_sql(f"PRAGMA index_list({table.name})").mappings()
    partial = {row["name"] for row in told if row["partial"]}
    broken = list(reading.exec_driver_sql(f"PRAGMA integrity_check({table.name})").scalars())
    return partial == _PARTIAL & indexes and broken == ["ok"]
