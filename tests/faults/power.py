"""The power goes at any moment of a day's work; what the program was told is kept is there, and nothing by halves.

The real jobs, store, tables and log do the work: taking in, approving, sending to a real agency, receiving,
confirming, a checkpoint of the log, a scrubbed and a reopened database. Below them `power_recording` writes down each
write, sync, truncation and deletion of database, write-ahead log and journal. Then the disk of a power cut is made up
after any of these (`power_disk`), the terminal is opened on it by the program as it is, on Python's own SQLite, and
looked at.

What it shows: each transaction that ended is there, and the one on its way is there whole or not at all, since what the
database says is, to the last value, what it said after one of the two. The log verifies, it agrees with the queue, and
its keys fit. What it does not show: the SQLite that works is `apsw`'s, another version than Python's, which only opens
the disk afterwards; the key files are taken as they stand at the moment of the cut (`failing_files` fails their writing
call by call); and the peer does not come back to the moment of the cut, so that nothing is exchanged afterwards: that
is shown by `crashes`.
"""

import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from unittest import mock

from console.jobs import checkpoints, exchange
from console.jobs.messages import confirmation, review
from console.terminal import LOG_KEYS, Terminal
from store.engines import sqlite as engine
from store.errors import StoreError
from store.log import Occasion
from tests.console.jobs.site import APPROVER, CHIEF, LONG_AGO, OPERATOR, Site, entry, notice
from tests.faults.power_disk import Disk
from tests.faults.power_engine import store_on
from tests.faults.power_recording import BEGINNING, Kept, Keys, Recording, Trace, kept_at
from tests.faults.trials_account import disagreement
from transport.evidence.envelope import Purpose

SIZE: Final = 3
"""Messages in each file."""
DATABASE: Final = Path("database") / "renkei.sqlite3"
#: Pages in the write-ahead log before SQLite brings them into the file by itself: the store's own, and so few that it
#: happens amid the work.
PAGES: Final = (None, 12)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the power goes: after so many events of the trace, with a seed for what of them reached the disk."""

    at: int
    seed: int


@contextmanager
def unsafe(synchronous: str) -> Iterator[None]:
    """Let the store work as it must not: what is committed does not wait for the disk, and nothing asserts that."""
    relaxed = tuple(item.replace("FULL", synchronous) for item in engine._EACH_CONNECTION)
    with (
        mock.patch.object(engine, "_EACH_CONNECTION", relaxed),
        mock.patch.object(engine.SQLite, "assert_promises"),
    ):
        yield


def record(home: Path, agency_home: Path, *, pages: int | None = None) -> Trace:
    """Do the work on the terminal at `home` and return what happened to its database."""
    recording = Recording(home / DATABASE, home / LOG_KEYS)
    with ExitStack() as stack:
        stack.callback(recording.unregister)
        if pages is not None:
            writer = (*engine._WRITER[:-1], f"PRAGMA wal_autocheckpoint = {pages}")
            stack.enter_context(mock.patch.object(engine, "_WRITER", writer))
        stack.enter_context(store_on(recording.layer, recording.kept))
        for day in range(2):
            with Terminal.open(home) as terminal:
                work(Site(home, agency_home, terminal), first=1 + day * 100)
    return recording.trace


def work(site: Site, first: int) -> None:
    """Do a day's work with messages of these numbers."""
    with site.served(register=False) as port:
        site.register_peer(port, valid_from=LONG_AGO + timedelta(days=first))
        notices = [notice(first), notice(first + 1, category_lost={"cause": "departed", "on": "2026-11-18"})]
        for number, content in enumerate(notices, first):
            site.feed(content, Purpose.NOTICE, f"{number:032x}")
        numbers = site.take_in([entry(first + step) for step in range(SIZE)])
        assert review.approve(site.terminal, site.session(APPROVER), numbers).changed == numbers
        chief = site.session(CHIEF)
        assert exchange.send(site.terminal, chief).delivered == SIZE
        assert exchange.receive(site.terminal, chief).received == len(notices)
    _confirm(site, [site.number(str(notice["reference"])) for notice in notices])
    checkpoints.make(site.terminal, Occasion.ACTIVITY)
    site.terminal.database.scrub()
    site.take_in([entry(first + SIZE)])


