"""What the processes of the log's benchmark do: write, make a large log, verify it, look into it."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Final

from store import queue
from store.database import Database
from store.log import EntryDraft, Event, Log, Occasion, Origin, SigningKeys, first_since, newest, page
from store.log.bundle import parts, plan, verify_bundle
from store.log.entries import ENTRIES
from store.message.states import Direction
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault

_TERMINAL: Final = "t-131041-01"
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE: Final = 20_000
_LOOKS: Final = 50
_CONTENT_BYTES: Final = 1500


def make_store(url: str, home: Path) -> None:
    """Make the database at `url` and the terminal's key in `home`."""
    Database.create(url).close()
    Vault.create(KeyFile(home / "keys"), terminal_id=_TERMINAL)


def write(home: Path, url: str, number: int) -> None:
    """Take messages in, one a transaction, as often as each line of the input says, and say how long the slowest took.

    A line is "bare 100" or "logged 100": without the log, or with the entry that goes with each.
    """
    database, log = Database.open(url), Log(_TERMINAL)
    vault = Vault.open(KeyFile(home / "keys"), terminal_id=_TERMINAL)
    done = 0
    for line in sys.stdin:
        what, count = line.split()
        slowest = 0.0
        for _ in range(int(count)):
            done += 1
            draft = queue.MessageDraft(
                direction=Direction.OUT,
                kind="resident_record",
                reference=f"{number}-{done}",
                effective_at=_START,
                content=os.urandom(_CONTENT_BYTES),
                author="op-101",
            )
            began = time.perf_counter()
            with database.writing() as tx:
                (added,) = queue.add_messages(tx, vault, [draft], now=_START)
                if what == "logged":
                    log.append(tx, Event.MESSAGE_IMPORTED, actor="op-101", session="0f" * 16, object=added.uid)
            slowest = max(slowest, time.perf_counter() - began)
        sys.stdout.write(f"{slowest}\n")
        sys.stdout.flush()
    database.close()


