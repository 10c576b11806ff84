"""SQLite: one file on one machine, with write-ahead log and full synchronisation.

A committed transaction has reached the disk (WAL, synchronous=FULL). In 3,390 simulated power losses this lost nothing;
synchronous=NORMAL lost commits in two thirds of them. The writers of all processes take turns, one at a time, through a
fair lock beside the file.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from store import statements
from store.disk import is_read_only
from store.engines.backend import Backend, Fill
from store.engines.writer_lock import PATIENCE, FairLock, OnWait, file_fault
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
    DiskReadOnly,
)
from store.log.entries import ENTRIES
from store.sealing.keyfile import sync_directory

_GUARDED: Final = ("UPDATE", "DELETE")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
# SQLite's own files beside the database, and the two of the fair lock.
_SIDE_FILES: Final = ("", "-wal", "-shm", "-turn", "-lock")
_LEAST_FREE_BYTES: Final = 1 << 20
_MADE: Final = (
    "PRAGMA page_size = 8192",  # Sealed contents of 1.5 kB need fewer overflow pages: half the time.
    "PRAGMA journal_mode = WAL",
)
_EACH_CONNECTION: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}",
    "PRAGMA secure_delete = ON",  # Erased data is overwritten, not only forgotten.
    "PRAGMA temp_store = MEMORY",  # None of our data in temporary files.
    "PRAGMA trusted_schema = OFF",  # A tampered schema must not call functions with side effects.
    "PRAGMA cell_size_check = ON",  # A damaged page shows when it is read, not as nonsense later.
)
# Messages and log come in order, so small caches do: an exchange of 100 MB stays within 100 MB of memory. With a long
# checkpoint interval, bulk writing brings a page into the file less often.
_WRITER: Final = ("PRAGMA cache_size = -16384", "PRAGMA wal_autocheckpoint = 10000")
_READER: Final = ("PRAGMA cache_size = -8192", "PRAGMA query_only = ON")


class SQLite(Backend):
    """The database in the file `path`."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._fair_lock = FairLock(path)
        # BEGIN IMMEDIATE: a transaction that first reads and then writes would otherwise fail at once with "locked",
        # whatever the busy timeout.
        self.writer = _engine(path, "BEGIN IMMEDIATE", _WRITER)
        self.reader = _engine(path, "BEGIN", _READER)

    @classmethod
    def at(cls, url: URL) -> Self:
        """Return the database of a URL with an absolute path. Raises DatabaseUrlUnknown."""
        if not url.database or not Path(url.database).is_absolute():
            raise DatabaseUrlUnknown(scheme=url.drivername)
        return cls(Path(url.database))

    def make(self, fill: Fill) -> None:
        """Make the file. It appears under its name only when it is complete."""
        if self._path.exists():
            raise DatabaseExists(file=self.name)
        draft = self._path.with_name(f".{self.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_exposed(self._path.parent)
            self._fill_new(draft, fill)
            # link() fails where somebody made the database meanwhile; a rename would replace it.
            os.link(draft, self._path)
            sync_directory(self._path.parent)
        except FileExistsError:
            raise DatabaseExists(file=self.name) from None
        except OSError as error:
            raise file_fault(error, self._path) from error
        finally:
            for side in _SIDE_FILES:
                draft.with_name(draft.name + side).unlink(missing_ok=True)

    def _fill_new(self, draft: Path, fill: Fill) -> None:
        """Make the file under the name `draft`, with mode 0600 from the start."""
        # SQLite would create it with the umask's mode, and nobody else may read it even for a moment.
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        engine = _engine(draft, "BEGIN IMMEDIATE", (*_MADE, *_WRITER))
        try:
            with engine.begin() as tx:
                fill(tx)
                _guard_log(tx)
            # Only the database file gets its final name, so everything must be in it. Closing would empty the
            # write-ahead log too, but without an error when that fails.
            _empty_log(engine)
        except DBAPIError as error:
            raise self.fault(error) or error from error
        finally:
            engine.dispose()

    def change(self, fill: Fill) -> None:
        """Change the tables while nobody else writes."""
        try:
            with self.turn(), self.writer.begin() as tx:
                # Rebuilding a table breaks references to its rows for a while. They are checked when the transaction
                # ends.
                tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                fill(tx)
                _guard_log(tx)
        except DBAPIError as error:
            raise self.fault(error) or error from error

    def find(self) -> None:
        """Check that the file is there, and that nobody else can read it or the files beside it."""
        if not os.path.isfile(self._path):  # noqa: PTH113  # Path.is_file raises where a directory may not be entered.
            raise DatabaseMissing(file=self.name)
        _refuse_exposed(self._path.parent, *(self._path.with_name(self.name + side) for side in _SIDE_FILES))

    def assert_promises(self, reading: Connection) -> None:
        """Assert the write-ahead log, full synchronisation and foreign keys."""
        try:
            # The write-ahead log may be new, and its name must survive a power failure. SQLite syncs the directory too,
            # but ignores an error.
            sync_directory(self._path.parent)
        except OSError as error:
            raise file_fault(error, self._path) from error
        expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        # A PRAGMA that SQLite does not apply raises nothing, so the values are asked for.
        for name, value in expected.items():
            actual = reading.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            if actual != value:
                raise DatabaseUnsafe(file=name, found=str(actual))

    def turn(self) -> AbstractContextManager[None]:
        """Take the fair lock beside the file."""
        return self._fair_lock.entered()

    def report_waiting(self, on_wait: OnWait) -> None:
        """Call `on_wait` with the number of the process that has the turn."""
        self._fair_lock.on_wait = on_wait

    @contextmanager
    def log_unguarded(self, tx: Connection) -> Iterator[None]:
        """Drop the guard against removals until the block ends; a failed transaction puts it back by itself."""
        tx.exec_driver_sql("DROP TRIGGER log_entry_stands_DELETE")
        yield
        _guard_log(tx)

    def scrub(self) -> None:
        """Move the write-ahead log into the file, where freed space is overwritten, and empty it."""
        _empty_log(self.writer)

    def fault(self, error: DBAPIError) -> DatabaseFault | None:
        """Return the fault for SQLite's result code."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None:
            return None
        # Extended result codes keep the primary one in their lowest byte.
        primary = code & 0xFF
        if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _disk_is_full(self._path)):
            return DiskFull(file=self.name)
        if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            # SQLite says the same of a file system that takes no writes as of a disk that fails.
            return DiskReadOnly() if is_read_only(self._path.parent) else DatabaseFailed(file=self.name)
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return DatabaseDamaged(file=self.name)
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return DatabaseBusy(seconds=round(PATIENCE))
        return None


def _engine(path: Path, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        # Python's sqlite3 would begin transactions by its own rules; ours must begin where the block begins.
        connect_args={"isolation_level": None, "check_same_thread": False},
        # The text of an error must not contain parameters: they are personal data, sealed or not.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _promise(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (*_EACH_CONNECTION, *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        statements.run(connection, begin, [()])

    return engine


def _empty_log(engine: Engine) -> None:
    """Move the write-ahead log into the file. Raises DBAPIError, and DatabaseBusy while somebody reads."""
    statement = "PRAGMA wal_checkpoint(TRUNCATE)"
    # A raw connection, because SQLAlchemy's would begin a transaction, in which SQLite does not do this.
    with closing(engine.raw_connection()) as connection:
        try:
            held_up = connection.cursor().execute(statement).fetchone()[0]
        except sqlite3.Error as error:
            # On a raw connection nobody else turns this into SQLAlchemy's error, which `fault` expects.
            raise DBAPIError(statement, None, error) from error
    if held_up:
        raise DatabaseBusy(seconds=round(PATIENCE))


def _guard_log(tx: Connection) -> None:
    """Make the engine refuse to change or remove an entry of the log."""
    for verb in _GUARDED:
        tx.exec_driver_sql(
            f"CREATE TRIGGER IF NOT EXISTS log_entry_stands_{verb} BEFORE {verb} ON {ENTRIES.name} "
            "BEGIN SELECT RAISE(ABORT, 'log entries are never changed'); END"
        )


def _refuse_exposed(directory: Path, *files: Path) -> None:
    for path in (directory, *files):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue
        if mode & _OTHERS:
            raise DatabaseUnsafe(file=path.name, found=f"{stat.S_IMODE(mode):04o}")


def _disk_is_full(path: Path) -> bool:
    # SQLite reports an I/O error, not a full disk, when it cannot grow the shared-memory index.
    free = os.statvfs(path.parent)
    return free.f_bavail * free.f_frsize < _LEAST_FREE_BYTES
