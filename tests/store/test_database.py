"""The database keeps its promises, or says in one error what is wrong."""

import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from store.database import Database
from store.errors import (
    DatabaseDamaged,
    DatabaseExists,
    DatabaseFailed,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseUnsafe,
    DatabaseUrlUnknown,
    DiskFull,
)
from store.log import EntryDraft, Event, Log, newest
from tests.clusters import ON_SQLITE


def note(log: Log, tx: Connection) -> int:
    return log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None)


def bare(home: Path, *statements: str) -> None:
    connection = sqlite3.connect(home / "store.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@ON_SQLITE
def test_new_database_is_private_and_complete(database: Database, home: Path) -> None:
    assert stat.S_IMODE((home / "store.sqlite").stat().st_mode) == 0o600
    assert not [path for path in home.iterdir() if path.name.startswith(".")], "no draft is left"
    with database.reading() as reading:
        assert reading.exec_driver_sql("PRAGMA page_size").scalar_one() == 8192


@ON_SQLITE
def test_every_connection_is_wal_full_and_checks_foreign_keys(database: Database) -> None:
    for block in (database.reading, database.writing):
        with block() as connection:
            promises = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert promises == ["wal", 2, 1]


@ON_SQLITE
def test_side_files_are_as_private_as_the_database(database: Database, log: Log, home: Path) -> None:
    with database.writing() as tx:
        note(log, tx)
    sides = sorted(home.glob("store.sqlite-*"))
    assert {path.name.removeprefix("store.sqlite-") for path in sides} == {"lock", "shm", "turn", "wal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in sides} == {0o600}


def test_existing_database_is_not_overwritten(database: Database, url: str) -> None:
    with pytest.raises(DatabaseExists):
        Database.create(url)


@ON_SQLITE
def test_missing_database(url: str) -> None:
    with pytest.raises(DatabaseMissing) as caught:
        Database.open(url)
    assert caught.value.facts == {"file": "store.sqlite"}


@pytest.mark.parametrize("wrong", ["", "sqlite://", "sqlite:///relative.sqlite", "mysql://host/db", "no url"])
def test_url_of_another_kind(wrong: str) -> None:
    with pytest.raises(DatabaseUrlUnknown):
        Database.open(wrong)


@pytest.mark.parametrize(("version", "error"), [("9999", DatabaseNewer), ("0000", DatabaseOlder)])
def test_other_version_is_refused(database: Database, url: str, version: str, error: type[Exception]) -> None:
    with database.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    database.close()
    with pytest.raises(error):
        Database.open(url)


@ON_SQLITE
@pytest.mark.parametrize("content", [b"", b"something else entirely, and long enough to be read" * 20])
def test_file_that_is_no_database_of_ours(home: Path, url: str, content: bytes) -> None:
    path = home / "store.sqlite"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DatabaseDamaged):
        Database.open(url)


@ON_SQLITE
def test_database_without_wal_is_refused(database: Database, home: Path, url: str) -> None:
    database.close()
    bare(home, "PRAGMA journal_mode = DELETE")
    with pytest.raises(DatabaseUnsafe) as caught:
        Database.open(url)
    assert caught.value.facts == {"file": "journal_mode", "found": "delete"}


@ON_SQLITE
@pytest.mark.parametrize("name", ["", "store.sqlite"])
@pytest.mark.parametrize("extra", [0o040, 0o004, 0o010])
def test_wider_modes_are_refused(database: Database, home: Path, url: str, name: str, extra: int) -> None:
    database.close()
    path = home / name
    path.chmod(stat.S_IMODE(path.stat().st_mode) | extra)
    with pytest.raises(DatabaseUnsafe) as caught:
        Database.open(url)
    assert caught.value.exit_status == 7


@ON_SQLITE
def test_database_is_not_made_where_others_can_look(home: Path, url: str) -> None:
    home.chmod(0o755)
    with pytest.raises(DatabaseUnsafe):
        Database.create(url)
    assert list(home.iterdir()) == []


def test_work_is_kept_whole_or_not_at_all(database: Database, log: Log) -> None:
    with database.writing() as tx:
        note(log, tx)

    def fail_halfway() -> None:
        with database.writing() as tx:
            note(log, tx)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_halfway()
    with database.reading() as reading:
        assert newest(reading) == 1


def test_kept_work_is_seen_by_another_connection_at_once(database: Database, log: Log, url: str) -> None:
    with database.writing() as tx:
        note(log, tx)
    other = Database.open(url)
    with other.reading() as reading:
        assert newest(reading) == 1
    other.close()


def test_reading_sees_one_snapshot(database: Database, log: Log) -> None:
    with database.reading() as reading:
        assert newest(reading) == 0
        with database.writing() as tx:
            note(log, tx)
        assert newest(reading) == 0
    with database.reading() as reading:
        assert newest(reading) == 1


def test_reading_cannot_write(database: Database, log: Log) -> None:
    with pytest.raises(DatabaseFailed), database.reading() as reading:
        note(log, reading)


def test_log_entries_are_never_changed_by_the_program(database: Database, log: Log) -> None:
    with database.writing() as tx:
        note(log, tx)
    for statement in ("UPDATE log_entry SET actor = 'x'", "DELETE FROM log_entry"):
        with pytest.raises(Exception, match=r"never changed|permission denied"), database.writing() as tx:
            tx.execute(text(statement))


@ON_SQLITE
def test_full_disk_keeps_nothing_of_the_step(database: Database, log: Log) -> None:
    with database.writing() as tx:
        note(log, tx)
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    drafts = [EntryDraft(Event.TERMINAL_STARTED)] * 1000
    with pytest.raises(DiskFull) as caught, database.writing() as tx:
        log.append_many(tx, drafts)
    assert caught.value.exit_status == 7
    with database.reading() as reading:
        assert newest(reading) == 1
        assert log.verify(reading).ok


@ON_SQLITE
def test_after_a_failed_write_nobody_goes_on(database: Database, log: Log, url: str) -> None:
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(DatabaseFailed), database.writing():
        raise OperationalError("COMMIT", None, failed)
    for block in (database.reading, database.writing):
        with pytest.raises(DatabaseFailed), block():
            pass
    anew = Database.open(url)
    with anew.writing() as tx:
        assert note(log, tx) == 1
    anew.close()


def test_threads_write_in_turn_and_readers_go_on(database: Database, log: Log) -> None:
    def write() -> None:
        for _ in range(20):
            with database.writing() as tx:
                note(log, tx)
            with database.reading() as reading:
                newest(reading)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with database.reading() as reading:
        verification = log.verify(reading)
    assert (verification.ok, verification.entries) == (True, 120)


def test_errors_of_the_engine_do_not_tell_what_was_written(database: Database) -> None:
    with pytest.raises(Exception, match=r"no such table|does not exist") as caught, database.writing() as tx:
        tx.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "JUNG SEOYEON"})
    assert "JUNG" not in str(caught.value)


def test_full_file_system(home: Path) -> None:
    # A real file system of 2 MB, visible to that one process alone, where the machine lets us mount one.
    mount = f'mount -t tmpfs -o size=2m,mode=0700 none "{home}"'
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    program = Path(__file__).with_name("fill_disk.py")
    script = f'{mount} && exec "{sys.executable}" "{program}" "{home}"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split()) == (7, ["disk_full", "kept", "verified"]), done.stderr
