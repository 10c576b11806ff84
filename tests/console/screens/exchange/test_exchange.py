import threading
from pathlib import Path
from typing import Any

import pytest

from console import jobs
from console.jobs.messages import listing, review
from console.screens.exchange.exchange import ExchangeScreen
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
async def test_the_pre_flight_asks_and_the_same_key_exchanges(world: World, language: Language) -> None:
    with serving(world.agency_home):
        async with driving(world.home, language=language) as console:
            await console.log_on()
            await console.press("a", "enter", "x")
            words, screen = console.words, exchange(console)
            # What is counted is read in a thread, and the approval before it is one as well.
            await console.until(lambda: screen.preflight is not None and screen.preflight.leaving == 1)
            text = console.text()
            assert words("exchange.stage.preflight") in text
            assert words("exchange.to_receive_unknown") in text
            assert words("head.line_up") in text.splitlines()[0]
            assert "isa-rehearsal" in text.splitlines()[4]
            # Nothing has left: the page is the question.
            assert agency.received(world.agency_home).messages == 0
            assert words("keys.next_error") not in console.foot
            await console.press("x")
            assert words("exchange.sent", delivered=1, unknown=0, refused=0, waiting=0) in console.text()
            assert words("exchange.received", received=10, results=1, rejected=0) in console.text()
            assert words("exchange.outcomes.received") in console.text()
            await console.press("end")
            assert words("exchange.outcomes.accepted") in console.text()
            # From the result the key leads to the question first, and the result of before can be seen again.
            await console.press("x")
            assert (screen.stage, words("exchange.stage.preflight") in console.text()) == ("preflight", True)
            await console.press("v")
            assert (screen.stage, screen.results.count) == ("result", 11)
            await console.press("escape")
            assert console.screen == "queue"
    assert "accepted" in states(world)


@pytest.mark.parametrize("language", JAPANESE_FIRST)
@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.long)])
async def test_results_come_as_rows_while_the_exchange_runs(
    world: World, monkeypatch: pytest.MonkeyPatch, language: Language, size: tuple[int, int]
) -> None:
    with acting(world, "ka-301") as (terminal, session), serving(world.agency_home):
        rows = listing.page(terminal, session, listing.QueueQuery(direction="out", state="review", limit=3)).rows
        review.approve(terminal, session, [row.id for row in rows], confirm_warnings=True)
        let_go, receive = threading.Event(), jobs.exchange.receive

        def later(*arguments: Any, **options: Any) -> Any:
            assert let_go.wait(30)
            return receive(*arguments, **options)

        monkeypatch.setattr(jobs.exchange, "receive", later)
        async with driving(world.home, language=language, size=size) as console:
            await console.log_on()
            await console.press("x")
            screen, words = exchange(console), console.words
            await console.pilot.press("x")
            await console.until(lambda: all(row.reference in console.text() for row in rows))
            text = console.text()
            assert screen.unfinished
            assert all(row.name in text for row in rows if row.name)
            assert "3 / 3" in text
            # The line is opened anew for receiving, which the seconds show.
            connecting = next(line for line in text.splitlines()[3:] if words("exchange.phases.connect") in line)
            assert words("exchange.step.under_way") in connecting
            assert words("exchange.since", time="").strip() in text.splitlines()[2]
            let_go.set()
            await console.settle()
            assert screen.stage == "result"
            assert screen.results.position == 1


async def test_the_refused_one_is_one_key_after_an_exchange_and_is_found_again_after_a_log_off(world: World) -> None:
    with acting(world, "ka-301") as (terminal, session), served_here(world):
        rows = listing.page(terminal, session, listing.QueueQuery(direction="out", state="review", limit=3)).rows
        for row in rows[1:]:
            agency.refuse(world.agency_home, row.reference, "number_not_current")
        review.approve(terminal, session, [row.id for row in rows], confirm_warnings=True)
        async with driving(world.home) as console:
            await console.log_on()
            await console.press("x")
            await console.press("x")
            screen, words = exchange(console), console.words
            # Errors first and counted, the cursor on the first of them, with what is to be done.
            assert f"{words('exchange.outcomes.refused')} 2" in console.text()
            assert words("exchange.refused_as.number_not_current") in console.text()
            await console.press("enter")
            assert console.screen == "message"
            references = {row.reference for row in rows[1:]}
            assert any(reference in console.text() for reference in references)
            await console.press("escape", "n")
            assert screen.results.position == 2
            await console.press("n")
            assert words("exchange.no_more_errors") in console.text()
            before = [(item.outcome, item.reference) for item in screen.results.items]
            await console.press("q")
            await console.log_on("op-101")
            await console.press("x")
            await console.press("v")
            again = exchange(console)
            after = [(item.outcome, item.reference) for item in again.results.items]
            assert after[:2] == before[:2]
            assert sorted(map(str, after)) == sorted(map(str, before))
            assert again.span is not None
            assert again.span.by == "ka-301"


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
