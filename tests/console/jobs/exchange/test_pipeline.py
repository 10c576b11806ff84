"""Sending many: batches overlap, a process beside seals and verifies, and nothing is lost or left without an owner."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from console.jobs import exchange
from console.jobs.exchange import sending
from console.jobs.progress import Progress
from console.session import Session
from console.settings import LineSettings
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.relay import Relay
from tests.console.jobs.site import OPERATOR, Site, entry
from transport.line.crypto_worker import CryptoWorkerProcess

COUNT, BATCH = 40, 4
# What is overlapped is the same on either engine.
pytestmark = ON_SQLITE


@pytest.fixture
def operator(site: Site, monkeypatch: pytest.MonkeyPatch) -> Session:
    """The operator of a terminal for which a few messages are many."""
    monkeypatch.setattr(sending, "_MANY", COUNT)
    line = LineSettings(connect_seconds=10, read_seconds=10, batch=BATCH)
    site.terminal.settings = replace(site.terminal.settings, line=line)
    return site.session(OPERATOR)


def after(batches: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    """Return what acts when that many batches are concluded."""

    def report(progress: Progress) -> None:
        if progress.phase == "send" and progress.done == batches * BATCH:
            act()

    return report


def assert_all_delivered(site: Site, numbers: list[int]) -> None:
    assert site.states(numbers) == ["delivered"] * COUNT
    held = site.received()
    assert (held.messages, held.distinct, held.alarms) == (COUNT, COUNT, 0)
    assert site.raw("SELECT COUNT(*) FROM receipt") == [(COUNT,)]
    assert len(site.entries(Event.MESSAGE_DELIVERED)) == COUNT
    assert site.log_holds()


def test_all_are_delivered_in_their_order(site: Site, operator: Session) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])
    done: list[int] = []
    with site.served():
        sent = exchange.send(site.terminal, operator, report=lambda progress: done.append(progress.done))
    assert (sent.sent, sent.delivered, sent.unknown, sent.waiting, sent.interruption) == (COUNT, COUNT, 0, 0, None)
    assert [item.id for item in sent.items] == numbers
    assert done[-COUNT // BATCH :] == list(range(BATCH, COUNT + 1, BATCH))
    assert site.agency_raw("SELECT COUNT(*) FROM message WHERE refusal IS NULL") == [(COUNT,)]
    assert_all_delivered(site, numbers)


def test_line_is_cut_while_batches_overlap(site: Site, operator: Session, relay: Relay) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])
    site.register_peer(relay.port)

    def cut() -> None:
        relay.on_answer = lambda: False

    with site.running(relay.target):
        sent = exchange.send(site.terminal, operator, report=after(2, cut))
        assert sent.interruption is not None
        assert sent.delivered + sent.unknown + sent.waiting == COUNT
        assert sent.unknown == BATCH, "one batch was on the line; what waited for it never left"
        again = exchange.send(site.terminal, operator)
    assert (again.unknown, again.waiting, again.interruption) == (0, 0, None)
    assert_all_delivered(site, numbers)


def test_cancelled_while_batches_overlap(site: Site, operator: Session) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])
    cancel = threading.Event()
    with site.served():
        sent = exchange.send(site.terminal, operator, report=after(2, cancel.set), cancel=cancel)
        assert sent.waiting >= BATCH
        assert sent.delivered + sent.unknown + sent.waiting == COUNT
        exchange.send(site.terminal, operator)
    assert_all_delivered(site, numbers)


def test_process_that_seals_is_killed(site: Site, operator: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])
    made: list[CryptoWorkerProcess] = []

    @contextmanager
    def remembered() -> Iterator[CryptoWorkerProcess]:
        with CryptoWorkerProcess() as worker:
            made.append(worker)
            yield worker

    monkeypatch.setattr(sending, "CryptoWorkerProcess", remembered)
    with site.served():
        kill = after(2, lambda: os.kill(made[0].process_id, signal.SIGKILL))
        sent = exchange.send(site.terminal, operator, report=kill)
    assert (len(made), sent.delivered, sent.interruption) == (1, COUNT, None)
    assert_all_delivered(site, numbers)


def test_messages_sealed_earlier_leave_under_their_kept_bytes(
    site: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])

    def be_killed(*_: object) -> None:
        raise KeyboardInterrupt

    with site.served():
        with monkeypatch.context() as patch:
            patch.setattr("transport.line.client.Line.deliver", be_killed)
            with pytest.raises(KeyboardInterrupt):
                exchange.send(site.terminal, operator)
        kept = site.raw("SELECT envelope FROM kept_bytes")
        assert kept
        exchange.send(site.terminal, operator)
    assert set(kept) <= set(site.agency_raw("SELECT envelope FROM message"))
    assert_all_delivered(site, numbers)
