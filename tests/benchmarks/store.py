"""The store: messages sealed and logged beside the same rows written bare, and what the queue screen asks at a million.

The bare rows go through `sqlite3.executemany` into tables of the same shape, with the same durability, in the same run.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from console.jobs.rehearsal.sample_records import Inventor
from store import queue
from store.database import Database
from store.log import EntryDraft, Event, Log, SigningKeys
from store.message.canonical import encode
from store.message.search import SearchPart
from store.message.states import Direction, OutState
from store.queue import MessageDraft, Order, PageKey, QueueFilter
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault
from tests.benchmarks.report import Report

MESSAGES: Final = 42_157
MILLION: Final = 1_000_000
_PORTION: Final = 1000
_PAGE: Final = 60
_LEAST_RATIO: Final = 0.5
_MOST_PAGE_MS: Final = 5.0
_MOST_COUNTS_MS: Final = 10.0
_MOST_SEARCH_SECONDS: Final = 0.5
_TABLES: Final = ("message", "content", "log_entry")
_OPEN: Final = {OutState.REVIEW: 30_000, OutState.APPROVED: 10_000, OutState.HELD: 1_500, OutState.REFUSED: 657}


def measure(runs: int) -> Report:
    """Write the messages in `runs` times beside the bare tables, search them by name, then page through a million."""
    seen: dict[str, list[float]] = {"store": [], "bare sqlite3.executemany": [], "name search": []}
    with tempfile.TemporaryDirectory(prefix="renkei-store-") as name:
        directory = Path(name)
        directory.chmod(0o700)
        drafts = list(_drafts())
        for run in range(runs):
            home = directory / str(run)
            home.mkdir(mode=0o700)
            store = _Store(home)
            ours = _seconds(partial(store.write, drafts))
            seen["store"].append(MESSAGES / ours)
            seen["name search"].append(_seconds(store.search))
            store.database.close()
            seen["bare sqlite3.executemany"].append(MESSAGES / _bare(home))
        big = _Store(directory / "big")
        asked = {42_157: _ask(store := _Store(directory / "0", anew=False)), MILLION: _ask(big.grow())}
        for item in (store, big):
            item.database.close()
    return _report(seen, asked)


def _report(seen: dict[str, list[float]], asked: dict[int, dict[str, float]]) -> Report:
    ratio = median(seen["store"]) / median(seen["bare sqlite3.executemany"])
    search = median(seen.pop("name search"))
    pages = {size: max((ms, what) for what, ms in each.items() if what != "counts") for size, each in asked.items()}
    verdict = (
        f"{ratio:.2f} of the bare rows (at least {_LEAST_RATIO} is wanted); name search {search:.3f} s "
        f"(at most {_MOST_SEARCH_SECONDS})"
    )
    for size, (slowest, what) in pages.items():
        verdict += (
            f"\nat {size}: slowest page {slowest:.2f} ms, {what} (at most {_MOST_PAGE_MS} is wanted); "
            f"counts {asked[size]['counts']:.2f} ms (at most {_MOST_COUNTS_MS})"
        )
    figures = {"ratio_to_bare": ratio, "search_seconds": search}
    figures |= {f"{what} at {size}, ms": ms for size, each in asked.items() for what, ms in each.items()}
    return Report("messages/s", seen, verdict, figures)


def _drafts() -> Iterator[MessageDraft]:
    began = datetime.now(UTC) - timedelta(days=30)
    inventor = Inventor(seed=MESSAGES, now=datetime.now(UTC), municipality="131041")
    for number, record in enumerate(inventor.outgoing(MESSAGES)):
        yield MessageDraft(
            direction=Direction.OUT,
            kind=str(record["kind"]),
            reference=str(record["reference"]),
            effective_at=began + timedelta(seconds=number),
            content=encode(record),
            author="op-101",
            subject=f"{number:032x}",
        )


class _Store:
    """A terminal's store without a terminal."""

    def __init__(self, home: Path, *, anew: bool = True) -> None:
        home.mkdir(mode=0o700, exist_ok=True)
        self.file = home / "store.sqlite"
        url, source = f"sqlite:///{self.file}", KeyFile(home / "keys")
        self.database = Database.create(url) if anew else Database.open(url)
        opened = Vault.create if anew else Vault.open
        self.vault = opened(source, terminal_id="t-131041-01")
        self.log = Log("t-131041-01", SigningKeys.create(home / "log") if anew else SigningKeys(home / "log"))

    def write(self, drafts: list[MessageDraft]) -> None:
        """Take messages in as an import does, but for reading and checking a file."""
        session = "0" * 32
        with self.database.writing() as tx:
            for start in range(0, len(drafts), _PORTION):
                added = queue.add_messages(tx, self.vault, drafts[start : start + _PORTION], now=datetime.now(UTC))
                self.log.append_many(
                    tx,
                    [
                        EntryDraft(Event.MESSAGE_IMPORTED, "op-101", session, item.uid, detail={"revision": 1})
                        for item in added
                    ],
                )

    def search(self) -> list[int]:
        """Find by a part of the name, as the list of the queue does: no index holds names."""
        with self.database.reading() as reading:
            if queue.missing_blocks(reading):
                raise RuntimeError("names of some messages are in no block")
            named = set(queue.numbers_found(reading, self.vault, SearchPart("NGUYEN")))
            return [number for number in queue.ids(reading, QueueFilter()) if number in named]

    def grow(self) -> "_Store":
        """Make a million rows behind the store's back, most of them settled as in an old queue."""
        self.database.close()
        with sqlite3.connect(self.file) as bare:
            bare.execute(
                """
                INSERT INTO message (id, uid, direction, kind, reference, state, effective_at, taken_at, subject,
                    author, authors, revision, digest, warnings, state_since, version, seal, target, pointer)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                SELECT i, printf('%032x', i), 'out', 'resident_record', printf('R-%08d', i),
                    CASE WHEN i > 999343 THEN 'refused' WHEN i > 997843 THEN 'held' WHEN i > 987843 THEN 'approved'
                        WHEN i > 957843 THEN 'review' ELSE 'accepted' END,
                    1700000000000000 + i * 30000000, 1700000000000000, printf('%032x', i / 2), 'op-101', 'op-101', 1,
                    zeroblob(32), 0, 1700000000000000, 1, zeroblob(32),
                    CASE WHEN i % 1000 = 0 THEN printf('R-%08d', i - 1) END, CASE WHEN i % 1000 = 0 THEN 'cancels' END
                FROM n
                """,
                (MILLION,),
            )
            bare.execute("INSERT INTO tally SELECT direction, state, count(*) FROM message GROUP BY 1, 2")
        self.database = Database.open(f"sqlite:///{self.file}")
        return self