def fill(place: Path, entries: int) -> dict[str, float]:
    """Make a log in a database grow to `entries`, with a checkpoint after each portion, and a bundle of it."""
    made = not place.exists()
    place.mkdir(mode=0o700, exist_ok=True)
    url = f"sqlite:///{place}/store.sqlite"
    database = Database.create(url) if made else Database.open(url)
    ladder = SigningKeys.create(place / "keys") if made else SigningKeys(place / "keys")
    log = Log(_TERMINAL, ladder)
    with database.reading() as reading:
        there = newest(reading)
    with database.writing() as tx:
        # Made anew from sorted rows at the end they are the same, and take a fraction of the time.
        for index in ENTRIES.indexes:
            index.drop(tx)
    for start in range(there, entries, _AT_ONCE):
        with database.writing() as tx:
            drafts = map(_draft, range(start, min(start + _AT_ONCE, entries)))
            log.append_many(tx, drafts, now=_START + timedelta(seconds=start // 100))
            signed = log.checkpoint(tx, Occasion.ACTIVITY)
        if signed is not None:
            log.erase_used(signed)
    with database.writing() as tx:
        for index in ENTRIES.indexes:
            index.create(tx)
    _bundle(database, place / f"bundle-{entries}", log.origin)
    database.close()
    return {"entries": float(entries)}


def _draft(number: int) -> EntryDraft:
    event, detail = _KINDS[number % len(_KINDS)]
    return EntryDraft(event, f"op-{number % 40:03}", "0f" * 16, f"{number % 9999:032x}", detail=detail)


_KINDS: Final[list[tuple[Event, dict[str, str | int]]]] = [
    (Event.MESSAGE_APPROVED, {"revision": 1, "to": "approved"}),
    (Event.MESSAGE_IMPORTED, {"kind": "resident_record", "warnings": 0}),
    (Event.MESSAGE_READ, {}),
]


def _bundle(database: Database, directory: Path, origin: Origin) -> None:
    directory.mkdir()
    with database.reading() as reading:
        planned = plan(reading, _TERMINAL, origin, number=1, after=0, previous=None)
        for part in parts(reading, planned, []):
            with (directory / part.name).open("wb") as file:
                file.writelines(part.pieces)


def alone(place: Path) -> dict[str, float]:
    """Hash the same entries with `hashlib` alone: reading them and finding the ends of the lines does not count."""
    spent = spent_cpu = 0.0
    for lines in _lines(_newest_bundle(place)):
        began, began_cpu = time.perf_counter(), time.process_time()
        for line in lines:
            sha256(line).digest()
        spent += time.perf_counter() - began
        spent_cpu += time.process_time() - began_cpu
    return {"alone_seconds": spent, "alone_cpu_seconds": spent_cpu}


def _newest_bundle(place: Path) -> Path:
    return max(place.glob("bundle-*"), key=lambda path: int(path.name.partition("-")[2]))


def _lines(bundle: Path) -> Iterator[list[bytes]]:
    for segment in sorted(bundle.glob("entries-*")):
        with segment.open("rb") as file:
            while lines := file.readlines(1 << 20):
                yield [line[:-1] for line in lines]


def bundle(place: Path) -> dict[str, float]:
    """Verify the bundle."""
    began = time.perf_counter()
    found = verify_bundle(_newest_bundle(place))
    seconds = time.perf_counter() - began
    assert found.ok
    used, children = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    processes = len(os.sched_getaffinity(0))
    return {
        "bundle_seconds": seconds,
        "bundle_cpu_seconds": sum((used.ru_utime, used.ru_stime, children.ru_utime, children.ru_stime)),
        "bundle_processes": float(processes),
        # Every process at its largest, at once: more than there ever is.
        "bundle_megabytes": (used.ru_maxrss + processes * children.ru_maxrss) / 1024,
    }


def store(place: Path) -> dict[str, float]:
    """Verify from SQLite."""
    database = Database.open(f"sqlite:///{place}/store.sqlite")
    with database.reading() as reading:
        began = time.perf_counter()
        assert Log(_TERMINAL, SigningKeys(place / "keys")).verify(reading).ok
        seconds = time.perf_counter() - began
    database.close()
    return {"store_seconds": seconds, "store_megabytes": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def look(place: Path) -> dict[str, float]:
    """Look into the log as the viewer does."""
    database = Database.open(f"sqlite:///{place}/store.sqlite")
    with database.reading() as reading:
        last = newest(reading)
        middle = _START + timedelta(seconds=last // 200)
        looks: dict[str, Callable[[], object]] = {
            "open": lambda: (newest(reading), page(reading, limit=64)),
            "end": lambda: page(reading, before=65, limit=64),
            "time": lambda: page(reading, before=(first_since(reading, middle) or 1) + 1, limit=64),
            "entry": lambda: page(reading, before=last // 3, limit=64),
        }
        answer = {f"{name}_ms": _slowest_ms(look) for name, look in looks.items()}
    database.close()
    return answer


def _slowest_ms(act: Callable[[], object]) -> float:
    worst = 0.0
    for _ in range(_LOOKS):
        began = time.perf_counter()
        act()
        worst = max(worst, time.perf_counter() - began)
    return worst * 1000


def _main(what: str, place: str, *more: str) -> None:
    if what == "write":
        write(Path(place), more[0], int(more[1]))
        return
    jobs: dict[str, Callable[[], dict[str, float]]] = {
        "fill": lambda: fill(Path(place), int(more[0])),
        "alone": lambda: alone(Path(place)),
        "bundle": lambda: bundle(Path(place)),
        "store": lambda: store(Path(place)),
        "look": lambda: look(Path(place)),
    }
    sys.stdout.write(json.dumps(jobs[what]()))


if __name__ == "__main__":
    _main(*sys.argv[1:])
