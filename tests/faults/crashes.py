"""Kill -9 at any moment of a day's work: taking in, approving, sending, receiving; what was acknowledged is there.

Each run forks a console that works and says after each step what is done; it is killed after a drawn time. Then the
database is opened as after a crash and held against what was said: acknowledged work is there whole, a step that was
cut off is there whole or not at all, and log and queue tell the same.
"""

import os
import random
import select
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from console.jobs import access, checkpoints, exchange, intake, review
from console.terminal import Terminal
from store import queue
from store.log import Event
from store.message.states import Direction, InState, OutState
from store.queue import QueueFilter
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, notice, open_as, write_lines
from transport.envelope import Purpose

SIZE: Final = 5
"""Messages in each file."""
_LONGEST: Final = 0.9
_BEYOND: Final = frozenset({OutState.REVIEW, OutState.RETURNED})
_IMPORTED, _APPROVED, _SENT, _RECEIVED = "imported", "approved", "sent", "received"


def crash(home: Path, agency_home: Path, seed: int, runs: int) -> Counter[str]:
    """Kill `runs` consoles on the terminal at `home`; return how often the last thing that they said was what.

    Raises AssertionError for whatever was lost, half done, or told differently by log and queue.
    """
    draw = random.Random(seed)
    said: Counter[str] = Counter()
    for run in range(runs):
        first = seed * 1_000_000 + run * SIZE
        with Terminal.open(home) as terminal:
            place = Site(home, agency_home, terminal)
            place.feed(notice(first), Purpose.NOTICE, f"{first:032x}")
        file = write_lines(home.with_name("crash.jsonl"), [entry(first + step) for step in range(SIZE)])
        told = _killed(partial(_work, home, file), draw.uniform(0.0, _LONGEST))
        said[told[-1] if told else "nothing"] += 1
        with Terminal.open(home) as terminal:
            access.close_abandoned(terminal)
            _hold_against(Site(home, agency_home, terminal), first, told)
    return said


def _killed(work: Callable[[Callable[[str], None]], None], seconds: float) -> list[str]:
    """Do the work in a child that is killed after that time; return what it said until then."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(work, theirs)
    os.close(theirs)
    deadline, heard = time.monotonic() + seconds, b""
    while (left := deadline - time.monotonic()) > 0 and select.select([ours], [], [], left)[0]:
        some = os.read(ours, 4096)
        if not some:
            break
        heard += some
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while some := os.read(ours, 4096):
        heard += some
    os.close(ours)
    return heard.decode().split()


def _be_the_child(work: Callable[[Callable[[str], None]], None], pipe: int) -> NoReturn:
    def say(word: str) -> None:
        os.write(pipe, word.encode() + b"\n")

    try:
        work(say)
    finally:
        os._exit(0)


def _work(home: Path, file: Path, say: Callable[[str], None]) -> None:
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


def _hold_against(site: Site, first: int, told: list[str]) -> None:
    references = [f"R-{first + step:06}" for step in range(SIZE)]
    with site.terminal.database.reading() as reading:
        rows = [
            row
            for reference in references
            for row in queue.page(reading, QueueFilter(reference=reference), limit=2)
            if row.reference == reference
        ]
        notices = queue.page(reading, QueueFilter(Direction.IN, reference=f"N-{first:06}"), limit=2)
        assert site.terminal.log.verify(reading).ok
        kept = {row.id: queue.content_of(reading, site.terminal.vault, row) for row in rows}
        shipped = queue.shipments_of(reading, kept)
    assert len(rows) in {0, SIZE}, "a file is in whole or not at all"
    states = {row.state for row in rows}
    if _IMPORTED in told:
        assert len(rows) == SIZE
    if _APPROVED in told:
        assert not states & _BEYOND
    if _SENT in told:
        assert states <= {OutState.DELIVERED, OutState.ACCEPTED}
        assert all(shipped[row.id].receipt for row in rows)
    if _RECEIVED in told:
        assert states == {OutState.ACCEPTED}
        assert [one.state for one in notices] == [InState.RECEIVED]
    for row in rows:
        steps = Counter(one.event for one in site.entries(about=row.uid))
        beyond = row.state not in _BEYOND
        received = row.state in {OutState.DELIVERED, OutState.ACCEPTED}
        assert steps[Event.MESSAGE_IMPORTED] == 1
        assert steps[Event.MESSAGE_APPROVED] == beyond
        assert steps[Event.MESSAGE_DELIVERED] == received
        assert steps[Event.MESSAGE_ACCEPTED] == (row.state is OutState.ACCEPTED)
    for one in notices:
        assert len(site.entries(Event.NOTICE_RECEIVED, about=one.uid)) == 1
    assert checkpoints.start(site.terminal, from_witness=False) is None
