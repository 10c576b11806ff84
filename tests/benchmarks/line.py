"""How fast messages go from approved to delivered: two processes on one machine, durable on both sides.

Each message is sealed and signed by itself, and its receipt verified; store and log hold all of it. Beside it, in the
same run: what pyas2lib does with messages of the same size, and what the public-key work alone would allow. Each
measurement is a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

from tests.benchmarks import rival
from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from console.jobs.progress import Progress
    from console.jobs.rehearsal.sample_records import Record
    from console.session import Session
    from console.terminal import Terminal

MESSAGES: Final = 42_157
SIZE: Final = 1500
_LARGE: Final = 100_000_000 // SIZE
_SINGLE: Final = 1000
_RIVAL: Final = 300
_BARE: Final = 2000
_BATCH: Final = 500
_MUNICIPALITY: Final = "131041"
_SEED: Final = 42157
_LEAST_PER_SECOND: Final = 3000
_LEAST_RATIO: Final = 30
_LEAST_SINGLE: Final = 200
_MOST_SINGLE_MS: Final = 20
_MOST_MORE_MEGABYTES: Final = 100
_OURS: Final = "renkei send"
_LIMIT: Final = "public-key work alone, 2 processes"
_SAMPLED_SECONDS: Final = 0.1
# The kanji of JIS level 1.
_KANJI: Final = [bytes([row, cell]).decode("euc_jp") for row in range(0xB0, 0xCF) for cell in range(0xA1, 0xFF)]


def measure(runs: int) -> Report:
    """Send all `runs` times, in turn with the others; single messages as often; and a 100 MB file's worth once."""
    with tempfile.TemporaryDirectory(prefix="renkei-line-") as name:
        directory = Path(name)
        python = rival.make_environment(directory / "as2")
        rival.make_keys(directory / "as2-keys")
        theirs = f"pyas2lib {rival.version(python)}, 4 threads"
        _child("prepare", directory / "all", MESSAGES, _BATCH)
        _child("prepare", directory / "single", _SINGLE, 1)
        seen: dict[str, list[float]] = {_OURS: [], theirs: [], _LIMIT: []}
        singles = []
        for run in range(runs):
            seen[_OURS].append(_exchange(directory / "all", directory / f"all{run}")["per_second"])
            seen[theirs].append(rival.rate(python, directory / "as2-keys", _RIVAL, SIZE))
            seen[_LIMIT].append(_limit())
            singles.append(_exchange(directory / "single", directory / f"single{run}"))
        _child("prepare", directory / "large", _LARGE, _BATCH)
        more = _exchange(directory / "large", directory / "large0", "memory")
    rate, ratio = median(seen[_OURS]), median(seen[_OURS]) / median(seen[theirs])
    single = {name: median(single[name] for single in singles) for name in ("per_second", "p95_ms")}
    verdict = (
        f"{rate:.0f} messages/s (at least {_LEAST_PER_SECOND} are wanted), "
        f"{rate / median(seen[_LIMIT]):.2f} of what the public-key work allows, "
        f"{ratio:.0f} × pyas2lib (at least {_LEAST_RATIO}); one by one {single['per_second']:.0f}/s "
        f"(at least {_LEAST_SINGLE}), 95 % within {single['p95_ms']:.1f} ms (at most {_MOST_SINGLE_MS}); "
        f"a 100 MB file adds {more['terminal_megabytes']:.0f} MB here and {more['agency_megabytes']:.0f} MB there "
        f"(less than {_MOST_MORE_MEGABYTES})"
    )
    figures = {
        "messages_per_second": rate,
        "ratio_to_pyas2lib": ratio,
        "share_of_limit": rate / median(seen[_LIMIT]),
        "single_per_second": single["per_second"],
        "single_p95_ms": single["p95_ms"],
        "terminal_more_megabytes": more["terminal_megabytes"],
        "agency_more_megabytes": more["agency_megabytes"],
    }
    seen |= {"one by one": [single["per_second"] for single in singles]}
    return Report("messages/s", seen, verdict, figures)


def _exchange(world: Path, home: Path, what: str = "exchange") -> dict[str, float]:
    """Send everything in a copy of the world."""
    shutil.copytree(world, home)
    try:
        return _child(what, home)
    finally:
        shutil.rmtree(home)


