"""The database: made, opened with its promises asserted, read in snapshots, written in turn.

A reading block sees one snapshot and cannot write. A writing block is the only one of all terminals while it lasts;
it is kept whole and durable when it ends, and nothing of it is kept when it raises. What engine lies below, its URL
says; everything that only one engine knows stands in `store.engines`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from store import migrations
from store.engines import Backend, backend_at
from store.errors import DatabaseFailed


class Database:
    """An open database. Both kinds of block may be used from any thread; writing blocks do not nest."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._failed = False

    @classmethod
    def create(cls, url: str, *, owner_url: str | None = None) -> Self:
        """Make a database with its tables at `url` and open it.

        `url` is sqlite:////absolute/path, or postgresql+psycopg://role@/name?host=/socket/directory for an empty
        database that the server's administrator has made; `owner_url` names that one as the role that is to own the
        tables, where another one works. Raises DatabaseExists, DatabaseUnsafe (open to others), DatabaseUrlUnknown,
        DatabaseDriverMissing, DatabaseUnreachable, DiskFull, DatabaseFailed.
        """
        backend_at(url, owner_url=owner_url).make(migrations.make)
        return cls.open(url)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at `url` and assert what it promises.

        Raises DatabaseMissing, DatabaseNewer, DatabaseOlder, DatabaseDamaged (no database of ours), DatabaseUnsafe
        (open to others, not durable), DatabaseUrlUnknown, DatabaseDriverMissing, DatabaseUnreachable.
        """
        backend = backend_at(url)
        backend.find()
        database = cls(backend)
        try:
            with database.reading() as reading:
                migrations.refuse_other(migrations.found(reading, backend.name))
                backend.assert_promises(reading)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def upgrade(cls, url: str, *, owner_url: str | None = None) -> tuple[str, str]:
        """Bring the tables at `url` to this program's version, all at once; return the revisions before and after.

        `owner_url` as in `create`. Raises DatabaseNewer, and as `open` does.
        """
        backend = backend_at(url, owner_url=owner_url)
        backend.find()
        database = cls(backend)
        try:
            with database.reading() as reading:
                before = migrations.found(reading, backend.name)
            migrations.refuse_newer(before)
            if before != migrations.HEAD:
                backend.change(migrations.upgrade)
        finally:
            database.close()
        return before, migrations.HEAD

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one snapshot. Raises DatabaseBusy, DatabaseDamaged, DatabaseFailed, DatabaseUnreachable."""
        self._refuse_failed()
        with self._watched(), self._backend.reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Be the one writer; kept when the block ends, rolled back when it raises.

        Raises DatabaseBusy, DiskFull, DatabaseFailed, DatabaseDamaged, DatabaseUnreachable; each leaves nothing
        behind, but for a server that goes away while it keeps the work: whether it has, only reading anew tells.
        """
        self._refuse_failed()
        with self._backend.turn(), self._watched(), self._backend.writer.begin() as connection:
            yield connection

    @contextmanager
    def pruning(self) -> Iterator[Connection]:
        """Be the one writer, and as the only one allowed to remove entries of the log; see `store.log.pruning`.

        Raises as `writing`, and LogGuarded where the working role may not lift the guard.
        """
        with self.writing() as tx, self._backend.log_unguarded(tx):
            yield tx

    def scrub(self) -> None:
        """Let nothing of what was erased stay in the engine's files, as far as it can. Raises as `writing`."""
        self._refuse_failed()
        with self._watched(), self._backend.turn():
            self._backend.scrub()

    def close(self) -> None:
        """Close every connection. Blocks that are still open keep theirs until they end."""
        self._backend.close()

    def _refuse_failed(self) -> None:
        # After a failed write or fsync SQLite goes on as if nothing had been; what is in memory and
        # what is on the disk may differ by then. Only opening anew, and verifying, goes on from here.
        if self._failed:
            raise DatabaseFailed(file=self._backend.name)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            fault = self._backend.fault(error)
            if fault is None:
                raise
            if isinstance(fault, DatabaseFailed):
                self._failed = True
            raise fault from error
