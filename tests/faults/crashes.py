"""Kill -9 at any moment of a day's work: take in, approve, send, receive, confirm; what was acknowledged is there.

Each trial forks a console that takes a file in and then does whatever there is to do, what earlier ones left behind
included, and says after each step what is done; it is killed some time into a drawn one of these steps. Then the
database is opened as after a crash and held against what was said: acknowledged work is there whole, a step that was
cut off is there whole or not at all, and log and queue tell the same. At the end of a series one console is left alone:
everything arrives, once.

A series has a terminal and an agency of its own, in memory where there is such a file system: a process that dies takes
nothing with it that it has written, so that the disk does not matter here (it does in `power`). Processes are forked
from one that has everything imported and has done the work once, so that SQLAlchemy has its statements ready; no
connection is open then. A trial takes a fraction of a second.
"""

import ctypes
import os
import random
import select
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn
from unittest import mock

from console.jobs import checkpoints, exchange
from console.jobs.messages import confirmation, intake, review
from console.jobs.people import logon
from console.terminal import Terminal
from store import queue
from store.engines import sqlite as engine
from store.message.states import CONFIRMABLE, Direction, InState, OutState
from store.queue import QueueFilter
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, notice, open_as, write_lines
from tests.faults.power import memory
from tests.faults.trials_account import disagreement
from transport import agency
from transport.evidence.envelope import Purpose

SIZE: Final = 3
"""Messages in each file, and notices that come in beside it."""
SERIES: Final = 25
"""Trials on one terminal."""
_LONGEST: Final = 1.25
_ENOUGH: Final = 60.0
_PATIENCE: Final = 20.0
_PR_SET_PDEATHSIG: Final = 1
_BEYOND: Final = frozenset({OutState.REVIEW, OutState.RETURNED})
_ARRIVED: Final = frozenset({OutState.DELIVERED, OutState.ACCEPTED})
_ENGINES: Final = cache(engine._engine)
CONFIRMED: Final = "confirmed"
"""The last that a console says: what was to be done is done."""
_IMPORTED, _APPROVED, _SENT, _RECEIVED, _BEGUN = "imported", "approved", "sent", "received", "begun"
_ALL: Final = (_IMPORTED, _APPROVED, _SENT, _RECEIVED, _BEGUN, CONFIRMED)


def crash(made: Path, agency_made: Path, seeds: range) -> Counter[str]:
    """Kill a console for each seed, in a series on copies of both; return how often the last that it said was what.

    Raises AssertionError for whatever was lost, half done, told differently by log and queue, or did not arrive.
    """
    # One name for all series of a process: engines are kept for the file that they are for.
    place = Path(memory() or tempfile.gettempdir()) / f"renkei-crashes-{os.getpid()}"
    place.mkdir(mode=0o700)
    try:
        shutil.copytree(made, place / "terminal")
        shutil.copytree(agency_made, place / "agency")
        with mock.patch.object(engine, "_engine", _ENGINES), _agency(place / "agency") as port:
            series = _Series(place / "terminal", place / "agency", port)
            for seed in seeds:
                series.kill(seed)
            series.end()
            return series.ended_at
    finally:
        shutil.rmtree(place)