def _limit() -> float:
    processes = [
        subprocess.Popen([*_command("limit"), str(_BARE)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    return sum(float(json.loads(process.communicate()[0])["per_second"]) for process in processes)


def _command(what: str) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.line", what]


def _child(what: str, *text: object) -> dict[str, float]:
    done = subprocess.run([*_command(what), *map(str, text)], stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


# ── In a process of its own ───────────────────────────────────────────────────────────────────────


def _prepare(home: str, number: str, batch: str) -> dict[str, float]:
    """Make a world with that many approved messages of about SIZE bytes that may all leave at once."""
    from console.jobs.messages import intake, review
    from console.jobs.people import logon
    from console.jobs.rehearsal import world as rehearsal
    from console.terminal import Terminal
    from store import queue

    world = rehearsal.prepare(Path(home), outgoing=0, notices=0)
    settings = world.home / "renkei.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("\nbatch = 100\n", f"\nbatch = {batch}\n"), encoding="utf-8")
    file = world.home / "messages.jsonl"
    write(file, int(number))
    with Terminal.open(world.home) as terminal:
        pins = {item.id: item.pin for item in terminal.settings.rehearsal}
        operator = logon.log_on(terminal, "op-101", pins["op-101"], origin="command")
        intake.take_in(terminal, operator, [file])
        approver = logon.log_on(terminal, "ap-201", pins["ap-201"], origin="command")
        with terminal.database.reading() as reading:
            numbers = queue.ids(reading, queue.QueueFilter())
        approved = review.approve(terminal, approver, numbers, confirm_warnings=True).changed
    file.unlink()
    if len(approved) != int(number):
        raise RuntimeError(f"{len(approved)} of {number} messages are approved")
    return {"approved": len(approved)}


def write(path: Path, number: int, *, enlarged: bool = True) -> None:
    """Write a file of records about so many persons, each of about SIZE bytes or as it was invented."""
    from console.jobs.rehearsal.sample_records import Inventor
    from store.message.canonical import encode

    inventor = Inventor(seed=_SEED, now=datetime.now(UTC), municipality=_MUNICIPALITY)
    # As the resident-record system writes them: one after the other, as they happened.
    ready = sorted(_ready(inventor.outgoing(2 * number), number), key=lambda record: str(record["occurred_at"]))
    with path.open("wb") as stream:
        for place, record in enumerate(ready):
            stream.write(encode(_about(record, place, enlarged=enlarged)) + b"\n")


def _ready(records: "Iterator[Record]", number: int) -> "Iterator[Record]":
    """Yield the first `number` records about somebody that wait for no planned day."""
    for record in records:
        basis = record.get("basis")
        if "person" in record and not (isinstance(basis, dict) and "planned_departure" in basis):
            yield record
            number -= 1
            if number == 0:
                return


def _about(record: "Record", place: int, *, enlarged: bool) -> "Record":
    """Return the record about a person of its own, `enlarged` by names and an address to about SIZE bytes."""
    person = record["person"]
    assert isinstance(person, dict)
    # Drawn by chance, so that it is no smaller packed than names of that length would be.
    drawn = "".join(Random(place).choices(_KANJI, k=370))
    longer = {"address": f"{person['address']}{drawn[:170]}", "name_kanji": drawn[170:]} if enlarged else {}
    return {**record, "subject": f"{place:010}", "person": {**person, **longer}}


def _send(home: str) -> dict[str, float]:
    """Send everything; tell how many a second, and how long each request took."""
    with _line(Path(home)) as line:
        moments: list[float] = []
        began = time.perf_counter()
        delivered = line.send(lambda _: moments.append(time.perf_counter()))
        seconds = time.perf_counter() - began
    laps = [1000 * (later - earlier) for earlier, later in pairwise(moments[1:])]
    return {"per_second": delivered / seconds, "p95_ms": quantiles(laps, n=20)[-1]}


def _weigh(home: str) -> dict[str, float]:
    """Send everything; tell how much memory both sides took. To look at it takes time of its own: no rate is told."""
    with _line(Path(home)) as line, _watched(line.agency_id) as there, _watched(os.getpid()) as here:
        line.send(None)
    return {"terminal_megabytes": max(here) - here[0], "agency_megabytes": max(there) - there[0]}


class _Line:
    """A terminal with somebody logged on, and the agency that it reaches."""

    def __init__(self, terminal: "Terminal", session: "Session", agency_id: int) -> None:
        self._terminal = terminal
        self._session = session
        self.agency_id = agency_id
        self._delivered = 0

    def send(self, report: "Callable[[Progress], None] | None") -> int:
        """Send everything; return how many messages are delivered."""
        from console.jobs import exchange

        self._delivered = exchange.send(self._terminal, self._session, report=report).delivered
        return self._delivered

    def check(self, agency_home: Path) -> None:
        """Raise unless store, log and agency hold every message that was delivered, and the log holds."""
        from transport import agency

        _check(self._terminal, self._delivered)
        if agency.received(agency_home).distinct != self._delivered:
            raise RuntimeError("the agency holds another number of messages")


@contextmanager
def _line(home: Path) -> "Iterator[_Line]":
    from console.jobs import exchange
    from console.jobs.people import logon
    from console.jobs.rehearsal import world as rehearsal
    from console.terminal import Terminal

    world = rehearsal.prepare(home)
    with rehearsal.start_agency(world) as agency_id, Terminal.open(world.home) as terminal:
        pins = {item.id: item.pin for item in terminal.settings.rehearsal}
        session = logon.log_on(terminal, "ka-301", pins["ka-301"], origin="command")
        exchange.line_state(terminal)
        line = _Line(terminal, session, agency_id)
        yield line
        line.check(world.agency_home)


def _check(terminal: "Terminal", delivered: int) -> None:
    """Raise unless every message is delivered with its receipt, and the log says so and holds."""
    from sqlalchemy import func, select

    from store.log import Event
    from store.log.entries import ENTRIES
    from store.queue.tables import MESSAGES, RECEIPTS

    with terminal.database.reading() as reading:
        messages = reading.scalar(select(func.count()).select_from(MESSAGES))
        receipts = reading.scalar(select(func.count()).select_from(RECEIPTS))
        entries = select(func.count()).select_from(ENTRIES).where(ENTRIES.c.event == Event.MESSAGE_DELIVERED)
        answer = (messages, receipts, reading.scalar(entries), terminal.log.verify(reading).ok)
    if answer != (delivered, delivered, delivered, True):
        raise RuntimeError(f"{delivered} were delivered; messages, receipts, entries and log are {answer}")


@contextmanager
def _watched(process: int) -> "Iterator[list[float]]":
    """Yield a list of the resident memory of a process, with the helpers that it starts from now on."""
    others = set(_children(process))
    seen = [_resident(process)]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_SAMPLED_SECONDS):
            helpers = sum(_resident(child) for child in set(_children(process)) - others)
            seen.append(_resident(process) + helpers)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        # A thread may end while it is looked at; its children are then another's.
        with suppress(OSError):
            found += map(int, task.read_text(encoding="ascii").split())
    return found


def _resident(process: int) -> float:
    """Return a process's resident memory in megabytes, libraries shared with others in equal parts; 0 when it ended."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    values = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(values[0]) / 1024 if values else 0.0


def _public_key_work(number: str) -> dict[str, float]:
    """Do what both sides must: seal, sign, verify and open each message; sign and verify the receipts of a batch."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from transport.parties.sealing import SealingKey, seal_for
    from transport.parties.signing import Signer, has_signed

    reader, signer, content = SealingKey.generate(), Signer(Ed25519PrivateKey.generate()), b"x" * SIZE
    began = time.perf_counter()
    for place in range(int(number)):
        sealed = seal_for(reader.public, content, b"info")
        has_signed(signer.public, signer.sign(content), content)
        reader.open(sealed, b"info")
        if place % _BATCH == 0:
            # The receipts of a batch share a signature.
            has_signed(signer.public, signer.sign(content), content)
    return {"per_second": int(number) / (time.perf_counter() - began)}


if __name__ == "__main__":
    _WHAT: "dict[str, Callable[..., dict[str, float]]]" = {
        "prepare": _prepare,
        "exchange": _send,
        "memory": _weigh,
        "limit": _public_key_work,
    }
    sys.stdout.write(json.dumps(_WHAT[sys.argv[1]](*sys.argv[2:])))
