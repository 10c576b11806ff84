"""セッション: first those that did not end by log-off, then those of a person, or all."""

import pytest

from console.jobs.people import logon
from console.screens.people.sessions import SessionsScreen
from store.endings import Ending
from tests.console.driving import Driven, driving
from tests.console.jobs.site import open_as
from tests.console.screens.people.register_driving import beside, go_to, open_people
from tests.running import World


def sessions(console: Driven) -> SessionsScreen:
    screen = console.app.screen
    assert isinstance(screen, SessionsScreen), console.text()
    return screen


def end(world: World, person: str, ending: Ending) -> None:
    """Open a session and end it so."""
    with beside(world.home) as (terminal, session):
        logon.log_off(terminal, session, Ending.LOGGED_OFF)
        logon.log_off(terminal, open_as(terminal, person), ending)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_what_did_not_end_by_log_off_is_counted_and_listed(world: World, language: str) -> None:
    for ending in (Ending.IDLE, Ending.CRASH, Ending.LOGGED_OFF):
        end(world, "op-101", ending)
    end(world, "ap-201", Ending.HANG_UP)
    async with driving(world.home, language=language) as console:  # type: ignore[arg-type]  # One of both.
        screen = await open_people(console)
        assert screen.unended == 3
        assert console.words("people.unended", count=3) in console.text()
        await go_to(console, "op-101")
        await console.press("v")
        words = console.words
        assert sessions(console).rows.count == 3
        for ending in (Ending.IDLE, Ending.CRASH, Ending.HANG_UP):
            assert words(f"people.session.ending.{ending}") in console.text()
        assert words("people.session.unended") in console.text()
        # Of the person alone, whatever the end; then everybody's.
        await console.press("f", "2")
        assert words("people.session.of", person="op-101") in console.text()
        listed = [sessions(console).rows.row_of(number) for number in range(sessions(console).rows.count)]
        assert {each.person_id for each in listed if each is not None} == {"op-101"}
        await console.press("f", "3")
        assert sessions(console).rows.count > len(listed)
        assert words("people.session.open") in console.text()
        await console.press("full_stop", "escape")
        assert console.screen == "people"


async def test_where_every_session_ended_by_log_off_it_is_said(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await console.press("v")
        assert console.words("people.session.none") in console.text()
        assert "0 / 0" in console.text()
