"""What the log costs: appending beside the work it records, verifying a large one, and looking into it.

Beside it, in the same run: the same work without a log, and `hashlib` alone over the same entries. RENKEI_LOG_ENTRIES
sets how many entries are verified and looked into (10,000,000 by default).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from typing import Final

from tests.benchmarks.report import Report

ENTRIES: Final = int(os.environ.get("RENKEI_LOG_ENTRIES", "10000000"))
_WRITERS: Final = 4
_TURNS: Final = 300
_TERMINAL: Final = "t-131041-01"
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE: Final = 20_000
_LOOKS: Final = 50
_WITH, _WITHOUT = "appending with its change", "the change alone"
_OURS, _ALONE, _STORE = "verifying a bundle", "hashlib alone", "verifying in SQLite"


def measure(runs: int) -> Report:
    """Append from four processes `runs` times with and without a log; verify and look into a large log once."""
    with tempfile.TemporaryDirectory(prefix="renkei-log-", dir=os.environ.get("TMPDIR")) as name:
        directory = Path(name)
        seen: dict[str, list[float]] = {_WITH: [], _WITHOUT: []}
        slowest = 0.0
        for run in range(runs):
            for what in (_WITH, _WITHOUT):
                rate, worst = _append(directory / f"{what.split()[0]}{run}", logged=what == _WITH)
                seen[what].append(rate)
                slowest = max(slowest, worst if what == _WITH else 0.0)
        figures = {"append_ratio": median(seen[_WITH]) / median(seen[_WITHOUT]), "slowest_seconds": slowest}
        figures |= _child("fill", directory / "large")
        figures |= _child("verify", directory / "large")
        figures |= _child("alone", directory / "large")
        figures |= _child("store", directory / "large")
    figures["verify_ratio"] = figures["verify_per_second"] / figures["alone_per_second"]
    verdict = (
        f"appending: {figures['append_ratio']:.2f} of the change alone (0.8 is wanted), slowest {slowest:.2f} s; "
        f"verifying {ENTRIES:,} entries: {figures['verify_ratio']:.2f} of hashlib alone (0.5 is wanted) in "
        f"{figures['verify_megabytes']:.0f} MB (300 at most), {figures['store_per_second']:,.0f}/s from SQLite; "
        f"looking into them: {figures['slowest_look_ms']:.1f} ms at most (50 are wanted)"
    )
    return Report("changes/s", seen, verdict, figures)


def _append(home: Path, *, logged: bool) -> tuple[float, float]:
    """Return changes per second over all processes, and the longest that one took."""
    from store.database import Database

    home.mkdir(mode=0o700)
    url = f"sqlite:///{home}/store.sqlite"
    database = Database.create(url)
    with database.writing() as tx:
        tx.exec_driver_sql("CREATE TABLE work (number INTEGER PRIMARY KEY, content BLOB)")
    database.close()
    command = [sys.executable, "-m", "tests.benchmarks.log", "logged" if logged else "bare", url]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(_WRITERS)]
    for one in workers:
        assert one.stdout is not None
        one.stdout.readline()
    began = time.perf_counter()
    for one in workers:
        assert one.stdin is not None
        one.stdin.close()
    worst = max(float(one.stdout.read()) for one in workers if one.stdout is not None)
    seconds = time.perf_counter() - began
    for one in workers:
        one.wait()
    return _WRITERS * _TURNS / seconds, worst


def _work(url: str, *, logged: bool) -> float:
    from store.database import Database
    from store.log import Event, Log

    database, log, slowest = Database.open(url), Log(_TERMINAL), 0.0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    for _ in range(_TURNS):
        began = time.perf_counter()
        with database.writing() as tx:
            # A message of usual size, sealed: the change that an entry goes with.
            tx.exec_driver_sql("INSERT INTO work (content) VALUES (?)", (os.urandom(1500),))
            if logged:
                log.append(tx, Event.MESSAGE_READ, actor="op-101", session="0f" * 16, object="0e" * 16)
        slowest = max(slowest, time.perf_counter() - began)
    database.close()
    return slowest


def _child(what: str, place: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.log", what, str(place)]
    told: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return told


def _fill(place: Path) -> dict[str, float]:
    """Make a large log in a database, and a bundle of it."""
    from store.database import Database
    from store.log import Cause, Draft, Event, Ladder, Log
    from store.log.bundle import parts, plan

    place.mkdir(mode=0o700)
    database = Database.create(f"sqlite:///{place}/store.sqlite")
    ladder = Ladder.create(place / "keys")
    log = Log(_TERMINAL, ladder)
    details: list[dict[str, str | int]] = [
        {"revision": 1, "to": "approved"},
        {"kind": "resident_record", "warnings": 0},
        {},
    ]
    events = [Event.MESSAGE_APPROVED, Event.MESSAGE_IMPORTED, Event.MESSAGE_READ]
    for start in range(0, ENTRIES, _AT_ONCE):
        drafts = [
            Draft(
                events[number % 3],
                f"op-{number % 40:03}",
                "0f" * 16,
                f"{number % 9999:032x}",
                detail=details[number % 3],
            )
            for number in range(start, min(start + _AT_ONCE, ENTRIES))
        ]
        with database.writing() as tx:
            log.append_many(tx, drafts, now=_START + timedelta(seconds=start // 100))
            made = log.checkpoint(tx, Cause.ACTIVITY)
        if made is not None:
            log.erase_used(made)
    with database.reading() as reading:
        bundle = plan(reading, _TERMINAL, ladder.root, number=1, after=0, previous=None)
        (place / "bundle").mkdir()
        for part in parts(reading, bundle, []):
            with (place / "bundle" / part.name).open("wb") as file:
                file.writelines(part.pieces)
    database.close()
    return {"entries": float(ENTRIES)}


def _verify(place: Path) -> dict[str, float]:
    from store.log.bundle import verify_bundle

    began = time.perf_counter()
    found = verify_bundle(place / "bundle")
    seconds = time.perf_counter() - began
    assert found.ok
    assert found.entries == ENTRIES
    workers = len(os.sched_getaffinity(0))
    resident = getrusage(RUSAGE_SELF).ru_maxrss + workers * getrusage(RUSAGE_CHILDREN).ru_maxrss
    return {"verify_per_second": ENTRIES / seconds, "verify_megabytes": resident / 1024}


def _alone(place: Path) -> dict[str, float]:
    spent = 0.0
    for lines in _lines(place / "bundle"):
        began = time.perf_counter()
        for line in lines:
            sha256(line).digest()
        spent += time.perf_counter() - began
    return {"alone_per_second": ENTRIES / spent}


def _lines(bundle: Path) -> Iterator[list[bytes]]:
    for segment in sorted(bundle.glob("entries-*")):
        with segment.open("rb") as file:
            while lines := file.readlines(1 << 20):
                yield [line[:-1] for line in lines]


def _store(place: Path) -> dict[str, float]:
    """Verify from SQLite, then look into the log as the viewer does."""
    from store.database import Database
    from store.log import Ladder, Log, first_since, newest, page

    database = Database.open(f"sqlite:///{place}/store.sqlite")
    with database.reading() as reading:
        began = time.perf_counter()
        assert Log(_TERMINAL, Ladder(place / "keys")).verify(reading).ok
        rate = ENTRIES / (time.perf_counter() - began)
        middle = _START + timedelta(seconds=ENTRIES // 200)
        looks: dict[str, Callable[[], object]] = {
            "open": lambda: (newest(reading), page(reading, limit=64)),
            "end": lambda: page(reading, before=65, limit=64),
            "time": lambda: page(reading, before=(first_since(reading, middle) or 1) + 1, limit=64),
            "entry": lambda: page(reading, before=ENTRIES // 3, limit=64),
        }
        told = {f"{name}_ms": _slowest_ms(look) for name, look in looks.items()}
    database.close()
    return {"store_per_second": rate, **told, "slowest_look_ms": max(told.values())}


def _slowest_ms(look: Callable[[], object]) -> float:
    worst = 0.0
    for _ in range(_LOOKS):
        began = time.perf_counter()
        look()
        worst = max(worst, time.perf_counter() - began)
    return worst * 1000


if __name__ == "__main__":
    chosen, target = sys.argv[1:]
    if chosen in {"logged", "bare"}:
        sys.stdout.write(f"{_work(target, logged=chosen == 'logged')}\n")
    else:
        jobs = {"fill": _fill, "verify": _verify, "alone": _alone, "store": _store}
        sys.stdout.write(json.dumps(jobs[chosen](Path(target))))
