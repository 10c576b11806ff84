"""What SQLite alone does: one private file, made whole, guarded, durable, and its faults told apart.

It shows `store.engines.backend` as well, of which SQLite is one engine.
"""

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from store.engines.backend import Backend
from store.engines.sqlite import SQLite
from store.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseExists,
    DatabaseFailed,
    DatabaseFault,
    DatabaseMissing,
    DatabaseUnsafe,
    DatabaseUrlUnknown,
    DiskFull,
)
from store.log.entries import ENTRIES
from tests.store.conftest import NOON

BODY = b"REHEARSAL PERSON"
ENTRY = {"seq": 1, "body": BODY, "hash": bytes(32), "at": NOON, "event": "message.read"}
ROW = {**ENTRY, "actor": None, "session": None, "object": None, "result": "done"}


@pytest.fixture
def path(home: Path) -> Path:
    return home / "store.sqlite"


@pytest.fixture
def backend(path: Path) -> Iterator[Backend]:
    made = SQLite(path)
    made.make(_fill)
    yield made
    made.close()


def _fill(tx: Connection) -> None:
    ENTRIES.create(tx)
    tx.execute(insert(ENTRIES), ROW)


def _add_another(tx: Connection) -> None:
    tx.execute(insert(ENTRIES), {**ROW, "seq": 2})


def _fail(tx: Connection) -> None:
    _add_another(tx)
    raise LookupError


def _entries(backend: Backend) -> int:
    with backend.reader.begin() as reading:
        return int(reading.scalar(select(func.count()).select_from(ENTRIES)) or 0)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///store.sqlite", "sqlite:///../store.sqlite"])
def test_a_url_needs_an_absolute_path(url: str) -> None:
    with pytest.raises(DatabaseUrlUnknown):
        SQLite.at(make_url(url))


def test_a_url_gives_the_database_in_its_file(path: Path) -> None:
    assert SQLite.at(make_url(f"sqlite:///{path}")).name == "store.sqlite"