def _bare(home: Path) -> float:
    with sqlite3.connect(home / "store.sqlite") as made:
        shapes = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index') AND tbl_name IN"
        shape = [row[0] for row in made.execute(f"{shapes} {_TABLES}")]
        rows = {table: made.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}
    made.close()
    bare = sqlite3.connect(home / "bare.sqlite", isolation_level=None)
    for statement in ("PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *shape):
        bare.execute(statement)

    def write() -> None:
        bare.execute("BEGIN IMMEDIATE")
        for table, values in rows.items():
            bare.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
        bare.execute("COMMIT")

    seconds = _seconds(write)
    bare.close()
    return seconds


def _ask(store: _Store) -> dict[str, float]:
    """Return the milliseconds of each question of the queue screen: the median of several."""
    now = datetime.now(UTC)
    with store.database.reading() as reading:
        numbers = queue.ids(reading, QueueFilter())
        middle = queue.get(reading, numbers[len(numbers) // 2])
        last = queue.get(reading, numbers[-1])
        filters = {
            "all": QueueFilter(),
            "review": QueueFilter(states=frozenset({OutState.REVIEW})),
            "four states": QueueFilter(states=frozenset(_OPEN)),
            "overdue": QueueFilter(overdue_before=now),
            "one reference": QueueFilter(reference=middle.reference),
            "references beginning alike": QueueFilter(reference=last.reference[:-3]),
            "being undone": QueueFilter(being_undone=True),
        }
        asked: dict[str, Callable[[], object]] = {
            f"{name}, {order} first{', from the middle' if after else ''}": partial(
                queue.page, reading, chosen, order, after=after, limit=_PAGE
            )
            for name, chosen in filters.items()
            for order in Order
            for after in (None, PageKey(middle.effective_at, middle.id))
        }

        def head_line() -> None:
            queue.counts(reading)
            queue.count(reading, QueueFilter(overdue_before=now - timedelta(hours=24)))

        asked["counts"] = head_line
        return {name: median(_seconds(ask) * 1000 for _ in range(7)) for name, ask in asked.items()}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
