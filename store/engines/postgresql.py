"""PostgreSQL: one server that several terminals of one municipality share.

There is one writer at a time: each writing transaction begins by taking one advisory lock of the database. The server
grants it in the order of the requests and frees it when the transaction or its connection ends. The lock needs only the
right to connect, so it also serialises the log for a role that may only insert and select there. A lock on the last
entry would need the right to change it, and would let two writers continue from the same entry.

The tables may belong to another role (`owner`) than the working role, which may then only read the log and add to it.
Where one role does both, it revokes those rights from itself. That guards the log against the program's own mistakes,
but not against somebody who can log on as that role.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from store.engines.backend import Backend, Fill
from store.engines.writer_lock import PATIENCE
from store.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseDriverMissing,
    DatabaseExists,
    DatabaseFailed,
    DatabaseFault,
    DatabaseUnreachable,
    DatabaseUnsafe,
    DiskFull,
    LogGuarded,
)
from store.log.entries import ENTRIES

# Any constant that no other program on the server uses: advisory locks are plain numbers.
_WRITERS_LOCK: Final = int.from_bytes(b"renkei\0\1")
_SESSION: Final = {
    "synchronous_commit": "on",
    "lock_timeout": f"{round(PATIENCE * 1000)}",
    "timezone": "UTC",
    "client_encoding": "UTF8",
}
# Without the first three, a power failure could lose an acknowledged commit or leave a page half written. Without the
# encoding, some names could not be stored.
_PROMISES: Final = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_apply"},
    "server_encoding": {"UTF8"},
}
_NEVER: Final = ("UPDATE", "DELETE", "TRUNCATE")
"""What the working role must not be able to do with the log."""

# SQLSTATE codes (PostgreSQL manual, appendix A), by what a person has to do about them.
_FULL: Final = frozenset({"53100"})
_FAILED: Final = frozenset({"58030", "58P01", "25006"})
_DAMAGED: Final = frozenset({"XX001", "XX002"})
_BUSY: Final = frozenset({"55P03", "40001", "40P01", "53300", "57014"})
_GONE_CLASSES: Final = ("08", "57P")


class PostgreSQL(Backend):
    """The database that `url` names, with the working role; `owner` names it with the role that owns the tables."""

    def __init__(self, url: URL, owner: URL) -> None:
        for address in (url, owner):
            _refuse_open_line(address)
        self.name = url.database or ""
        self._role, self._owner = url.username, owner
        self.writer = _engine(url, isolation_level="READ COMMITTED")
        self.reader = _engine(url, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True})
        # A transaction's snapshot must not be older than its turn, or it would miss the entry just before its own. So
        # the lock comes first, in a separate statement.
        event.listen(self.writer, "begin", _take_lock)

    def make(self, fill: Fill) -> None:
        """Fill the database. The server's administrator has made it, and it must be empty."""

        def fill_empty(tx: Connection) -> None:
            if inspect(tx).get_table_names():
                raise DatabaseExists(file=self.name)
            fill(tx)

        self.change(fill_empty)

    def change(self, fill: Fill) -> None:
        """Change the tables as their owner, and grant the working role its rights again, also on new tables."""
        engine = _engine(self._owner, isolation_level="READ COMMITTED")
        event.listen(engine, "begin", _take_lock)
        try:
            with engine.begin() as tx:
                fill(tx)
                _grant(tx, self._role)
        except DBAPIError as error:
            raise self.fault(error) or error from error
        finally:
            engine.dispose()

    def find(self) -> None:
        """Do nothing: only the server knows whether the database exists, and the first connection will ask it."""

    def assert_promises(self, reading: Connection) -> None:
        """Assert durability, the encoding, and that the working role cannot change the log."""
        for name, wanted in _PROMISES.items():
            value = reading.exec_driver_sql(f"SHOW {name}").scalar_one()
            if value not in wanted:
                raise DatabaseUnsafe(file=name, found=str(value))
        # With several privileges in one call, the server says yes if the role has any of them.
        may = f"SELECT has_table_privilege('{ENTRIES.name}', '{', '.join(_NEVER)}')"
        if reading.exec_driver_sql(may).scalar_one():
            raise DatabaseUnsafe(file=ENTRIES.name, found=", ".join(_NEVER))

    def turn(self) -> AbstractContextManager[None]:
        """Do nothing: the transaction takes the lock itself, on the server."""
        return nullcontext()

    @contextmanager
    def log_unguarded(self, tx: Connection) -> Iterator[None]:
        """Let the working role remove entries. Only the owner of the tables can grant that. Raises LogGuarded."""
        owns = text("SELECT pg_has_role(tableowner, 'member') FROM pg_tables WHERE tablename = :name")
        if not tx.scalar(owns, {"name": ENTRIES.name}):
            raise LogGuarded
        # Rights are transactional here: if the block fails, the roll-back takes the grant away too.
        tx.exec_driver_sql(f"GRANT DELETE ON {ENTRIES.name} TO CURRENT_USER")
        yield
        tx.exec_driver_sql(f"REVOKE DELETE ON {ENTRIES.name} FROM CURRENT_USER")

    def scrub(self) -> None:
        """Do nothing: the server vacuums old rows by itself, and only a change of the key settles the rest.

        The write-ahead log and the archives keep sealed bytes with their wrapped keys. After a change of the terminal's
        key nothing opens them.
        """

    def fault(self, error: DBAPIError) -> DatabaseFault | None:
        """Return the fault for the server's SQLSTATE; an operational error without one is a failed connection."""
        state = getattr(error.orig, "sqlstate", None)
        if state is None:
            gone = error.connection_invalidated or isinstance(error, OperationalError)
            return DatabaseUnreachable(file=self.name) if gone else None
        if state in _FULL:
            return DiskFull(file=self.name)
        if state in _FAILED:
            return DatabaseFailed(file=self.name)
        if state in _DAMAGED:
            return DatabaseDamaged(file=self.name)
        if state in _BUSY:
            return DatabaseBusy(seconds=round(PATIENCE))
        return DatabaseUnreachable(file=self.name) if state.startswith(_GONE_CLASSES) else None


