"""What goes wrong with an exchange, on the screen: clocks that are apart, a line that hangs, certificates that end."""

import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from console.errors import ContentUnproved
from console.incidents import TECHNICAL_LOG
from console.jobs import exchange as jobs_of_exchange
from console.jobs import timekeeping
from console.jobs.exchange import ItemResult, ReceiveOutcome
from console.jobs.exchange.rebuilding import lost_item
from console.jobs.terminal import announcements
from console.screens.dialogs import Selection
from console.screens.exchange.exchange import ExchangeScreen
from console.terminal import Terminal
from console.widgets.frame import NoticeLine
from console.words import Language
from store import clock
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.console.here import register, served_here, states
from tests.console.jobs.site import Site
from tests.faults.clocks import agency_ahead
from tests.faults.impostors import certify
from tests.faults.proxy import Fault, FaultProxy, Harm, Way
from tests.running import World
from transport import agency
from transport.evidence.envelope import Purpose
from transport.parties.authority import RehearsalAuthority

#: How long a person waits at most for an exchange to stop. The line itself waits for half a minute.
BOUND = 1.0
APART = 400


def notice(console: Driven) -> str:
    return console.app.screen.query_one("#notice", NoticeLine).shown


def exchange(console: Driven) -> ExchangeScreen:
    screen = console.app.screen
    assert isinstance(screen, ExchangeScreen)
    return screen


# ── Clocks ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("language", "key"), [("ja", "x"), ("en", "i")])
async def test_an_officer_says_why_and_the_exchange_goes_on(world: World, language: Language, key: str) -> None:
    with agency_ahead(APART), served_here(world):
        async with driving(world.home, language=language) as console:
            await console.log_on("ka-301")
            await console.press("a", "enter", "x")
            await console.press(key)
            assert isinstance(console.app.screen, Selection)
            # At the lower edge, so that the work that it is about is still seen.
            assert console.app.screen.query_one("#box").region.bottom == console.app.size.height - 1
            for reason in ("peer_wrong", "sync_down", "outage"):
                assert console.words(f"exchange.clock.{reason}")[:40] in console.text()
            await console.press("2")
            assert f"{APART}" in notice(console)
            # With `x` what was sent is accepted in the same exchange.
            assert exchange(console).results.count == (11 if key == "x" else 10)
    entry, *more = world.run("ka-301", "log", "show", "--event", "clock.overruled").json["entries"]
    # Sending and receiving open the line each.
    assert len(more) == (1 if key == "x" else 0)
    assert (entry["actor"], entry["detail"]["cause"]) == ("ka-301", "sync_down")


async def test_an_officer_says_why_although_the_clock_is_far_ahead_and_work_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the last entry were long ago.
    monkeypatch.setattr(timekeeping, "MOST_AHEAD", timedelta(seconds=-1))
    with served_here(world):
        async with driving(world.home) as console:
            await console.log_on("ka-301")
            await console.press("x")
            await console.press("i")
            assert isinstance(console.app.screen, Selection)
            await console.press("2")
            assert exchange(console).results.count == 10
            assert console.app.terminal.halted is None
    monkeypatch.undo()
    (entry,) = world.run("ka-301", "log", "show", "--event", "clock.overruled").json["entries"]
    assert (entry["actor"], entry["detail"]["cause"]) == ("ka-301", "sync_down")


async def test_an_officer_who_calls_it_off_has_exchanged_nothing(world: World) -> None:
    with agency_ahead(APART), served_here(world):
        async with driving(world.home) as console:
            await console.log_on("ka-301")
            await console.press("a", "enter", "x")
            await console.press("x")
            assert isinstance(console.app.screen, Selection)
            await console.press("escape")
            assert not exchange(console).unfinished
            assert console.words.fault("clocks_apart", {"seconds": "+400", "most": "300"}).cause[:12] in notice(console)
    assert "approved" in states(world)
    assert agency.received(world.agency_home).messages == 0


async def test_nobody_else_is_asked(world: World) -> None:
    with agency_ahead(APART), served_here(world):
        async with driving(world.home) as console:
            await console.log_on("op-101")
            await console.press("x")
            await console.press("x")
            assert not exchange(console).unfinished
            assert console.words.fault("clocks_apart", {"seconds": "+400", "most": "300"}).cause[:12] in notice(console)


