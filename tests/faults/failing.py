"""Each write, sync and truncation of the database fails once, amid a day's work: what was kept is there.

The layer under SQLite (`power_recording`) refuses the n-th operation as a disk does: an error of input or output, no
room, or room for half of what was to be written. The program has to say so in one of its own errors, whose exit status
says that it is the disk, or not to have needed that operation. Then the terminal is opened anew by the program as it
is, on Python's own SQLite, looked at, and the day's work is ended with the real agency: everything has to arrive there
exactly once.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import apsw

from console.jobs import checkpoints, exchange
from console.jobs.messages import intake, review
from console.jobs.people import logon
from console.terminal import LOG_KEYS, Terminal
from store import queue
from store.errors import DatabaseFailed, DiskFull
from store.log import Occasion
from store.message.states import Direction, InState, OutState
from store.queue import QueueFilter
from tests.console.jobs.site import APPROVER, CHIEF, LONG_AGO, OPERATOR, Site, entry, notice, write_lines
from tests.faults.power import DATABASE, memory
from tests.faults.power_disk import Operation, Synced, Truncated, Written
from tests.faults.power_engine import store_on
from tests.faults.power_recording import Kept, Recording
from tests.faults.trials_account import disagreement
from transport.evidence.envelope import Purpose

SIZE: Final = 3
"""Messages in the file."""


class Fault(StrEnum):
    """What a disk says."""

    FAILED = "failed"  # EIO
    FULL = "full"  # ENOSPC
    SHORT = "short"  # ENOSPC after half of a write


_CODES: Final = {
    Written: apsw.SQLITE_IOERR_WRITE,
    Synced: apsw.SQLITE_IOERR_FSYNC,
    Truncated: apsw.SQLITE_IOERR_TRUNCATE,
}
_EXIT_STATUS: Final = 7
UNHARMED: Final = "nothing"
"""What the program says when it did not need the operation that failed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How the n-th operation failed, what the program said of it, and whether there was such an operation."""

    at: int
    fault: Fault
    outcome: str
    struck: bool


class _Failing(Recording):
    """Fails the operation of number `at`, counted from 1, once."""

    def __init__(self, home: Path, at: int, fault: Fault) -> None:
        super().__init__(home / DATABASE, home / LOG_KEYS, f"renkei-failing-{at}-{fault}")
        self.done, self._at, self._fault = 0, at, fault

    @property
    def struck(self) -> bool:
        """Whether there was such an operation."""
        return self.done >= self._at

    def before(self, operation: Operation, file: apsw.VFSFile) -> None:
        self.done += 1
        if self.done != self._at:
            return
        if self._fault is Fault.SHORT and isinstance(operation, Written):
            apsw.VFSFile.xWrite(file, operation.data[: len(operation.data) // 2], operation.offset)
        full = self._fault is not Fault.FAILED and not isinstance(operation, Synced)
        raise apsw.exception_for(apsw.SQLITE_FULL if full else _CODES[type(operation)])


def count_operations(made: Path, agency_made: Path) -> int:
    """Return how many operations a day's work has."""
    with _copies(made, agency_made) as (home, agency_home), _layer(home, 1 << 30, Fault.FAILED) as layer:
        _begin(home, agency_home)
        return layer.done


def fail(made: Path, agency_made: Path, at: int, fault: Fault) -> Trial:
    """Let that operation fail on a copy of the terminal at `made`; end the day's work after it.

    Raises AssertionError for whatever was lost, half done, said wrongly, or did not arrive in the end.
    """
    with _copies(made, agency_made) as (home, agency_home):
        with _layer(home, at, fault) as layer:
            outcome = _attempt(home, agency_home)
        with Terminal.open(home) as terminal:
            site = Site(home, agency_home, terminal)
            acknowledged = [event.entry for event in layer.trace.events if isinstance(event, Kept)]
            _look(site, acknowledged[-1])
            _end(site)
        return Trial(at, fault, outcome, layer.struck)


def _attempt(home: Path, agency_home: Path) -> str:
    """Do the day's work as far as it goes; return the code of the error that ended it, or that there was none."""
    try:
        _begin(home, agency_home)
    except (DatabaseFailed, DiskFull) as error:
        answer = error
    else:
        return UNHARMED
    assert answer.exit_status == _EXIT_STATUS
    return answer.code


def _begin(home: Path, agency_home: Path) -> None:
    with Terminal.open(home) as terminal:
        site = Site(home, agency_home, terminal)
        site.feed(notice(1), Purpose.NOTICE, f"{1:032x}")
        with site.served():
            _work(site)
        checkpoints.make(terminal, Occasion.ACTIVITY)
        terminal.database.scrub()


def _work(site: Site) -> None:
    """Do what is still to be done, whatever was done before."""
    terminal = site.terminal
    file = write_lines(site.home.with_name("file.jsonl"), [entry(number) for number in range(1, SIZE + 1)])
    intake.take_in(terminal, site.session(OPERATOR), [file])
    with terminal.database.reading() as reading:
        numbers = list(queue.ids(reading, QueueFilter(states=frozenset({OutState.REVIEW}))))
    review.approve(terminal, site.session(APPROVER), numbers)
    chief = site.session(CHIEF)
    for job in (exchange.send, exchange.receive):
        interruption = job(terminal, chief).interruption
        assert interruption is None, interruption


def _look(site: Site, acknowledged: tuple[int, bytes]) -> None:
    """Hold the terminal against the last that it was told is kept: number and hash of an entry."""
    ((found,),) = site.raw("PRAGMA integrity_check")
    assert found == "ok"
    seq, digest = acknowledged
    assert site.raw("SELECT hash FROM log_entry WHERE seq = ?", seq) == [(digest,)], "an acknowledged entry is lost"
    assert checkpoints.start(site.terminal, from_witness=False) is None
    assert site.log_holds()
    assert (answer := disagreement(site.terminal)) is None, answer
    with site.terminal.database.reading() as reading:
        assert queue.count(reading, QueueFilter()) in {0, SIZE}, "a file is in whole or not at all"


def _end(site: Site) -> None:
    """End the day's work; hold both sides against each other."""
    logon.close_abandoned(site.terminal)
    with site.served(register=False) as port:
        site.register_peer(port, valid_from=LONG_AGO.replace(year=LONG_AGO.year + 1))
        _work(site)
    held = site.received()
    assert (held.messages, held.distinct, held.alarms) == (SIZE, SIZE, 0)
    with site.terminal.database.reading() as reading:
        counted = queue.counts(reading)
    assert counted[Direction.OUT, OutState.ACCEPTED] == SIZE
    assert counted[Direction.IN, InState.RECEIVED] == 1
    assert site.log_holds()
    assert (answer := disagreement(site.terminal)) is None, answer


@contextmanager
def _layer(home: Path, at: int, fault: Fault) -> Iterator[_Failing]:
    layer = _Failing(home, at, fault)
    with ExitStack() as stack:
        stack.callback(layer.unregister)
        stack.enter_context(store_on(layer.layer, layer.kept))
        yield layer


@contextmanager
def _copies(made: Path, agency_made: Path) -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory(prefix="renkei-failing-", dir=memory()) as name:
        home, agency_home = Path(name) / "terminal", Path(name) / "agency"
        shutil.copytree(made, home)
        shutil.copytree(agency_made, agency_home)
        yield home, agency_home


def fail_each(made: Path, agency_made: Path, at: int) -> Counter[str]:
    """Let that operation fail in each way; return how often the program said what."""
    return Counter(fail(made, agency_made, at, fault).outcome for fault in Fault)