def test_the_file_is_private_complete_and_alone(backend: Backend, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["store.sqlite"]
    assert _entries(backend) == 1
    backend.find()


def test_a_directory_on_the_way_is_made_private(home: Path) -> None:
    backend = SQLite(home / "below" / "store.sqlite")
    backend.make(_fill)
    backend.close()

    assert stat.S_IMODE((home / "below").stat().st_mode) == 0o700


def test_an_existing_file_stays_as_it_is(path: Path) -> None:
    path.write_bytes(b"something else")

    with pytest.raises(DatabaseExists):
        SQLite(path).make(_fill)
    assert path.read_bytes() == b"something else"


def test_nothing_is_left_of_a_database_that_could_not_be_filled(path: Path) -> None:
    with pytest.raises(LookupError):
        SQLite(path).make(_fail_after_filling)
    assert list(path.parent.iterdir()) == []


def _fail_after_filling(tx: Connection) -> None:
    _fill(tx)
    _fail(tx)


def test_a_change_happens_completely_or_not_at_all(backend: Backend) -> None:
    with pytest.raises(LookupError):
        backend.change(_fail)
    assert _entries(backend) == 1
    backend.change(_add_another)
    assert _entries(backend) == 2


def test_a_change_of_the_tables_keeps_the_guards(backend: Backend) -> None:
    def rebuild(tx: Connection) -> None:
        ENTRIES.drop(tx)
        _fill(tx)

    backend.change(rebuild)

    with pytest.raises(IntegrityError, match="never changed"), backend.writer.begin() as tx:
        tx.exec_driver_sql("UPDATE log_entry SET actor = 'op-101'")


def test_a_missing_file_is_told_from_an_exposed_one(backend: Backend, path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(DatabaseUnsafe) as caught:
        backend.find()
    assert caught.value.facts == {"file": "store.sqlite", "found": "0640"}
    path.unlink()
    with pytest.raises(DatabaseMissing):
        backend.find()


@pytest.mark.parametrize("side", ["-wal", "-shm", "-turn", "-lock"])
def test_the_files_beside_it_are_as_private(backend: Backend, path: Path, side: str) -> None:
    beside = path.with_name(path.name + side)
    beside.touch()
    beside.chmod(0o604)

    with pytest.raises(DatabaseUnsafe) as caught:
        backend.find()
    assert caught.value.facts["file"] == beside.name


def test_each_connection_keeps_its_promises(backend: Backend) -> None:
    for engine in (backend.reader, backend.writer):
        with engine.begin() as connection:
            backend.assert_promises(connection)


@pytest.mark.parametrize(
    ("pragma", "found"), [("synchronous = NORMAL", "1"), ("synchronous = OFF", "0"), ("foreign_keys = OFF", "0")]
)
def test_a_connection_without_its_promises_is_refused(backend: Backend, path: Path, pragma: str, found: str) -> None:
    with backend.reader.connect() as connection:
        # A raw cursor, because these pragmas do nothing within a transaction.
        connection.connection.cursor().execute(f"PRAGMA {pragma}")
        with pytest.raises(DatabaseUnsafe) as caught:
            backend.assert_promises(connection)
        connection.invalidate()
    assert caught.value.facts == {"file": pragma.partition(" ")[0], "found": found}


def test_reading_cannot_write(backend: Backend) -> None:
    with pytest.raises(DBAPIError) as caught, backend.reader.begin() as reading:
        reading.execute(insert(ENTRIES), {**ROW, "seq": 2})
    assert isinstance(backend.fault(caught.value), DatabaseFailed)


@pytest.mark.parametrize("statement", ["UPDATE log_entry SET actor = 'op-101'", "DELETE FROM log_entry"])
def test_entries_of_the_log_are_guarded(backend: Backend, statement: str) -> None:
    with pytest.raises(IntegrityError, match="never changed") as caught, backend.writer.begin() as tx:
        tx.exec_driver_sql(statement)
    # A mistake of the program, and no fault of the database.
    assert backend.fault(caught.value) is None


def test_the_guard_is_lifted_for_removals_only_and_only_for_a_while(backend: Backend) -> None:
    with backend.writer.begin() as tx, backend.log_unguarded(tx):
        with pytest.raises(IntegrityError):
            tx.exec_driver_sql("UPDATE log_entry SET actor = 'op-101'")
        tx.exec_driver_sql("DELETE FROM log_entry")
    assert _entries(backend) == 0
    with backend.writer.begin() as tx:
        tx.execute(insert(ENTRIES), ROW)
    with pytest.raises(IntegrityError), backend.writer.begin() as tx:
        tx.exec_driver_sql("DELETE FROM log_entry")


def test_a_failed_removal_leaves_entries_and_guard(backend: Backend) -> None:
    def remove_and_fail() -> None:
        with backend.writer.begin() as tx, backend.log_unguarded(tx):
            tx.exec_driver_sql("DELETE FROM log_entry")
            raise LookupError

    with pytest.raises(LookupError):
        remove_and_fail()
    with pytest.raises(IntegrityError), backend.writer.begin() as tx:
        tx.exec_driver_sql("DELETE FROM log_entry")
    assert _entries(backend) == 1


def test_what_was_erased_is_in_no_file_after_scrubbing(backend: Backend, path: Path) -> None:
    with backend.writer.begin() as tx, backend.log_unguarded(tx):
        tx.exec_driver_sql("DELETE FROM log_entry")
    backend.scrub()

    contents = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert BODY not in contents
    assert path.with_name("store.sqlite-wal").stat().st_size == 0


def test_nothing_is_scrubbed_under_a_reader(backend: Backend) -> None:
    with backend.reader.begin() as reading:
        reading.execute(select(ENTRIES)).all()
        with backend.writer.begin() as tx:
            # The writer's only connection: scrubbing does not wait for the reader then.
            tx.exec_driver_sql("PRAGMA busy_timeout = 0")
            tx.execute(insert(ENTRIES), {**ROW, "seq": 2})
        with pytest.raises(DatabaseBusy):
            backend.scrub()


def _error(code: int) -> DBAPIError:
    original = sqlite3.OperationalError()
    original.sqlite_errorcode = code
    return DBAPIError("SELECT 1", None, original)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_IOERR_FSYNC, DatabaseFailed),
        (sqlite3.SQLITE_READONLY_DBMOVED, DatabaseFailed),
        (sqlite3.SQLITE_CANTOPEN, DatabaseFailed),
        (sqlite3.SQLITE_PERM, DatabaseFailed),
        (sqlite3.SQLITE_CORRUPT_INDEX, DatabaseDamaged),
        (sqlite3.SQLITE_NOTADB, DatabaseDamaged),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseBusy),
        (sqlite3.SQLITE_LOCKED, DatabaseBusy),
    ],
)
def test_each_result_code_is_a_fault(backend: Backend, code: int, fault: type[DatabaseFault]) -> None:
    assert type(backend.fault(_error(code))) is fault


@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_MISUSE])
def test_a_mistake_of_the_program_is_no_fault(backend: Backend, code: int) -> None:
    assert backend.fault(_error(code)) is None


def test_an_error_of_another_library_is_no_fault(backend: Backend) -> None:
    assert backend.fault(DBAPIError("SELECT 1", None, ValueError())) is None


def test_an_error_shows_no_parameters(backend: Backend) -> None:
    with pytest.raises(IntegrityError) as caught, backend.writer.begin() as tx:
        tx.execute(insert(ENTRIES), ROW)
    assert "REHEARSAL" not in str(caught.value)


def test_closing_ends_the_idle_connections(backend: Backend, path: Path) -> None:
    assert _entries(backend) == 1
    assert path.with_name("store.sqlite-shm").exists()
    backend.close()
    # SQLite removes the files beside a database with its last connection.
    assert not path.with_name("store.sqlite-shm").exists()
