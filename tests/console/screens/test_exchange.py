from pathlib import Path

import pytest

from console.jobs import exchange as sending
from console.jobs.messages import listing, review
from console.screens.exchange import ExchangeScreen
from console.screens.log.viewing import LogScreen
from console.words import Language
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.console.here import acting, served_here, states
from tests.running import World, serving
from transport import agency


def exchange(console: Driven) -> ExchangeScreen:
    screen = console.app.screen
    assert isinstance(screen, ExchangeScreen)
    return screen


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_what_is_approved_is_sent_and_its_result_received(world: World, language: Language) -> None:
    with serving(world.agency_home):
        async with driving(world.home, language=language) as console:
            await console.log_on()
            await console.press("a", "enter", "x")
            # What is counted is read in a thread, and the approval before it is one as well.
            await console.until(lambda: console.words("exchange.count", count=1) in console.text())
            assert console.words("head.line_up") in console.text().splitlines()[0]
            await console.press("x")
            assert console.words("exchange.sent", delivered=1, unknown=0, refused=0, waiting=0) in console.text()
            assert console.words("exchange.outcomes.delivered") in console.text()
            await console.press("i")
            assert console.words("exchange.outcomes.received") in console.text()
            assert console.words("exchange.outcomes.accepted") in console.text()
            await console.press("escape")
            assert console.screen == "queue"
    assert "accepted" in states(world)


async def test_a_message_that_the_peer_does_not_accept_leads_to_its_page(world: World) -> None:
    with acting(world, "ka-301") as (terminal, session), served_here(world):
        (row,) = listing.page(terminal, session, listing.QueueQuery(direction="out", state="review", limit=1)).rows
        agency.refuse(world.agency_home, row.reference, "number_not_current")
        review.approve(terminal, session, [row.id], confirm_warnings=True)
        assert sending.send(terminal, session).delivered == 1
        async with driving(world.home, size=(120, 40)) as console:
            await console.log_on()
            await console.press("x")
            await console.press("i")
            assert console.words("exchange.result_refused", code="number_not_current") in console.text()
            # The result was made when it was asked for: after the notices.
            await console.press("end", "enter")
            assert console.screen == "message"
            assert row.reference in console.text()


async def test_a_line_that_is_down_is_told_with_a_remedy(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("x")
        assert console.words("head.line_down") in console.text().splitlines()[0]
        await console.press("x")
        line = exchange(console).line
        assert line is not None
        assert line.code is not None
        assert console.words.fault(line.code, line.facts).remedy[:10] in console.text()
        assert not exchange(console).unfinished


async def test_escape_stops_an_exchange_and_log_off_waits_for_it(world: World) -> None:
    with serving(world.agency_home):
        async with driving(world.home) as console:
            await console.log_on()
            await console.press("a", *"40", "enter", "x")
            screen = exchange(console)
            await console.pilot.press("x")
            await console.until(lambda: screen.unfinished)
            console.app.action_log_off()
            assert console.app.session is not None
            screen.action_back()
            await console.settle()
            assert not screen.unfinished
            assert console.words("exchange.stopped") in screen.notice.shown
    assert "sending" not in states(world)


async def test_the_log_is_listed_filtered_and_verified(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on(opens="")
        await console.press("l")
        screen = console.app.screen
        assert isinstance(screen, LogScreen)
        newest = screen.rows.cursor_row
        assert newest is not None
        assert newest.event == "operator.logged_on"
        assert newest.hash in console.text()
        await console.press("full_stop")
        assert console.words("log.sound", entries=newest.seq) in console.text()
        await console.press("f", "tab", "ctrl+u", "tab", "tab")
        await console.type(console.words("log.class.authentication"))
        await console.press("enter")
        assert console.words("log.class.authentication") in console.text()
        await console.press("end")
        last = screen.rows.cursor_row
        assert last is not None
        assert last.event.startswith("operator.")


async def test_a_changed_entry_is_named(world: World, tmp_path: Path) -> None:
    _tamper(world, 3)
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("l", "full_stop")
        text = console.text().replace("\n", "")
        assert console.words("common.trouble") in text
        assert "3番の記録" in text


def _tamper(world: World, seq: int) -> None:
    import sqlite3

    with sqlite3.connect(next((world.home / "database").glob("*.sqlite3"))) as database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger[0]}")
        database.execute("UPDATE log_entry SET body = body || ' ' WHERE seq = ?", (seq,))
    database.close()