@dataclass
class _Series:
    """Trials one after another on the terminal at `home`; `usual` is how many seconds each step of the work takes."""

    home: Path
    agency_home: Path
    port: int
    usual: list[float] = field(default_factory=list)
    ended_at: Counter[str] = field(default_factory=Counter)
    files: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self._opened() as site:
            site.register_peer(self.port)
            self._prepare(site)
        # Once here, for what is ready then; once in a child, to know how long that takes.
        _work(self.home, self._file, str)
        with self._opened() as site:
            self._prepare(site)
        steps, moments = _killed(self._do, len(_ALL), _ENOUGH)
        self.usual = [end - begin for begin, end in pairwise(moments)]
        with self._opened() as site:
            self._hold_against(site, steps)
            self._prepare(site)

    def kill(self, seed: int) -> None:
        """Do one trial and prepare the next."""
        chance = random.Random(seed)
        step = chance.randrange(len(_ALL))
        steps, moments = _killed(self._do, step, chance.uniform(0.0, _LONGEST * self.usual[step]))
        for at, (begin, end) in enumerate(pairwise(moments)):
            self.usual[at] += (end - begin - self.usual[at]) / 4
        self.ended_at[steps[-1] if steps else "nothing"] += 1
        with self._opened() as site:
            logon.close_abandoned(site.terminal)
            self._hold_against(site, steps)
            self._prepare(site)

    def end(self) -> None:
        """Let a console work undisturbed; hold both sides against each other."""
        steps, _ = _killed(self._do, len(_ALL), _ENOUGH)
        with self._opened() as site:
            self._hold_against(site, steps)
            assert steps == [*_ALL]
            held, taken = site.received(), self._rows(site)
            assert (held.messages, held.distinct, held.alarms) == (len(taken), len(taken), 0)

    def _do(self, say: Callable[[str], None]) -> None:
        _work(self.home, self._file, say)

    @property
    def _file(self) -> Path:
        return self.home.with_name("file.jsonl")

    @contextmanager
    def _opened(self) -> Iterator[Site]:
        with Terminal.open(self.home) as terminal:
            yield Site(self.home, self.agency_home, terminal)

    def _prepare(self, site: Site) -> None:
        """Lay out what the next console finds: a file, and notices at the agency.

        Of these one is a deletion, which takes two persons, and one is newer than what came in about somebody before.
        """
        first = 1 + (1 + len(self.files)) * SIZE
        records = [entry(first + step) for step in range(SIZE)]
        self.files.append([str(record["reference"]) for record in records])
        write_lines(self._file, records)
        known = notice(first - SIZE)["card_number"]
        later = "2026-11-20T11:00:00+09:00"
        lost = {"cause": "departed", "on": "2026-11-18"}
        notices = (
            notice(first),
            notice(first + 1, category_lost=lost),
            notice(first + 2, card_number=known, occurred_at=later),
        )
        for number, content in enumerate(notices, first):
            site.feed(content, Purpose.NOTICE, f"{number:032x}")

    def _rows(self, site: Site) -> dict[str, queue.MessageRow]:
        with site.terminal.database.reading() as reading:
            return {row.reference: row for row in queue.page(reading, QueueFilter(), limit=len(self.files) * SIZE + 1)}

    def _hold_against(self, site: Site, steps: list[str]) -> None:
        rows = self._rows(site)
        states = {row.state for row in rows.values()}
        for file in self.files:
            assert sum(item in rows for item in file) in {0, SIZE}, "a file is in whole or not at all"
        if _IMPORTED in steps:
            assert all(file in rows for file in self.files[-1])
        if _APPROVED in steps:
            assert not states & _BEYOND
        if _SENT in steps:
            assert states <= _ARRIVED
        self._hold_notices_against(site, steps)
        if _RECEIVED in steps:
            assert states == {OutState.ACCEPTED}
        assert site.log_holds()
        assert (found := disagreement(site.terminal)) is None, found
        assert checkpoints.start(site.terminal, from_witness=False) is None

    def _hold_notices_against(self, site: Site, steps: list[str]) -> None:
        with site.terminal.database.reading() as reading:
            counted = queue.counts(reading)
        found = {state: counted.get((Direction.IN, state), 0) for state in InState}
        if _RECEIVED in steps:
            assert sum(found.values()) == SIZE * len(self.files)
            assert found[InState.SUPERSEDED] == len(self.files) - 1
        if _BEGUN in steps:
            assert found[InState.RECEIVED] == 0
        if CONFIRMED in steps:
            assert found[InState.CONFIRMED] == sum(found.values()) - found[InState.SUPERSEDED]


def end_with_parent() -> None:
    """Let this process be killed when its parent ends: it must not outlive a run that was stopped."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _work(home: Path, file: Path, say: Callable[[str], object]) -> None:
    with Terminal.open(home) as terminal:
        taken = intake.take_in(terminal, open_as(terminal, OPERATOR), [file])
        if taken.accepted == SIZE:
            say(_IMPORTED)
        with terminal.database.reading() as reading:
            numbers = list(queue.ids(reading, QueueFilter(states=frozenset({OutState.REVIEW}))))
        review.approve(terminal, open_as(terminal, APPROVER), numbers)
        say(_APPROVED)
        chief = open_as(terminal, CHIEF)
        if exchange.send(terminal, chief).interruption is None:
            say(_SENT)
        if exchange.receive(terminal, chief).interruption is None:
            say(_RECEIVED)
        with terminal.database.reading() as reading:
            notices = list(queue.ids(reading, QueueFilter(Direction.IN, states=CONFIRMABLE)))
        confirmation.confirm(terminal, open_as(terminal, OPERATOR), notices)
        say(_BEGUN)
        confirmation.confirm(terminal, open_as(terminal, APPROVER), notices)
        say(CONFIRMED)


# ── Processes ─────────────────────────────────────────────────────────────────────────────────────


def _killed(work: Callable[[Callable[[str], None]], None], words: int, seconds: float) -> tuple[list[str], list[float]]:
    """Do the work in a child that is killed that long after it has said so many words.

    Return what it said until then, and the moments in seconds at which it began and said each.
    """
    child, ours = _forked(work)
    began = time.monotonic()
    heard, moments = b"", [0.0]
    while True:
        left = moments[words] + seconds - (time.monotonic() - began) if len(moments) > words else _ENOUGH
        if left <= 0 or not select.select([ours], [], [], left)[0]:
            break
        some = os.read(ours, 4096)
        if not some:
            break
        heard += some
        moments += [time.monotonic() - began] * some.count(b"\n")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while some := os.read(ours, 4096):
        heard += some
    os.close(ours)
    return heard.decode().split(), moments


@contextmanager
def _agency(home: Path) -> Iterator[int]:
    """Serve the agency in a child until the block ends; yield its port."""

    def serve(say: Callable[[str], None]) -> None:
        agency.serve(home, ready=lambda _address, port: say(str(port)), stop=threading.Event())

    child, ours = _forked(serve)
    try:
        assert select.select([ours], [], [], _PATIENCE)[0], "the agency does not begin to serve"
        yield int(os.read(ours, 4096))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ours)


def _forked(work: Callable[[Callable[[str], None]], None]) -> tuple[int, int]:
    """Do the work in a child; return its process id and what it says, to be read."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(work, theirs)
    os.close(theirs)
    return child, ours


def _be_the_child(work: Callable[[Callable[[str], None]], None], pipe: int) -> NoReturn:
    def say(word: str) -> None:
        os.write(pipe, word.encode() + b"\n")

    try:
        end_with_parent()
        work(say)
    finally:
        os._exit(0)