def _confirm(site: Site, numbers: list[int]) -> None:
    """Confirm an ordinary notice and a deletion, which takes a second person."""
    first = confirmation.confirm(site.terminal, site.session(OPERATOR), numbers)
    second = confirmation.confirm(site.terminal, site.session(APPROVER), first.waiting)
    assert [*first.changed, *second.changed] == numbers


class Bench:
    """A trace, and a terminal's directory on which its cuts are looked at one after another."""

    def __init__(self, trace: Trace, made: Path, place: Path) -> None:
        """Copy the terminal at `made`, where the trace began, to `place`."""
        self._trace, self._home = trace, place / "terminal"
        shutil.copytree(made, self._home)

    def draw(self, seed: int) -> Cut:
        """Return a cut of that number."""
        return Cut(random.Random(seed).randint(BEGINNING, len(self._trace.events)), seed)

    def judge(self, cut: Cut) -> str | None:
        """Make up the disk after the cut, open the terminal there; return what is wrong, or None."""
        past = self._trace.events[: cut.at]
        kept = [event.contents for event in self._trace.events if isinstance(event, Kept)]
        acknowledged = sum(isinstance(item, Kept) for item in past)
        self._lay_out(cut)
        try:
            return self._look(kept, acknowledged)
        except StoreError as error:
            return error.code
        except sqlite3.DatabaseError:
            return "damaged"

    def _lay_out(self, cut: Cut) -> None:
        past = self._trace.events[: cut.at]
        disk = Disk(self._trace.before)
        disk.run([item for item in past if not isinstance(item, Kept | Keys)])
        found = disk.after_cut(random.Random(cut.seed))
        _fill((self._home / DATABASE).parent, found)
        keys = next(item for item in reversed(past) if isinstance(item, Keys))
        _fill(self._home / LOG_KEYS, keys.files)

    def _look(self, kept: list[str], acknowledged: int) -> str | None:
        with Terminal.open(self._home) as terminal:
            with closing(sqlite3.connect(self._home / DATABASE)) as connection:
                if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    return "damaged"
            contents = kept_at(self._home / DATABASE).contents
            if contents not in kept[acknowledged - 1 : acknowledged + 1]:
                return "lost" if contents in kept[:acknowledged] else "half done"
            with terminal.database.reading() as reading:
                if not terminal.log.verify(reading).ok:
                    return "log broken"
            if (fault := checkpoints.start(terminal, from_witness=False)) is not None:
                return fault.code
            return disagreement(terminal)


def cut_power(made: Path, agency_made: Path, seeds: range, *, pages: int | None = None) -> Counter[str]:
    """Record a day's work on a copy of the terminal at `made` and cut it at each seed; count what was found."""
    with tempfile.TemporaryDirectory(prefix="renkei-power-", dir=memory()) as name:
        place = Path(name)
        shutil.copytree(made, place / "worked")
        shutil.copytree(agency_made, place / "agency")
        trace = record(place / "worked", place / "agency", pages=pages)
        bench = Bench(trace, made, place)
        return Counter(bench.judge(bench.draw(seed)) or "whole" for seed in seeds)


def _fill(directory: Path, files: dict[str, bytes]) -> None:
    """Let a directory hold exactly these files, its owner's alone."""
    shutil.rmtree(directory)
    directory.mkdir(mode=0o700)
    for name, content in files.items():
        path = directory / name
        path.write_bytes(content)
        path.chmod(0o600)


def memory() -> str | None:
    """Return a directory in memory, where there is one: what is synced is what the trace says, not this machine."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None
