"""How fast records are taken in: read, checked by every rule, sealed, logged and durable; and in how much memory.

Beside it, in the same run: the same bytes put into one bare SQLite table by `executemany`, with the same durability.
Each measurement is a process of its own, so that its greatest resident memory is its own.
"""

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Final

from tests.benchmarks.report import Report

RECORDS: Final = 42_157
_TIMES_LARGER: Final = 10
_MUNICIPALITY: Final = "131041"
_SEED: Final = 42157
_LEAST_PER_SECOND: Final = 4000
_MOST_MORE_MEGABYTES: Final = 50
_OURS: Final = "renkei import"
_BARE: Final = "bare sqlite3.executemany"


def measure(runs: int) -> Report:
    """Take the records in `runs` times beside the bare table, and a file of ten times the size once for its memory."""
    with tempfile.TemporaryDirectory(prefix="renkei-import-") as name:
        directory = Path(name)
        usual, large = directory / "usual.jsonl", directory / "large.jsonl"
        _write(usual, RECORDS)
        _write(large, RECORDS * _TIMES_LARGER)
        seen: dict[str, list[float]] = {_OURS: [], _BARE: []}
        memory = 0.0
        for run in range(runs):
            ours = _child("ours", directory / f"world{run}", usual)
            memory = max(memory, ours["megabytes"])
            seen[_OURS].append(RECORDS / ours["seconds"])
            seen[_BARE].append(RECORDS / _child("bare", directory / f"bare{run}.db", usual)["seconds"])
        more = _child("ours", directory / "large", large)["megabytes"] - memory
    rate, bare = median(seen[_OURS]), median(seen[_BARE])
    verdict = (
        f"{rate:.0f} records/s (at least {_LEAST_PER_SECOND} are wanted), {rate / bare:.3f} of the bare table; "
        f"a file {_TIMES_LARGER} times as large adds {more:.1f} MB (less than {_MOST_MORE_MEGABYTES} is wanted)"
    )
    figures = {
        "records_per_second": rate,
        "ratio_to_bare": rate / bare,
        "megabytes": memory,
        "more_megabytes": more,
    }
    return Report("records/s", seen, verdict, figures)


def _write(path: Path, count: int) -> None:
    from console.jobs.rehearsal.sample_records import Inventor
    from store.message.canonical import encode

    inventor = Inventor(seed=_SEED, now=datetime.now(UTC), municipality=_MUNICIPALITY)
    with path.open("wb") as stream:
        stream.writelines(encode(record) + b"\n" for record in inventor.outgoing(count))


def _child(what: str, place: Path, file: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.intake", what, str(place), str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _ours(home: Path, file: Path) -> float:
    from console.jobs.messages import intake
    from console.jobs.people import logon
    from console.jobs.rehearsal import world as rehearsal
    from console.terminal import Terminal

    world = rehearsal.prepare(home, outgoing=0, notices=0)
    with Terminal.open(world.home) as terminal:
        operator = next(item for item in terminal.settings.rehearsal if "operator" in item.roles)
        session = logon.log_on(terminal, operator.id, operator.pin, origin="command")
        began = time.perf_counter()
        taken = intake.take_in(terminal, session, [file])
        seconds = time.perf_counter() - began
    if taken.errors or taken.known:
        raise RuntimeError(f"not every record was taken in: {len(taken.errors)} refused, {taken.known} known")
    return seconds


def _bare(path: Path, file: Path) -> float:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    began = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO record (content) VALUES (?)", _lines(file))
    database.execute("COMMIT")
    seconds = time.perf_counter() - began
    database.close()
    return seconds


def _lines(file: Path) -> Iterator[tuple[bytes]]:
    with file.open("rb") as stream:
        for line in stream:
            yield (line,)


def _main(what: str, place: str, file: str) -> None:
    seconds = {"ours": _ours, "bare": _bare}[what](Path(place), Path(file))
    megabytes = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": megabytes}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
