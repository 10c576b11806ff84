"""What the database needs from an engine: the interface that every engine has."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from store.engines.writer_lock import OnWait
from store.errors import DatabaseFault

Fill = Callable[[Connection], None]
"""Makes or changes tables inside the given transaction."""


class Backend(ABC):
    """One database on one engine, open or still to be made.

    `name` is its name in errors: no path, no password. Transactions of `reader` see one snapshot and cannot write.
    Those of `writer` run inside `turn` and are durable when they end.
    """

    name: str
    reader: Engine
    writer: Engine

    @abstractmethod
    def make(self, fill: Fill) -> None:
        """Make the database with the tables of `fill`, completely or not at all.

        Raises DatabaseExists, DatabaseUnsafe, DatabaseUnreachable, DiskFull, DatabaseFailed.
        """

    @abstractmethod
    def find(self) -> None:
        """Check the database from outside, without opening it. Raises DatabaseMissing, DatabaseUnsafe."""

    @abstractmethod
    def change(self, fill: Fill) -> None:
        """Change the tables of the existing database by `fill`, completely or not at all. Raises as `make`."""

    @abstractmethod
    def assert_promises(self, reading: Connection) -> None:
        """Raise DatabaseUnsafe unless the engine guarantees what the program relies on."""

    @abstractmethod
    def turn(self) -> AbstractContextManager[None]:
        """Wait for the turn to write. Raises DatabaseBusy, DiskFull, DatabaseFailed."""

    def report_waiting(self, on_wait: OnWait) -> None:  # noqa: B027  # A server keeps its own line of writers.
        """Call `on_wait` whenever a turn does not come within a moment, as far as the engine can tell for whom."""

    @abstractmethod
    def log_unguarded(self, tx: Connection) -> AbstractContextManager[None]:
        """Allow removing entries of the log within `tx` until the block ends. Raises LogGuarded."""

    @abstractmethod
    def scrub(self) -> None:
        """Overwrite or release the data that updates and deletions left behind."""

    @abstractmethod
    def fault(self, error: DBAPIError) -> DatabaseFault | None:
        """Return the fault behind `error`; None for a mistake of the program itself, such as bad SQL."""

    def close(self) -> None:
        """Close every idle connection now, and the others when their block ends."""
        self.reader.dispose()
        self.writer.dispose()
