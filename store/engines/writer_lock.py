"""One writer at a time, in turn: a fair lock between threads and processes on one machine.

SQLite's own lock is unfair: the last writer usually gets it again, and a patient one may starve (4 seconds were seen
under 8 writers). Two `flock` locks make it fair. A writer first takes the *turn*, waits for the *lock* while holding
the turn, and gives the turn up when it has the lock. A writer that comes back for more must take the turn again, behind
the one that is waiting. The kernel frees both locks when a process dies.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

from store.disk import NO_ROOM
from store.errors import DatabaseBusy, DatabaseFailed, DatabaseFault, DatabaseHeld, DatabaseTurnFault, DiskFull

PATIENCE: Final = 60.0
"""How many seconds a writer waits for its turn: longer than the longest act, the last count of a change of key."""

_MOMENT: Final = 2.0
"""After how many seconds of waiting a person is told for which process: turns are shorter than that."""

_LOCKS: Final = Path("/proc/locks")


def file_fault(error: OSError, path: Path) -> DatabaseFault:
    """Return the fault for an error of the system on a file of the database."""
    return DiskFull(file=path.name) if error.errno in NO_ROOM else DatabaseFailed(file=path.name)


OnWait = Callable[[str], None]
"""Is called with the number of the process for which a writer waits. It must not raise."""


class FairLock:
    """The lock files beside `database`. It may be used from any thread; it does not nest."""

    def __init__(self, database: Path, patience: float = PATIENCE, moment: float = _MOMENT) -> None:
        self._turn = database.with_name(database.name + "-turn")
        self._lock = database.with_name(database.name + "-lock")
        self._patience = patience
        self._moment = moment
        self.on_wait: OnWait | None = None

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be the only writer inside the block. Raises DatabaseBusy, or DatabaseHeld, when the turn does not come.

        Raises DiskFull and DatabaseFailed when the lock files cannot be made.
        """
        deadline = monotonic() + self._patience
        # Both waits share one deadline. The turn is given up in any case, so a writer that times out blocks nobody.
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
        # Each taker opens the file itself: flock belongs to the open file, so it then also works between the threads of
        # one process.
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise file_fault(error, path) from error
        # The usual case is a free lock, which needs no thread.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiter = _Waiter(descriptor)
            if self.on_wait is not None and not waiter.comes(min(self._moment, deadline - monotonic())):
                self._report_wait(self.on_wait)
            if not waiter.wait(deadline - monotonic()):
                raise self._busy() from None
        return descriptor

    def _report_wait(self, on_wait: OnWait) -> None:
        process = _holder(self._lock)
        if process is not None:
            on_wait(process)

    def _busy(self) -> DatabaseTurnFault:
        seconds = round(self._patience)
        # Whoever waits for the turn waits for the holder of the lock as well.
        process = _holder(self._lock)
        return DatabaseBusy(seconds=seconds) if process is None else DatabaseHeld(seconds=seconds, process=process)


def _holder(path: Path) -> str | None:
    """Return the number of the process that holds the lock on a file; None when the system does not tell."""
    # proc(5): "1: FLOCK ADVISORY WRITE 4360 fe:00:2146319 0 EOF"; whoever waits has "->" behind the first number.
    try:
        inode = str(path.stat().st_ino)
        rows = [line.split() for line in _LOCKS.read_text().splitlines()]
    except OSError:
        return None
    holders = (row[4] for row in rows if row[1] == "FLOCK" and row[5].rpartition(":")[2] == inode)
    return next(holders, None)


def _give_up(descriptor: int) -> None:
    # Closing is not enough: the lock lives on while a forked child still holds a copy of the descriptor.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


class _Waiter:
    """Waits for a flock with a deadline, which the system call does not have.

    A thread blocks in the call instead. Polling would lose the order of the waiting writers.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._decision = threading.Lock()
        self._taken = threading.Event()
        self._gone = False
        threading.Thread(target=self._block, name="writer-lock", daemon=True).start()

    def comes(self, seconds: float) -> bool:
        """Return whether the lock is taken within some seconds; go on waiting if not."""
        return self._taken.wait(max(seconds, 0.0))

    def wait(self, seconds: float) -> bool:
        """Return whether the lock was taken in time; if not, the thread closes the descriptor once it gets the lock."""
        self._taken.wait(max(seconds, 0.0))
        # Either side may win at the last moment. One lock decides it: the lock is used or given up, never neither.
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
