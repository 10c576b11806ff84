"""The database: made, opened with its promises asserted, read in snapshots, written in turn.

Everything that only SQLite knows stands in this module. A reading block sees one snapshot and
cannot write. A writing block is the only one on the machine while it lasts; it is kept whole and
durable (WAL, synchronous=FULL) when it ends, and nothing of it is kept when it raises.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Field, SQLModel

from store import log, peers, people, queue
from store.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseExists,
    DatabaseFailed,
    DatabaseFault,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseUnsafe,
    DatabaseUrlUnknown,
    DiskFull,
)
from store.schema import table
from store.turnstile import PATIENCE, Turnstile, disk_fault

SCHEMA_VERSION: Final = 1
"""Counts up whenever a table changes; the database carries the version that made it."""


class SchemaVersion(SQLModel, table=True):
    """The one row that says which program made the tables."""

    __tablename__ = "schema_version"

    version: int = Field(primary_key=True)


_TABLES: Final = [table(SchemaVersion), *log.TABLES, *people.TABLES, *peers.TABLES, *queue.TABLES]

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SIDE_FILES: Final = ("", "-wal", "-shm", "-turn", "-lock")
_LEAST_FREE_BYTES: Final = 1 << 20
_MADE: Final = (
    "PRAGMA page_size = 8192",  # Sealed contents of 1.5 kB: fewer overflow pages, half the time.
    "PRAGMA journal_mode = WAL",
)
_EACH_CONNECTION: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}",
    "PRAGMA temp_store = MEMORY",  # Nothing of ours in temporary files.
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)
_WRITER: Final = ("PRAGMA cache_size = -65536", "PRAGMA wal_autocheckpoint = 10000")
_READER: Final = ("PRAGMA cache_size = -16384", "PRAGMA query_only = ON")
_LOG_STANDS: Final = tuple(
    f"CREATE TRIGGER log_entry_stands_{verb} BEFORE {verb} ON log_entry "
    "BEGIN SELECT RAISE(ABORT, 'log entries are never changed'); END"
    for verb in ("UPDATE", "DELETE")
)


class Database:
    """An open database. Both kinds of block may be used from any thread; writing blocks do not nest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turnstile = Turnstile(path)
        self._failed = False
        self._writer = _engine(path, "BEGIN IMMEDIATE", _WRITER)
        self._reader = _engine(path, "BEGIN", _READER)

    @classmethod
    def create(cls, url: str) -> Self:
        """Make a database with its tables at `url` (sqlite:////absolute/path) and open it.

        It appears under its name only when it is complete. Raises DatabaseExists, DatabaseUnsafe
        (the directory is open to others), DatabaseUrlUnknown, DiskFull, DatabaseFailed.
        """
        path = _path_of(url)
        if path.exists():
            raise DatabaseExists(file=path.name)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_exposed(path.parent)
            _make(draft)
            os.link(draft, path)
        except FileExistsError:
            raise DatabaseExists(file=path.name) from None
        except OSError as error:
            raise disk_fault(error, path) from error
        finally:
            for side in _SIDE_FILES:
                draft.with_name(draft.name + side).unlink(missing_ok=True)
        return cls.open(url)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at `url` and assert what it promises.

        Raises DatabaseMissing, DatabaseNewer, DatabaseOlder, DatabaseDamaged (no database of ours),
        DatabaseUnsafe (open to others; not WAL or not FULL), DatabaseUrlUnknown.
        """
        path = _path_of(url)
        # Unlike Path.is_file this does not raise where a directory on the way may not be entered.
        if not os.path.isfile(path):  # noqa: PTH113
            raise DatabaseMissing(file=path.name)
        _refuse_exposed(path.parent, *(path.with_name(path.name + side) for side in _SIDE_FILES))
        database = cls(path)
        try:
            with database.reading() as reading:
                _assert_version(reading, path.name)
                _assert_promises(reading)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one snapshot. Raises DatabaseBusy, DatabaseDamaged, DatabaseFailed."""
        self._refuse_failed()
        with self._watched(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Be the one writer; kept when the block ends, rolled back when it raises.

        Raises DatabaseBusy, DiskFull, DatabaseFailed, DatabaseDamaged; each leaves nothing behind.
        """
        self._refuse_failed()
        with self._turnstile.entered(), self._watched(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection. Blocks that are still open keep theirs until they end."""
        self._reader.dispose()
        self._writer.dispose()

    def _refuse_failed(self) -> None:
        # After a failed write or fsync SQLite goes on as if nothing had been; what is in memory and
        # what is on the disk may differ by then. Only opening anew, and verifying, goes on from here.
        if self._failed:
            raise DatabaseFailed(file=self._path.name)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with _faults_named(self._path):
                yield
        except DatabaseFailed:
            self._failed = True
            raise


def _path_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUrlUnknown(scheme="") from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or not Path(parsed.database).is_absolute():
        raise DatabaseUrlUnknown(scheme=parsed.drivername)
    return Path(parsed.database)


def _engine(path: Path, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        # Python's sqlite3 would begin transactions by its own rules; ours begin where the block does.
        connect_args={"isolation_level": None, "check_same_thread": False},
        # An error's text must not carry parameters: they are personal data, sealed or not.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _promise(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (*_EACH_CONNECTION, *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _make(path: Path) -> None:
    """Make the whole database at `path`, alone and with mode 0600 from the first moment."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    engine = _engine(path, "BEGIN IMMEDIATE", (*_MADE, *_WRITER))
    try:
        with _faults_named(path), engine.begin() as tx:
            SQLModel.metadata.create_all(tx, tables=_TABLES)
            for trigger in _LOG_STANDS:
                tx.exec_driver_sql(trigger)
            tx.execute(insert(table(SchemaVersion)), {"version": SCHEMA_VERSION})
    finally:
        engine.dispose()


def _refuse_exposed(directory: Path, *files: Path) -> None:
    for path in (directory, *files):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue
        if mode & _OTHERS:
            raise DatabaseUnsafe(file=path.name, found=f"{stat.S_IMODE(mode):04o}")


def _assert_version(reading: Connection, file: str) -> None:
    schema = table(SchemaVersion)
    if not reading.dialect.has_table(reading, schema.name):
        raise DatabaseDamaged(file=file)
    versions = list(reading.scalars(select(schema.c.version)))
    if len(versions) != 1:
        raise DatabaseDamaged(file=file)
    found = versions[0]
    if found > SCHEMA_VERSION:
        raise DatabaseNewer(found=found, known=SCHEMA_VERSION)
    if found < SCHEMA_VERSION:
        raise DatabaseOlder(found=found, known=SCHEMA_VERSION)


def _assert_promises(reading: Connection) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for name, value in expected.items():
        found = reading.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        if found != value:
            raise DatabaseUnsafe(file=name, found=str(found))


@contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        fault = _fault(error, path)
        if fault is None:
            raise
        raise fault from error


def _fault(error: DBAPIError, path: Path) -> DatabaseFault | None:
    """Name what the engine ran into; None for a mistake of the program's own, such as bad SQL."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _disk_is_full(path)):
        return DiskFull(file=path.name)
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return DatabaseFailed(file=path.name)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DatabaseDamaged(file=path.name)
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(seconds=round(PATIENCE))
    return None


def _disk_is_full(path: Path) -> bool:
    # Growing the shared-memory index on a full disk is reported as an I/O error, not as a full disk.
    free = os.statvfs(path.parent)
    return free.f_bavail * free.f_frsize < _LEAST_FREE_BYTES
