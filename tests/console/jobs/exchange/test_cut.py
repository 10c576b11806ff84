"""The exchange when the line is cut or either side is killed: nothing is lost, nothing is there twice."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace

import pytest

from console.jobs import exchange
from console.jobs.progress import Progress, Report
from console.session import Session
from console.settings import LineSettings
from console.terminal import Terminal
from store import queue
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.relay import Relay
from tests.console.jobs.site import OPERATOR, Site, entry, notice, open_as
from tests.console.jobs.worker import stopped_in_the_middle
from transport import agency
from transport.errors import LineFault
from transport.line.client import FeedPage, Line

COUNT, BATCH = 24, 4
# The way of the bytes is the same on either engine.
pytestmark = ON_SQLITE


@pytest.fixture
def operator(site: Site) -> Session:
    """The operator of a terminal that sends in small batches."""
    settings = site.home / "renkei.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("batch = 100", f"batch = {BATCH}"), encoding="utf-8"
    )
    line = LineSettings(connect_seconds=10, read_seconds=10, batch=BATCH)
    site.terminal.settings = replace(site.terminal.settings, line=line)
    return site.session(OPERATOR)


def after_the_first_batch(act: Callable[[], None]) -> Report:
    def report(progress: Progress) -> None:
        if progress.phase == "send" and progress.done == BATCH:
            act()

    return report


def cut_on_request(relay: Relay, killed: Callable[[], bool]) -> None:
    relay.on_request = killed


def cut_on_answer(relay: Relay, killed: Callable[[], bool]) -> None:
    relay.on_answer = killed


@pytest.mark.parametrize(
    ("arm", "arrived"), [(cut_on_request, 0), pytest.param(cut_on_answer, BATCH, marks=pytest.mark.long)]
)
def test_the_agency_is_killed_while_messages_are_on_their_way(
    site: Site, operator: Session, relay: Relay, arm: Callable[[Relay, Callable[[], bool]], None], arrived: int
) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])
    site.register_peer(relay.port)
    with site.running(relay.target) as process_id:

        def kill() -> bool:
            os.kill(process_id, signal.SIGKILL)
            return False

        sent = exchange.send(site.terminal, operator, report=after_the_first_batch(lambda: arm(relay, kill)))
    assert sent.interruption is not None
    assert sent.interruption.code == "answer_cut"
    assert sent.unknown == BATCH, "one batch was on the line; what waited for it never left"
    assert sent.delivered >= BATCH
    assert sent.delivered + sent.unknown + sent.waiting == COUNT
    assert sorted(site.states(numbers), key=["delivered", "unknown", "approved"].index) == site.states(numbers)
    assert site.received().messages == sent.delivered + arrived
    kept = site.raw("SELECT envelope FROM kept_bytes")

    with site.running(relay.target):
        again = exchange.send(site.terminal, operator)
        assert (again.unknown, again.waiting, again.interruption) == (0, 0, None)
        assert again.delivered == COUNT - sent.delivered
        assert exchange.receive(site.terminal, operator).results == COUNT
    assert site.states(numbers) == ["accepted"] * COUNT
    held = site.received()
    assert (held.messages, held.distinct, held.alarms) == (COUNT, COUNT, 0)
    assert set(kept) <= set(site.agency_raw("SELECT envelope FROM message")), "the exact bytes again"
    assert site.log_holds()


def cut_now(relay: Relay) -> None:
    """End the connection when the terminal sends the next time."""
    relay.on_request = lambda: False


def test_the_peer_is_still_down_when_it_is_asked(site: Site, operator: Session, relay: Relay) -> None:
    numbers = site.approve([entry(1)])
    site.register_peer(relay.port)
    with site.running(relay.target):
        exchange.send(
            site.terminal, operator, report=lambda progress: cut_now(relay) if progress.phase == "send" else None
        )
    assert site.states(numbers) == ["unknown"]
    for _ in range(2):
        with pytest.raises(LineFault):
            exchange.send(site.terminal, operator)
    assert site.states(numbers) == ["unknown"], "it is neither sent anew nor given up"


def test_cut_while_acknowledging(site: Site, operator: Session, relay: Relay) -> None:
    agency.post(site.agency_home, [notice(number) for number in range(1, BATCH + 1)])
    site.register_peer(relay.port)
    with site.running(relay.target):
        received = exchange.receive(
            site.terminal, operator, report=lambda progress: cut_now(relay) if progress.done else None
        )
        assert received.received == BATCH
        assert received.interruption is not None
        assert site.received().acknowledged == 0
        again = exchange.receive(site.terminal, operator)
        assert (again.received, again.rejected, again.interruption) == (0, 0, None)
    assert site.received().acknowledged == BATCH
    assert len(site.entries(Event.NOTICE_RECEIVED)) == BATCH


def test_the_terminal_is_killed_between_storing_and_acknowledging(site: Site, operator: Session, relay: Relay) -> None:
    agency.post(site.agency_home, [notice(number) for number in range(1, COUNT + 1)])
    with site.running(relay.target):
        site.register_peer(relay.target)
        with stopped_in_the_middle(site.home, OPERATOR, "receive"):
            pass
        with site.terminal.database.reading() as reading:
            assert queue.cursor(reading, queue.Feed(site.terminal.name, "agency-test")) == BATCH
        assert site.received().acknowledged == 0
        with Terminal.open(site.home) as anew:
            received = exchange.receive(anew, open_as(anew, OPERATOR))
    assert (received.received, received.rejected) == (COUNT - BATCH, 0)
    assert site.received().acknowledged == COUNT
    assert len(site.entries(Event.NOTICE_RECEIVED)) == COUNT
    assert site.log_holds()


@pytest.mark.long
def test_the_terminal_is_killed_while_sending(site: Site, operator: Session, relay: Relay) -> None:
    numbers = site.approve([entry(number) for number in range(1, COUNT + 1)])
    with site.running(relay.target):
        site.register_peer(relay.target)
        with stopped_in_the_middle(site.home, OPERATOR, "send"):
            pass
        with Terminal.open(site.home) as anew:
            sent = exchange.send(anew, open_as(anew, OPERATOR))
    assert (sent.unknown, sent.waiting) == (0, 0)
    assert site.states(numbers) == ["delivered"] * COUNT
    assert (site.received().messages, site.received().distinct) == (COUNT, COUNT)


def test_killed_after_marking_and_before_sending(
    site: Site, operator: Session, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bytes are kept and marked; not one has left when the power goes.
    def be_killed(*_: object) -> None:
        raise KeyboardInterrupt

    (number,) = site.approve([entry(1)])
    with site.running(relay.target):
        site.register_peer(relay.target)
        with monkeypatch.context() as patch:
            patch.setattr("transport.line.client.Line.deliver", be_killed)
            with pytest.raises(KeyboardInterrupt):
                exchange.send(site.terminal, operator)
        assert site.states([number]) == ["sending"]
        kept = site.raw("SELECT envelope FROM kept_bytes")
        sent = exchange.send(site.terminal, operator)
    assert (sent.delivered, sent.unknown) == (1, 0)
    assert site.agency_raw("SELECT envelope FROM message") == kept
    assert site.received().messages == 1


def test_another_process_receives_meanwhile(site: Site, operator: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    # While one holds a page in its hands, the other fetches everything.
    def pull_and_be_overtaken(line: Line, after: int, limit: int) -> FeedPage:
        page = pull(line, after, limit)
        monkeypatch.setattr(Line, "pull", pull)
        with Terminal.open(site.home) as other:
            assert exchange.receive(other, open_as(other, OPERATOR)).received == COUNT
        return page

    pull = Line.pull
    agency.post(site.agency_home, [notice(number) for number in range(1, COUNT + 1)])
    with site.served():
        monkeypatch.setattr(Line, "pull", pull_and_be_overtaken)
        received = exchange.receive(site.terminal, operator)
    assert (received.received, received.rejected, received.interruption) == (0, 0, None)
    assert len(site.entries(Event.NOTICE_RECEIVED)) == COUNT
    assert site.received().acknowledged == COUNT
