"""What the log costs: appending beside the work it records, verifying a large one, and looking into it.

Beside it, in the same run: the same work without a log, and `hashlib` alone over the same entries. RENKEI_LOG_ENTRIES
sets how many entries are verified (10,000,000 by default); the viewer looks into half of them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from tests.benchmarks.log_children import make_store
from tests.benchmarks.report import Report
from tests.clusters import ClusterMissing, running

ENTRIES: Final = int(os.environ.get("RENKEI_LOG_ENTRIES", "10000000"))
_WRITERS: Final = 4
_TURNS: Final = 50
_PAIRS: Final = 4
"""Turns with and without a log in each run: short ones and many, since what else the machine does comes and goes."""
_WITH, _WITHOUT = "with its entry", "the change alone"


def measure(runs: int) -> Report:
    """Append from four processes in `runs` times some turns with and without a log; verify a large log once."""
    seen: dict[str, list[float]] = {}
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="renkei-log-", dir=os.environ.get("TMPDIR")) as name:
        directory = Path(name)
        for engine, url in _engines(directory):
            figures |= _append(engine, url, directory / engine, runs, seen)
        figures |= _child("fill", directory / "large", str(ENTRIES // 2))
        figures |= _child("look", directory / "large")
        figures |= _child("fill", directory / "large", str(ENTRIES))
        figures |= _child("alone", directory / "large")
        figures |= _child("bundle", directory / "large")
        figures |= _child("store", directory / "large")
    figures["verify_ratio"] = figures["alone_seconds"] / figures["bundle_seconds"]
    return Report("changes/s", seen, _verdict(figures), figures)


def _verdict(figures: dict[str, float]) -> str:
    answer = [
        f"appending on {engine}: {figures[f'{engine}_ratio']:.2f} of the change alone, of pairs (0.8 is wanted), "
        f"slowest {figures[f'{engine}_slowest_seconds']:.3f} s (under 1)"
        for engine in ("sqlite", "postgresql")
        if f"{engine}_ratio" in figures
    ]
    answer.append(
        f"verifying {ENTRIES:,} entries from the bundle: {figures['bundle_seconds']:.1f} s, "
        f"{figures['bundle_cpu_seconds']:.1f} s of processor, {figures['bundle_processes']:.0f} processes, "
        f"{figures['bundle_megabytes']:.0f} MB (300 at most); hashlib alone, one process: "
        f"{figures['alone_seconds']:.1f} s, {figures['alone_cpu_seconds']:.1f} s of processor; "
        f"ratio {figures['verify_ratio']:.2f} (0.5 is wanted)"
    )
    answer.append(
        f"from SQLite: {figures['store_seconds']:.1f} s, {ENTRIES / figures['store_seconds']:,.0f}/s, "
        f"{figures['store_megabytes']:.0f} MB"
    )
    looks = ", ".join(f"{name} {figures[f'{name}_ms']:.1f}" for name in ("open", "end", "time", "entry"))
    answer.append(f"looking into {ENTRIES // 2:,} entries, slowest of each in ms: {looks} (50 at most are wanted)")
    return "\n".join(answer)


def _engines(directory: Path) -> Iterator[tuple[str, str]]:
    """Yield the engines with the URL of an empty place each; both lie on the same disk."""
    directory.chmod(0o711)
    (directory / "sqlite").mkdir(mode=0o700)
    yield "sqlite", f"sqlite:///{directory}/sqlite/store.sqlite"
    (directory / "postgresql").mkdir(mode=0o700)
    with ExitStack() as servers:
        try:
            cluster = servers.enter_context(running(directory))
        except ClusterMissing:
            return
        yield "postgresql", cluster.new_database()


def _append(engine: str, url: str, home: Path, runs: int, seen: dict[str, list[float]]) -> dict[str, float]:
    """Let processes write in turns with and without a log, so that whatever else the machine does weighs on both."""
    make_store(url, home)
    rates: dict[str, list[float]] = {_WITHOUT: [], _WITH: []}
    slowest = 0.0
    with _writing(url, home) as workers:
        _turn(workers, "bare")
        _turn(workers, "logged")
        for pair in range(runs * _PAIRS):
            # What goes first changes from pair to pair: whatever grows or slows down meanwhile weighs on both.
            order = ((_WITHOUT, "bare"), (_WITH, "logged"))
            for what, turn in order if pair % 2 else reversed(order):
                rate, worst = _turn(workers, turn)
                rates[what].append(rate)
                slowest = max(slowest, worst) if what is _WITH else slowest
    seen |= {f"{engine}, {what}": values for what, values in rates.items()}
    ratios = [logged / bare for logged, bare in zip(rates[_WITH], rates[_WITHOUT], strict=True)]
    return {f"{engine}_ratio": median(ratios), f"{engine}_slowest_seconds": slowest}


@contextmanager
def _writing(url: str, home: Path) -> Iterator["list[subprocess.Popen[str]]"]:
    command = [sys.executable, "-m", "tests.benchmarks.log_children", "write", str(home), url]
    workers = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(_WRITERS)
    ]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.communicate()


def _turn(workers: "list[subprocess.Popen[str]]", what: str) -> tuple[float, float]:
    """Return the changes per second of all together, and the seconds that the slowest change took."""
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(f"{what} {_TURNS}\n")
        worker.stdin.flush()
    worst = max(float(worker.stdout.readline()) for worker in workers if worker.stdout is not None)
    return _WRITERS * _TURNS / (time.perf_counter() - began), worst


def _child(what: str, *arguments: object) -> dict[str, float]:
    """Do one part in a process of its own, whose memory is that part's alone."""
    command = [sys.executable, "-m", "tests.benchmarks.log_children", what, *map(str, arguments)]
    answer: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return answer
