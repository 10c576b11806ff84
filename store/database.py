"""The database: created, opened with its promises asserted, read in snapshots, written by one writer at a time.

A reading block sees one snapshot and cannot write. While a writing block lasts, no other block of any terminal writes.
When it ends, its work is durable as a whole; when it raises, nothing of it is kept. The URL names the engine, and
everything specific to one engine is in `store.engines`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from store import migrations
from store.engines import Backend, backend_at
from store.engines.writer_lock import OnWait
from store.errors import DatabaseFailed

__all__ = ["Database", "OnWait"]


class Database:
    """An open database. Any thread may open reading and writing blocks; writing blocks do not nest."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._failed = False

    @classmethod
    def create(cls, url: str, *, owner_url: str | None = None) -> Self:
        """Create a database with its tables at `url` and open it.

        `url` is sqlite:////absolute/path, or postgresql+psycopg://role@/name?host=/socket/directory for an empty
        database that the server's administrator has made. `owner_url` reaches the same database as the role that is to
        own the tables, when that is not the role that works. Raises DatabaseExists, DatabaseUnsafe (open to others),
        DatabaseUrlUnknown, DatabaseDriverMissing, DatabaseUnreachable, DiskFull, DatabaseFailed.
        """
        backend_at(url, owner_url=owner_url).make(migrations.make)
        return cls.open(url)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at `url` and assert that it keeps its promises.

        Raises DatabaseMissing, DatabaseNewer, DatabaseOlder, DatabaseDamaged (no database of ours), DatabaseUnsafe
        (open to others, not durable), DatabaseUrlUnknown, DatabaseDriverMissing, DatabaseUnreachable.
        """
        backend = backend_at(url)
        backend.find()
        database = cls(backend)
        try:
            with database.reading() as reading:
                migrations.refuse_other(migrations.revision_of(reading, backend.name))
                # Asserted at every opening: an administrator may have turned durability off since the last one.
                backend.assert_promises(reading)
        except BaseException:
            # The caller gets no database that it could close, not even when it is interrupted here.
            database.close()
            raise
        return database

    @classmethod
    def upgrade(
        cls, url: str, *, owner_url: str | None = None, finish: Callable[[Connection, str], object] | None = None
    ) -> tuple[str, str]:
        """Upgrade the tables at `url` to this program's version; return the revisions before and after.

        Either all steps are taken or none. `finish` gets the transaction and the revision before, and does what the
        steps cannot do without keys; when it raises, nothing is changed. `owner_url` as in `create`. Raises
        DatabaseNewer, and as `open` does.
        """

        def change(tx: Connection) -> None:
            migrations.upgrade(tx)
            if finish is not None:
                finish(tx, before)

        backend = backend_at(url, owner_url=owner_url)
        backend.find()
        database = cls(backend)
        try:
            with database.reading() as reading:
                before = migrations.revision_of(reading, backend.name)
            migrations.refuse_newer(before)
            # Nothing is written when the tables are current, so that a second call is harmless.
            if before != migrations.HEAD:
                backend.change(change)
        finally:
            database.close()
        return before, migrations.HEAD

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one snapshot.

        Raises DatabaseBusy, DatabaseDamaged, DatabaseFailed, DatabaseUnreachable.
        """
        self._refuse_failed()
        with self._translated(), self._backend.reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield the connection of the only writer; commit when the block ends, roll back when it raises.

        Raises DatabaseBusy, DiskFull, DatabaseFailed, DatabaseDamaged, DatabaseUnreachable. None of them leaves a trace
        of the work, with one exception: when a server goes away during the commit, only another reading block can tell
        whether the work was kept.
        """
        self._refuse_failed()
        # The turn is taken before the transaction and held until after its commit. Writers therefore never meet at
        # SQLite's own lock, which is unfair: it let one of eight writers wait for 4 s.
        with self._backend.turn(), self._translated(), self._backend.writer.begin() as connection:
            yield connection

    @contextmanager
    def pruning(self) -> Iterator[Connection]:
        """Yield the connection of the only writer, with the guard against removing log entries lifted.

        No other block may remove them; see `store.log.pruning`.

        Raises as `writing`, and LogGuarded where the working role may not lift the guard.
        """
        with self.writing() as tx, self._backend.log_unguarded(tx):
            yield tx

    def scrub(self) -> None:
        """Remove what was erased from the engine's files, as far as the engine can. Raises as `writing`."""
        self._refuse_failed()
        # A deleted row still lies in the write-ahead log until that is brought into the file and emptied.
        with self._translated(), self._backend.turn():
            self._backend.scrub()

    def report_waiting(self, on_wait: OnWait) -> None:
        """Call `on_wait` with the number of the process for which a writing block waits longer than a moment."""
        self._backend.report_waiting(on_wait)

    def close(self) -> None:
        """Close every connection. A block that is still open keeps its connection until it ends."""
        self._backend.close()

    def _refuse_failed(self) -> None:
        # After a failed write or fsync SQLite goes on as if nothing had happened, although memory and disk may now
        # differ. The only safe way on is to open the database again and verify it.
        if self._failed:
            raise DatabaseFailed(file=self._backend.name)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise the engine's errors as the store's."""
        try:
            yield
        except DBAPIError as error:
            fault = self._backend.fault(error)
            if fault is None:
                # A mistake of the program, such as bad SQL, is no state of the database that a person could mend.
                raise
            if isinstance(fault, DatabaseFailed):
                self._failed = True
            raise fault from error
