"""Nothing comes between the kept log and whoever reads it."""

import sqlite3
from pathlib import Path

import pytest

from store.database import Database
from store.log import Event, Log
from store.log.table_check import is_sound

HIDING = "CREATE TRIGGER {name} BEFORE INSERT ON log_entry BEGIN SELECT RAISE(IGNORE); END"


@pytest.fixture
def database(home: Path) -> Database:
    made = Database.create(f"sqlite:///{home / 'store.sqlite'}")
    with made.writing() as tx:
        Log("t-1").append(tx, Event.TERMINAL_CREATED, actor=None, session=None)
    return made


def _changed(home: Path, *statements: str) -> bool:
    """Change the file as somebody would who has it, and tell whether its tables are still taken for sound."""
    with sqlite3.connect(home / "store.sqlite") as bare:
        bare.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            bare.execute(statement)
    bare.close()
    opened = Database.open(f"sqlite:///{home / 'store.sqlite'}")
    try:
        with opened.reading() as reading:
            return is_sound(reading)
    finally:
        opened.close()


def test_the_tables_are_sound_as_the_program_makes_them(database: Database, home: Path) -> None:
    database.close()
    assert _changed(home, "PRAGMA user_version")


@pytest.mark.parametrize("name", ["hiding", "sqlite_autoindex_log_entry_9"])
def test_a_foreign_trigger_is_seen_whatever_its_name(database: Database, home: Path, name: str) -> None:
    database.close()
    sql = HIDING.format(name=name)
    row = f"INSERT INTO sqlite_schema VALUES ('trigger', '{name}', 'log_entry', 0, '{sql}')"
    assert not _changed(home, row)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER log_entry_stands_DELETE",
        "DROP INDEX log_entry_actor",
        "CREATE INDEX more ON log_entry (at)",
        "CREATE TRIGGER more AFTER INSERT ON log_checkpoint BEGIN SELECT 1; END",
    ],
)
def test_an_object_too_many_or_missing_is_seen(database: Database, home: Path, statement: str) -> None:
    database.close()
    assert not _changed(home, statement)


def test_an_index_with_a_condition_is_seen(database: Database, home: Path) -> None:
    database.close()
    hiding = "CREATE INDEX log_entry_actor ON log_entry (actor, seq) WHERE actor <> 'op-101'"
    assert not _changed(home, "DROP INDEX log_entry_actor", hiding)
