"""Exchanges that are harmed at one byte, mended, and looked at: nothing is lost, doubled, or without an owner.

A trial is one message from approved to accepted. It is sent, and its result received, over a line that is harmed once;
then both are done again over a sound line. What a person would see is checked after each of the two.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from console.jobs import exchange
from console.jobs.messages import review
from console.session import Session
from console.settings import LineSettings, StoreSettings
from console.terminal import Terminal
from store import queue
from store.message.states import Direction, OutState
from tests.console.jobs.site import APPROVER, OPERATOR, Site, entry
from tests.faults.proxy import Fault, FaultProxy, Harm, Way
from transport.errors import TransportError

#: Where a message may stand when an exchange has ended, however it ended: each is somebody's to do, or done.
OWNED: Final = frozenset({OutState.APPROVED, OutState.UNKNOWN, OutState.DELIVERED, OutState.ACCEPTED})
#: Harms that end by themselves; a held line ends by a timeout.
SUDDEN: Final = (Harm.CUT, Harm.RESET, Harm.HALF_CLOSE, Harm.DOUBLE)


@dataclass
class Bench:
    """A terminal, its agency, and the proxy between them; messages are taken in ahead of the trials."""

    site: Site
    proxy: FaultProxy
    operator: Session
    approver: Session
    waiting: list[int]
    tried: int = 0

    def approve(self, count: int) -> list[int]:
        """Approve the next messages and return their numbers."""
        numbers, self.waiting = self.waiting[:count], self.waiting[count:]
        done = review.approve(self.site.terminal, self.approver, numbers, confirm_warnings=True)
        assert done.changed == numbers
        self.tried += count
        return numbers

    def exchange(self) -> list[str]:
        """Send and receive as a person would; return the codes of what went wrong."""
        codes = []
        for job in (exchange.send, exchange.receive):
            try:
                done = job(self.site.terminal, self.operator)
            except TransportError as error:
                codes.append(error.code)
            else:
                codes += [done.interruption.code] if done.interruption is not None else []
        return codes

    def measure(self) -> dict[Way, int]:
        """Do one sound trial and return how many bytes passed each way."""
        self.proxy.tell(None)
        numbers = self.approve(1)
        assert self.exchange() == []
        self.check(numbers, {OutState.ACCEPTED})
        return dict(self.proxy.passed)

    def trial(self, fault: Fault) -> list[str]:
        """Do one trial and return the codes that the person got on the harmed line."""
        numbers = self.approve(1)
        self.proxy.tell(fault)
        codes = self.exchange()
        self.check(numbers, OWNED)
        self.recover()
        self.check(numbers, {OutState.ACCEPTED})
        return codes

    def recover(self) -> None:
        """Exchange over a sound line."""
        self.proxy.tell(None)
        assert self.exchange() == []

    def check(self, numbers: Sequence[int], states: frozenset[OutState] | set[OutState]) -> None:
        """Check where messages stand, and that what counts as delivered has its receipt."""
        with self.site.terminal.database.reading() as reading:
            rows = queue.rows_of(reading, numbers)
            kept = queue.shipments_of(reading, numbers)
        assert {row.state for row in rows} <= states, Counter(str(row.state) for row in rows)
        for row in rows:
            assert row.state is not OutState.DELIVERED or kept[row.id].receipt is not None

    def check_all(self) -> None:
        """Check that every message that was tried is at the peer exactly once, and known here to be."""
        held = self.site.received()
        assert (held.messages, held.distinct, held.alarms) == (self.tried, self.tried, 0)
        # The acknowledgement of a result may be what was lost; it is told again in the next exchange.
        assert held.acknowledged == self.tried
        with self.site.terminal.database.reading() as reading:
            counted = queue.counts(reading)
        assert counted[Direction.OUT, OutState.ACCEPTED] == self.tried
        assert {state for (way, state) in counted if way is Direction.OUT} <= {OutState.ACCEPTED, OutState.REVIEW}
        assert self.site.log_holds()


@contextmanager
def bench(site: Site, port: int, messages: int, *, batch: int = 100, seconds: int = 30) -> Iterator[Bench]:
    """Put a proxy before the agency at `port` and take messages in."""
    limits = LineSettings(connect_seconds=min(seconds, 60), read_seconds=seconds, batch=batch)
    site.terminal.settings = replace(site.terminal.settings, line=limits)
    with FaultProxy(port) as proxy:
        site.register_peer(proxy.port)
        numbers = site.take_in([entry(number) for number in range(1, messages + 1)])
        yield Bench(site, proxy, site.session(OPERATOR), site.session(APPROVER), numbers)


@contextmanager
def fresh_site() -> Iterator[Site]:
    """Yield a terminal and an agency that nothing happened to yet."""
    with tempfile.TemporaryDirectory(prefix="renkei-faults-") as name:
        place = Path(name)
        Site.make(place / "terminal", place / "agency", StoreSettings())
        with Terminal.open(place / "terminal") as terminal:
            yield Site(place / "terminal", place / "agency", terminal)


def harm_each(part: list[tuple[Way, int, Harm]]) -> Counter[str]:
    """Do some of the trials with a terminal of their own, whose log is verified whole at the end."""
    with fresh_site() as site, site.served(register=False) as port, bench(site, port, len(part)) as trials:
        seen = Counter(code for answer in part for code in trials.trial(Fault(*answer)) or ["nothing"])
        trials.check_all()
    return seen


def offsets(lengths: dict[Way, int], stride: int, seed: int) -> Iterator[tuple[Way, int]]:
    """Yield every `stride`-th byte of both ways, beginning somewhere in the first stride."""
    chance = random.Random(seed)
    for way in Way:
        for at in range(chance.randrange(stride), lengths[way], stride):
            yield way, at


def harms(seed: int) -> Iterator[Harm]:
    """Yield sudden harms without end, each as often as the others."""
    chance = random.Random(seed)
    while True:
        yield from chance.sample(SUDDEN, len(SUDDEN))


def faults(lengths: dict[Way, int], stride: int, seed: int) -> Iterator[Fault]:
    """Yield a fault for every `stride`-th byte."""
    for (way, at), harm in zip(offsets(lengths, stride, seed), harms(seed), strict=False):
        yield Fault(way, at, harm)
