"""What the database asks of an engine: the one face that every engine has."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from store.errors import DatabaseFault

Fill = Callable[[Connection], None]
"""Makes or changes tables inside the transaction that it is given."""


class Backend(ABC):
    """One database on one engine, open or still to be made.

    `name` is what errors call it: no path, no password. Transactions of `reader` see one snapshot and cannot write;
    those of `writer` are made inside `turn` and are durable when they end.
    """

    name: str
    reader: Engine
    writer: Engine

    @abstractmethod
    def make(self, fill: Fill) -> None:
        """Make the database with what `fill` puts into it, whole or not at all.

        Raises DatabaseExists, DatabaseUnsafe, DatabaseUnreachable, DiskFull, DatabaseFailed.
        """

    @abstractmethod
    def find(self) -> None:
        """Look at the database from outside. Raises DatabaseMissing, DatabaseUnsafe."""

    @abstractmethod
    def change(self, fill: Fill) -> None:
        """Change the tables of the existing database by `fill`, whole or not at all. Raises as `make`."""

    @abstractmethod
    def assert_promises(self, reading: Connection) -> None:
        """Raise DatabaseUnsafe unless the engine keeps what the program relies on."""

    @abstractmethod
    def turn(self) -> AbstractContextManager[None]:
        """Wait for one's turn to write. Raises DatabaseBusy, DiskFull, DatabaseFailed."""

    @abstractmethod
    def log_unguarded(self, tx: Connection) -> AbstractContextManager[None]:
        """Let entries of the log be removed within `tx`, until the block ends. Raises LogGuarded."""

    @abstractmethod
    def scrub(self) -> None:
        """Overwrite or give up what updates and deletions left behind."""

    @abstractmethod
    def fault(self, error: DBAPIError) -> DatabaseFault | None:
        """Name what the engine ran into; None for a mistake of the program's own, such as bad SQL."""

    def close(self) -> None:
        """Close every connection that is not in use; the others when their block ends."""
        self.reader.dispose()
        self.writer.dispose()
