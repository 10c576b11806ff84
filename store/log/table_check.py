"""The tables under the log: nothing may come between what is stored and what is read.

A view in place of a table, a foreign trigger, a partial or broken index: each could hide entries from the viewer even
though the chain verifies. Only SQLite is checked here. On PostgreSQL the working role owns no table and cannot create
such objects.
"""

from typing import Final

from sqlalchemy import Connection, Table

from store.log.checkpoints import CHECKPOINTS, WITNESSES
from store.log.entries import ENTRIES

# The engine creates both triggers; without them a stray UPDATE or DELETE would go through.
_GUARDS: Final = frozenset({"log_entry_stands_UPDATE", "log_entry_stands_DELETE"})
# The only index that may be partial: see TROUBLE in `entries`.
_PARTIAL: Final = frozenset({"log_entry_trouble"})


def is_sound(reading: Connection) -> bool:
    """Tell whether the tables of the log are as the program made them, and all their indexes are whole."""
    if reading.dialect.name != "sqlite":
        return True
    return all(_is_sound(reading, table) for table in (ENTRIES, CHECKPOINTS, WITNESSES))


def _is_sound(reading: Connection, table: Table) -> bool:
    kinds = reading.exec_driver_sql("SELECT type, name FROM sqlite_schema WHERE tbl_name = ?", (table.name,)).all()
    # SQLite reserves this prefix for the indexes that it makes for primary keys. Only indexes are let through: somebody
    # who edits sqlite_schema can give a trigger such a name as well.
    present = {(kind, name) for kind, name in kinds if kind != "index" or not name.startswith("sqlite_autoindex")}
    indexes = {str(index.name) for index in table.indexes}
    guards = _GUARDS if table is ENTRIES else frozenset()
    expected = {("table", table.name), *(("index", name) for name in indexes), *(("trigger", name) for name in guards)}
    # Both ways: an object too many can hide entries, and an object missing was protecting or ordering them.
    if present != expected:
        return False
    rows = reading.exec_driver_sql(f"PRAGMA index_list({table.name})").mappings()
    partial = {row["name"] for row in rows if row["partial"]}
    # The names alone prove little: an index of the right name may have been rebuilt with a condition, or its definition
    # edited in sqlite_schema so that it no longer matches its content. The integrity check compares index and table.
    broken = list(reading.exec_driver_sql(f"PRAGMA integrity_check({table.name})").scalars())
    return partial == _PARTIAL & indexes and broken == ["ok"]
