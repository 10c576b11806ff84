"""Whoever logs on sees the last log-on; after failures since it, nothing goes on before Enter."""

import pytest

from console.errors import CredentialsRefused
from console.jobs.people import changes, lease, logon
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.screens.people.look_back import LookBackScreen
from store.endings import Ending
from store.log import Event
from tests.console.driving import Driven, driving
from tests.console.screens.people.register_driving import beside, entries
from tests.running import World


def been_there(world: World, person: str, *, failures: int = 0) -> None:
    """Let a person log on and off, and somebody fail with the ID afterwards."""
    with beside(world.home) as (terminal, session):
        logon.log_off(terminal, session, Ending.LOGGED_OFF)
        pin = world.pin_files[person].read_text().strip()
        logon.log_off(terminal, logon.log_on(terminal, person, pin, origin="screen"), Ending.LOGGED_OFF)
        for _ in range(failures):
            with pytest.raises(CredentialsRefused):
                logon.log_on(terminal, person, "80818283", origin="screen")


def look_back(console: Driven) -> LookBackScreen:
    screen = console.app.screen
    assert isinstance(screen, LookBackScreen), console.text()
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_failures_wait_for_enter(world: World, language: str, size: tuple[int, int]) -> None:
    been_there(world, "op-101", failures=2)
    async with driving(world.home, language=language, size=size) as console:  # type: ignore[arg-type]  # One of both.
        await console.log_on("op-101", opens="")
        screen, words, text = look_back(console), console.words, console.text()
        assert len(screen.look_back.failures) == 2
        assert "op-101  田中 光" in text
        assert words("people.look_back.count", count=2) in text
        assert words("people.look_back.tell") in text
        assert text.count("rehearsal-1") == 2
        # No other key leads on, and none into what lies below.
        await console.press("x", "j", "i", "escape", "m")
        assert look_back(console) is screen
        await console.press("enter")
        assert console.screen == "today"
        # At home the last log-on stays in sight.
        assert words("people.look_back.last") in console.text().splitlines()[1]


async def test_without_failures_the_work_begins_at_once_and_home_shows_the_last_log_on(world: World) -> None:
    been_there(world, "ap-201")
    async with driving(world.home) as console:
        await console.log_on("ap-201", opens="")
        assert console.screen == "today"
        line = console.text().splitlines()[1]
        assert "前回のログオン 今日 " in line
        assert line.rstrip().endswith("rehearsal-1")
        # What is told once is not told at the next log-on.
    async with driving(world.home) as console:
        await console.log_on("ap-201", opens="")
        assert console.screen == "today"


async def test_the_first_log_on_of_all_has_nothing_to_look_back_on(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("au-401")
        assert console.screen == "log"
    async with driving(world.home) as console:
        await console.log_on("ka-301", opens="")
        assert "前回" not in console.text().splitlines()[1]


async def test_who_failed_before_the_first_log_on_is_told_too(world: World) -> None:
    with beside(world.home) as (terminal, _), pytest.raises(CredentialsRefused):
        logon.log_on(terminal, "au-401", "80818283", origin="screen")
    async with driving(world.home) as console:
        await console.log_on("au-401")
        assert console.words("people.look_back.first") in console.text()
        await console.press("f10")
        assert console.screen == "login"


async def test_who_is_suspended_while_at_work_is_logged_off_and_told_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEWAL_SECONDS", 0.02)
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        assert console.screen == "today"
        with beside(world.home) as (terminal, session):
            second = logon.SecondPerson("cu-501", world.pin_files["cu-501"].read_text().strip(), "command")
            asked = PersonChange(PersonDeed.SUSPEND, "op-101")
            changes.make(terminal, session, asked, second=second)
        await console.until(lambda: console.screen == "login")
        await console.settle()
        whole = "".join(line.strip() for line in console.text().splitlines())
        assert console.words("login.ended.taken_away")[:20] in whole
        # And the ID opens nothing, in the words of any wrong ID.
        await console.log_on("op-101", opens="")
        assert console.screen == "login"
    closing = [entry for entry in entries(world.home, Event.OPERATOR_LOGGED_OFF) if entry.actor == "op-101"]
    assert [entry.detail["cause"] for entry in closing[1:]] == ["taken_away"]
