"""Eight processes write to one SQLite file at once: each gets its turn soon, and none is told that it is locked."""

import multiprocessing
import tempfile
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from store.database import Database
from store.log import Event, Log, SigningKeys

WRITERS: Final = 8
_TERMINAL: Final = "t-131041-01"
_PROCESSES: Final = multiprocessing.get_context("spawn")


def compete(seconds: float) -> dict[str, object]:
    """Let them write that long; return how many writes there were, the slowest in seconds, and the fewest of one.

    Raises AssertionError when a writer failed or the log does not hold exactly their entries.
    """
    with tempfile.TemporaryDirectory(prefix="renkei-writers-") as name:
        home = Path(name)
        home.chmod(0o700)
        url = f"sqlite:///{home / 'store.sqlite'}"
        log = Log(_TERMINAL, SigningKeys.create(home / "log"))
        with closing(Database.create(url)) as database:
            answer = _race(url, home, seconds)
            with database.reading() as reading:
                verified = log.verify(reading)
    counts = [count for count, _ in answer]
    assert len(answer) == WRITERS, "a writer failed"
    assert verified.ok
    assert verified.entries == sum(counts)
    return {"writes": sum(counts), "slowest_seconds": max(slowest for _, slowest in answer), "fewest": min(counts)}


def _race(url: str, home: Path, seconds: float) -> list[tuple[int, float]]:
    begin = _PROCESSES.Barrier(WRITERS)
    ends = []
    for _ in range(WRITERS):
        ours, theirs = _PROCESSES.Pipe(duplex=False)
        process = _PROCESSES.Process(target=_write, args=(url, home, seconds, begin, theirs))
        process.start()
        theirs.close()
        ends.append((process, ours))
    answer = []
    for process, ours in ends:
        process.join()
        if process.exitcode == 0:
            answer.append(ours.recv())
        ours.close()
    return answer


def _write(url: str, home: Path, seconds: float, begin: "multiprocessing.synchronize.Barrier", end: Connection) -> None:
    log, count, slowest = Log(_TERMINAL, SigningKeys(home / "log")), 0, 0.0
    with closing(Database.open(url)) as database:
        begin.wait()
        until = time.monotonic() + seconds
        while (began := time.monotonic()) < until:
            with database.writing() as tx:
                log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None)
            count, slowest = count + 1, max(slowest, time.monotonic() - began)
    end.send((count, slowest))
