"""How fast records are taken in: read, checked by every rule, sealed, logged and durable; and in how much memory.

Beside it, in the same run: the same bytes put into one bare SQLite table by `executemany`, with the same durability.
Then how long others wait for their turn meanwhile, and what a million bad lines cost. Each measurement is a process of
its own, so that its greatest resident memory is its own.
"""

import json
import os
import select
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from console.jobs.rehearsal.world import WorldPerson

RECORDS: Final = 42_157
_TIMES_LARGER: Final = 10
_MUNICIPALITY: Final = "131041"
_SEED: Final = 42157
_LEAST_PER_SECOND: Final = 4000
_LEAST_RATIO: Final = 0.06
_MOST_MORE_MEGABYTES: Final = 50
_WAITED_FOR: Final = 100_000
_WRITERS: Final = 8
_PAUSE_SECONDS: Final = 0.05
_MOST_WAIT_SECONDS: Final = 1.0
_BAD_LINES: Final = 1_000_000
_MOST_OUTPUT_MEGABYTES: Final = 1.0
_MEGABYTE: Final = 10**6
_OURS: Final = "renkei import"
_BARE: Final = "bare sqlite3.executemany"


def measure(runs: int) -> Report:
    """Take the records in `runs` times beside the bare table, and once each: a large file, among writers, bad lines."""
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
        figures = {"megabytes": memory, "more_megabytes": more, **_among_writers(directory), **_bad_lines(directory)}
    rate, bare = median(seen[_OURS]), median(seen[_BARE])
    verdict = (
        f"{rate:.0f} records/s (at least {_LEAST_PER_SECOND} are wanted), {rate / bare:.3f} of the bare table "
        f"(at least {_LEAST_RATIO}); a file {_TIMES_LARGER} times as large adds {more:.1f} MB "
        f"(less than {_MOST_MORE_MEGABYTES})\n"
        f"{_WRITERS} others waited {figures['longest_wait']:.3f} s at most while {_WAITED_FOR} records came in "
        f"(at most {_MOST_WAIT_SECONDS}); it took {figures['seconds_among_writers']:.1f} s\n"
        f"{_BAD_LINES} bad lines add {figures['megabytes_of_bad_lines']:.1f} MB (at most {_MOST_MORE_MEGABYTES}) "
        f"and print {figures['printed_of_bad_lines']:.2f} MB (at most {_MOST_OUTPUT_MEGABYTES})"
    )
    return Report("records/s", seen, verdict, {"records_per_second": rate, "ratio_to_bare": rate / bare, **figures})


def _among_writers(directory: Path) -> dict[str, float]:
    """Take a file in while others write; return the longest that one of them waited for its turn, in seconds."""
    home, file = directory / "waited", directory / "waited.jsonl"
    _world(home)
    _write(file, _WAITED_FOR)
    command = [sys.executable, "-m", "tests.benchmarks.intake", "writer", str(home), str(file)]
    with ExitStack() as stack:
        others = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(_WRITERS)
        ]
        for other in others:
            assert other.stdout is not None
            other.stdout.readline()
        ours = _child("ours", home, file)
        # Closing its input ends a writer.
        waits = [float(other.communicate()[0]) for other in others]
    return {"longest_wait": max(waits), "seconds_among_writers": ours["seconds"]}


def _bad_lines(directory: Path) -> dict[str, float]:
    """Call the command with a million bad lines; return how much memory that adds, and how much it prints, in MB."""
    home, good, bad = directory / "bad", directory / "good.jsonl", directory / "bad.jsonl"
    operator = _world(home)
    _write(good, 1)
    with bad.open("wb") as stream:
        stream.write(good.read_bytes())
        stream.writelines(repeat(b'{"kind":"resident_record","reference":\n', _BAD_LINES))
    usual, _ = _called(home, operator, good)
    megabytes, printed = _called(home, operator, bad)
    return {"megabytes_of_bad_lines": megabytes - usual, "printed_of_bad_lines": printed}


def _called(home: Path, operator: "WorldPerson", file: Path) -> tuple[float, float]:
    """Return the greatest resident memory of `renkei import`, and how much it printed, in MB."""
    who = ["--home", str(home), "--as", operator.id, "--pin-file", str(operator.pin_file)]
    command = [sys.executable, "-m", "console", "import", *who, "--json", str(file)]
    with tempfile.TemporaryFile() as output:
        call = subprocess.Popen(command, stdout=output)
        _, _, used = os.wait4(call.pid, 0)
        return used.ru_maxrss / 1024, output.tell() / _MEGABYTE


def _world(home: Path) -> "WorldPerson":
    from console.jobs.rehearsal import world as rehearsal

    world = rehearsal.prepare(home, outgoing=0, notices=0)
    return next(person for person in world.operators if "operator" in person.roles)


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


def _write_beside(home: Path) -> float:
    """Write an entry again and again, as people at work do; return the longest wait for a turn, in seconds."""
    from console.terminal import Terminal
    from store.log import Event

    longest = 0.0
    with Terminal.open(home) as terminal:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
            began = time.perf_counter()
            with terminal.database.writing() as tx:
                longest = max(longest, time.perf_counter() - began)
                terminal.log.append(tx, Event.LOG_READ, actor=None, session=None)
    return longest


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
    if what == "writer":
        sys.stdout.write(str(_write_beside(Path(place))))
        return
    seconds = {"ours": _ours, "bare": _bare}[what](Path(place), Path(file))
    megabytes = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": megabytes}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