def _engine(url: URL, **more: Any) -> Engine:
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    try:
        return create_engine(
            url,
            connect_args={"options": options, "connect_timeout": 10, "application_name": "renkei"},
            # The server may have restarted since a connection was last used.
            pool_pre_ping=True,
            # The text of an error must not contain parameters: they are personal data, sealed or not.
            hide_parameters=True,
            **more,
        )
    except ModuleNotFoundError:
        raise DatabaseDriverMissing(extra="postgres") from None


def _take_lock(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")


def _grant(tx: Connection, role: str | None) -> None:
    """Grant the working role the rows of all tables, but not the schema; it may only read the log and add to it."""
    owner = tx.exec_driver_sql("SELECT current_user").scalar_one()
    worker = tx.dialect.identifier_preparer.quote(role or owner)
    # An owner has all rights from the start, and can only take some from itself.
    if role in {None, owner}:
        tx.exec_driver_sql(f"REVOKE {', '.join(_NEVER)} ON {ENTRIES.name} FROM {worker}")
        return
    tx.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {worker}")
    tx.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {worker}")
    tx.exec_driver_sql(f"REVOKE {', '.join(_NEVER)} ON {ENTRIES.name} FROM {worker}")


def _refuse_open_line(url: URL) -> None:
    """Refuse a connection to another machine that is not encrypted, or whose server nobody verifies."""
    # A host that begins with a slash, or none, is a Unix socket: that never leaves this machine.
    host = url.host or url.query.get("host") or "/"
    if not str(host).startswith("/") and url.query.get("sslmode") != "verify-full":
        raise DatabaseUnsafe(file="sslmode", found=str(url.query.get("sslmode", "prefer")))