# ── A line that hangs ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("way", "at"),
    [
        pytest.param(Way.DOWN, 0, id="in the handshake"),
        pytest.param(Way.UP, 3000, id="in the request"),
        pytest.param(Way.DOWN, 3000, id="in the answer"),
    ],
)
async def test_escape_stops_an_exchange_that_hangs_within_a_second(world: World, way: Way, at: int) -> None:
    with served_here(world) as port, FaultProxy(port) as proxy:
        register(world, proxy.port)
        async with driving(world.home) as console:
            await console.log_on("ka-301")
            await console.press("a", *"40", "enter", "x")
            screen, held = exchange(console), Fault(way, at, Harm.HOLD)
            proxy.tell(held)
            await console.pilot.press("x")
            await console.until(held.struck.is_set)
            assert screen.unfinished
            began = time.monotonic()
            await console.pilot.press("escape")
            await console.until(lambda: not screen.unfinished)
            assert time.monotonic() - began < BOUND
            assert not held.release.is_set()
            assert console.words("exchange.stopped") in notice(console) or console.words.fault(
                "line_cancelled"
            ).cause in notice(console)
            proxy.tell(None)
            held.release.set()
    assert "sending" not in states(world)


# ── What came and was not taken in ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_an_item_that_was_not_taken_in_tells_why_and_under_which_number(world: World, language: Language) -> None:
    with served_here(world):
        with Terminal.open(world.home) as terminal:
            Site(world.home, world.agency_home, terminal).feed(b"no record", Purpose.NOTICE, uuid.uuid4().hex)
        async with driving(world.home, language=language) as console:
            await console.log_on()
            await console.press("x")
            await console.press("i")
            # What was not taken in comes first: the cursor stands on it.
            await console.press("enter")
            (line,) = (world.home / TECHNICAL_LOG).read_text().splitlines()
            fault = console.words.fault("item_unreadable")
            for text in (fault.cause, fault.remedy, line.split()[0]):
                assert "".join(text.split()) in "".join(notice(console).split())
            assert console.screen == "exchange"
            # Receiving goes on behind it; reading again goes back to it.
            await console.press("i")
            assert exchange(console).results.count == 0
            await console.press("y")
            assert exchange(console).results.count == 1
            assert console.words("exchange.received", received=0, results=0, rejected=1) in notice(console)


# ── Certificates ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_a_certificate_that_ends_is_told_at_log_on_and_by_check(
    world: World, tmp_path: Path, language: Language
) -> None:
    ending = certify(RehearsalAuthority(), tmp_path / "ending")
    register(world, 1, certificates_pem=ending.pem)
    with Terminal.open(world.home) as terminal:
        (soon,) = announcements.announcements(terminal)
    assert (soon.party, soon.step) == ("peer", 1)

    async with driving(world.home, language=language) as console:
        await console.log_on(opens="")
        assert " ".join(soon.text(console.words).split()) == " ".join(notice(console).split())

    checks = {check["name"]: check for check in world.run("ka-301", "check").json["checks"]}
    assert not checks["peer_certificate"]["ok"]
    assert checks["peer_certificate"]["remedy"]
    assert checks["certificate"]["ok"]


# ── After a restored backup ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_what_the_peer_was_found_to_have_is_told_first_and_item_by_item(
    world: World, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    found = ReceiveOutcome(
        results=1,
        items=[
            ItemResult(1, "R-000001", "recovered"),
            ItemResult(2, "R-000002", "recovered", ContentUnproved.code, None, {"reference": "R-000002"}),
            lost_item("ab" * 16, "R-000003", clock.now()),
        ],
    )
    monkeypatch.setattr(jobs_of_exchange, "receive", lambda *_args, **_more: found)
    async with driving(world.home, language=language) as console:
        await console.log_on()
        await console.press("x")
        await console.press("i")
        words = console.words
        assert notice(console).startswith(words("exchange.recovered", recovered=2, lost=1))
        text = console.text()
        for outcome in ("recovered", "lost"):
            assert words(f"exchange.outcomes.{outcome}") in text
        # What only the peer has comes first: somebody has to act on it.
        await console.press("enter")
        assert "ab" * 16 in console.text().replace("\n", "").replace(" ", "").replace("│", "")
