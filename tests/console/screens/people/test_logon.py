"""Logging on, and where each role begins. It shows `console.screens.people.landing` as well."""

import threading

import pytest

from console.jobs.people import lease
from console.widgets.field import PinField, TextField
from console.words import Language
from store.people.attempts import Attempt
from store.rights import Role
from tests.console.driving import driving
from tests.running import World


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_rehearsal_world_shows_its_people_and_their_pins(world: World, language: Language) -> None:
    async with driving(world.home, language=language) as console:
        shown = console.text()
        assert console.words("login.rehearsal") in shown
        for person, pin_file in world.pin_files.items():
            assert person in shown
            assert pin_file.read_text().strip() in shown
        # All roles of all five, also where somebody has two.
        for role in Role:
            assert console.words(f"roles.short.{role}") in shown


async def test_a_terminal_without_japanese_says_so_before_anybody_logs_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with driving(world.home, language="en") as console:
        assert console.words("login.no_japanese")[:40] in console.text()


async def test_the_pin_is_never_shown_and_the_right_one_opens_the_queue(world: World) -> None:
    async with driving(world.home) as console:
        await console.pilot.press(*"op-101", "tab", *"12345678")
        await console.settle()
        field = console.app.screen.query_one("#pin", PinField)
        assert field.draw_line(0).strip(36).text.startswith(" ********")
        field.clear()
        await console.press("shift+tab", "ctrl+u")
        await console.log_on("op-101")
        assert console.screen == "queue"
        assert console.app.session is not None


@pytest.mark.parametrize(("person", "screen"), [("ka-301", "today"), ("au-401", "log"), ("cu-501", "health")])
async def test_each_role_begins_where_its_work_is(world: World, person: str, screen: str) -> None:
    async with driving(world.home) as console:
        await console.log_on(person, opens="")
        assert console.screen == screen
        await console.press("escape")
        assert console.screen == screen, "below it is only the log-on"


async def test_a_wrong_pin_is_refused_with_a_remedy_and_forgotten(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101", "11112222")
        fault = console.words.fault("credentials_refused")
        assert console.screen == "login"
        assert fault.cause[:20] in console.text()
        assert console.app.screen.query_one("#pin", PinField).value == ""
        assert console.app.session is None


async def test_nobody_leaves_while_a_pin_is_checked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    compare, go_on = Attempt.verify, threading.Event()

    def slowly(attempt: Attempt, pin: str) -> bool:
        go_on.wait()
        return compare(attempt, pin)

    monkeypatch.setattr(Attempt, "verify", slowly)
    async with driving(world.home) as console:
        await console.settle()
        await console.pilot.press(*"ka-301", "tab", *world.pin_files["ka-301"].read_text().strip(), "enter", "f10")
        assert console.words("login.checking") in console.text()
        assert console.app.is_running
        go_on.set()
        await console.settle()
        assert console.screen == "today"
        await console.press("f10", "f10")
        assert console.app.return_code == 0


async def test_two_screens_of_a_person_are_one_too_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEWAL_SECONDS", 0.01)
    async with driving(world.home) as first, driving(world.home) as second:
        await first.log_on(opens="")
        await second.log_on(opens="")
        await first.until(lambda: first.screen == "login")
        await first.settle()
        assert first.words("login.ended.elsewhere")[:20] in first.text()
        assert second.screen == "today"


async def test_both_are_wanted(world: World) -> None:
    async with driving(world.home) as console:
        await console.press("enter", "enter")
        assert console.words("login.both_wanted") in console.text()


async def test_an_unknown_id_looks_the_same_as_a_wrong_pin(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101", "11112222")
        known = console.text().splitlines()[-2]
        await console.press("shift+tab", "ctrl+u")
        await console.log_on("nobody", "11112222")
        assert console.text().splitlines()[-2] == known


async def test_nothing_personal_is_left_after_log_off(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.settle()
        await console.press("enter")
        await console.until(lambda: console.screen == "message")
        await console.settle()
        await console.press("f10")
        await console.until(lambda: console.screen == "login")
        await console.settle()
        assert console.app.session is None
        assert console.words("login.ended.log_off") in console.text()
        assert len(console.app.screen_stack) == 1
        assert console.app.screen.query_one("#person-id", TextField).value == ""
        assert "R26-" not in console.text()


async def test_the_language_changes_anywhere_and_keeps_what_was_typed(world: World) -> None:
    async with driving(world.home) as console:
        await console.type("op-1")
        assert "利用者ID" in console.text()
        await console.press("f2")
        assert "User ID" in console.text()
        assert console.app.screen.query_one("#person-id", TextField).value == "op-1"
        await console.press("f2")
        assert "利用者ID" in console.text()
