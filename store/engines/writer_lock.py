"""One writer at a time, in turn: a fair lock between threads and processes on one machine.

SQLite's own lock is unfair: who has just written usually gets it again, and a patient writer may
starve for seconds. Two `flock` locks make it fair. A writer first takes the *turn*, waits for the
*lock* while holding it, and gives the turn up when it has the lock. Whoever comes back for more has
to take the turn again, behind the one who is waiting. The kernel frees both when a process dies.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

from store.disk import NO_ROOM
from store.errors import DatabaseBusy, DatabaseFailed, DatabaseFault, DiskFull

PATIENCE: Final = 60.0
"""Seconds a writer waits for its turn: longer than the longest single act, a whole import file."""


def file_fault(error: OSError, path: Path) -> DatabaseFault:
    """Name what the system said about a file of the database."""
    return DiskFull(file=path.name) if error.errno in NO_ROOM else DatabaseFailed(file=path.name)


class FairLock:
    """The lock files beside `database`. It may be used from any thread; it does not nest."""

    def __init__(self, database: Path, patience: float = PATIENCE) -> None:
        self._turn = database.with_name(database.name + "-turn")
        self._lock = database.with_name(database.name + "-lock")
        self._patience = patience

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be the only writer inside the block. Raises DatabaseBusy when the turn does not come.

        Raises DiskFull and DatabaseFailed when the lock files cannot be made.
        """
        deadline = monotonic() + self._patience
        turn = self._take(self._turn, deadline)
        try:
            lock = self._take(self._lock, deadline)
        finally:
            _give_up(turn)
        try:
            yield
        finally:
            _give_up(lock)

    def _take(self, path: Path, deadline: float) -> int:
        # Each taker opens the file anew: flock then also holds between the threads of one process.
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise file_fault(error, path) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not _Waiter(descriptor).wait(deadline - monotonic()):
                raise DatabaseBusy(seconds=round(self._patience)) from None
        return descriptor


def _give_up(descriptor: int) -> None:
    # Closing alone would not free the lock while a forked child still holds a copy of the descriptor.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


class _Waiter:
    """Waits for a flock with a deadline, which the system call itself does not know."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._decision = threading.Lock()
        self._taken = threading.Event()
        self._gone = False

    def wait(self, seconds: float) -> bool:
        """Return whether the lock was taken in time; if not, the descriptor is closed in the end."""
        threading.Thread(target=self._block, name="turnstile", daemon=True).start()
        self._taken.wait(max(seconds, 0.0))
        with self._decision:
            self._gone = not self._taken.is_set()
            return not self._gone

    def _block(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._decision:
            if self._gone:
                _give_up(self._descriptor)
            else:
                self._taken.set()
