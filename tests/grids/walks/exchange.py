"""The exchange: before it, while it runs, and what became of it."""

import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from console.jobs import exchange as jobs_of_exchange
from console.jobs.exchange.outcome import ItemResult
from console.jobs.messages import listing, review
from console.jobs.progress import Progress
from console.screens.exchange.exchange import ExchangeScreen
from console.screens.exchange.progress import StepsPanel
from console.screens.exchange.results import Arriving
from console.terminal import Terminal
from console.widgets.gauge import Gauge
from tests.console.driving import Driven
from tests.console.here import acting, served_here
from tests.console.jobs.site import Site
from tests.grids.drawing import Easel
from transport import agency
from transport.evidence.envelope import Purpose

DONE: Final = 4
"""So many items of an exchange under way are through."""


def receive_notices(easel: Easel) -> None:
    """Take in what the agency has for the terminal."""
    with acting(easel.world, "op-101") as (terminal, session), served_here(easel.world):
        assert jobs_of_exchange.receive(terminal, session).received == 10


async def line_down(easel: Easel) -> None:
    async with easel.logged_on("ka-301", opens="2") as console:
        await console.press("x")
        await easel.draw(console, "preflight_line_down", "The pre-flight when the peer does not answer.")
        await console.press("x")
        await easel.draw(console, "exchange_line_down", "An exchange that could not begin.")
        await console.press("v")
        await easel.draw(console, "exchange_none_before", "There was no exchange before.")


async def exchanged(easel: Easel) -> None:
    with acting(easel.world, "ka-301") as (terminal, session):
        rows = listing.page(terminal, session, listing.QueueQuery(direction="out", state="review", limit=9)).rows
        for row in rows[1:3]:
            agency.refuse(easel.world.agency_home, row.reference, "number_not_current")
        review.approve(terminal, session, [row.id for row in rows], confirm_warnings=True)
    with served_here(easel.world):
        with Terminal.open(easel.world.home) as terminal:
            site = Site(easel.world.home, easel.world.agency_home, terminal)
            site.feed(b"no record", Purpose.NOTICE, uuid.UUID(int=1).hex)
        async with easel.logged_on("ka-301", opens="2") as console:
            await console.press("x")
            await easel.draw(console, "preflight", "The pre-flight: what would leave, and whether it can.")
            await console.press("question_mark")
            await easel.draw(console, "keys_exchange", "The key sheet of the exchange.")
            await console.press("f1")
            await easel.draw(console, "help_exchange", "The help of the exchange.")
            await console.press("escape", "x")
            items = exchange_of(console).results.items
            await easel.draw(console, "exchange_result", "What became of each item, errors first.")
            await console.press("n", "n", "enter")
            await easel.draw(console, "exchange_rejected", "An item that could not be taken in.")
            await console.press("n")
            await easel.draw(console, "exchange_no_more_errors", "Beyond the last error.")
            await console.press("x", "x")
            await easel.draw(console, "exchange_nothing", "An exchange in which nothing was to do.")
            await run(easel, console, items)


def exchange_of(console: Driven) -> ExchangeScreen:
    screen = console.app.screen
    assert isinstance(screen, ExchangeScreen)
    return screen


async def run(easel: Easel, console: Driven, items: Sequence[ItemResult]) -> None:
    """Draw an exchange under way, as the thread of its job would leave it."""
    screen = exchange_of(console)
    steps = screen.query_one(StepsPanel)
    steps.begin("send")
    screen.notice.clear()
    screen._cancel = threading.Event()
    # What was handed over is named as it is until the peer's results come: delivered.
    passed = [replace(item, outcome="delivered", code=None) for item in items if item.outcome == "accepted"][:DONE]
    screen.results.begin()
    screen._arriving = Arriving()
    screen._enter("running")
    steps._began = 0.0
    steps._connected = 2.0
    for progress in (Progress("ask", 0, 0, 0.0, None), Progress("send", DONE, 12, 2.0, 4.0, passed)):
        screen._report(progress)
    screen._tick()
    # The bar looks by itself, some moments later.
    screen.query_one("#gauge", Gauge)._look()
    await console.settle()
    await easel.draw(console, "exchange_running", "An exchange under way.")
    screen._cancel = None
    screen._enter("result")


async def clocks(easel: Easel) -> None:
    """Clocks that are apart: an officer may say why."""
    with served_here(easel.world):
        async with easel.logged_on("ka-301", opens="2") as console:
            await console.press("a", "enter")
            with easel.clocks_apart(400):
                await console.press("x")
                await easel.draw(console, "preflight_clocks", "The pre-flight when the clocks are apart.")
                await console.press("x")
                await easel.draw(console, "ask_clocks", "The officer says why the exchange goes on.")
                await console.press("escape")
                await easel.draw(console, "exchange_clocks", "The exchange that was called off.")


WALKS: Final = (line_down, exchanged, clocks)
