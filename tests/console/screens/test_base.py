"""What every screen has: rights and readiness before keys, and a line that says what happened.

It shows what every screen with a form has (`console.screens.filling_in`) as well.
"""

import threading
from typing import Any, Final

import pytest
from textual import events
from textual.geometry import Size
from textual.screen import Screen

from console.incidents import TECHNICAL_LOG
from console.keys import Key
from console.screens.base import ConsoleScreen
from console.screens.filling_in import FormScreen
from console.screens.people.logon import LoginScreen
from store.errors import DiskFull
from store.people import Right
from tests.console.driving import Driven, driving
from tests.running import World

MOST_LAYOUTS: Final = 200
"""Far more than a few sizes need."""


def _screen(console: Driven) -> ConsoleScreen:
    screen = console.app.screen
    assert isinstance(screen, ConsoleScreen)
    return screen


async def test_an_error_that_was_foreseen_shows_cause_and_remedy(world: World) -> None:
    async with driving(world.home) as console:
        _screen(console).show_error(DiskFull(file="store.sqlite"))
        fault = console.words.fault("disk_full", {"file": "store.sqlite"})

        assert fault.cause in _screen(console).notice.shown
        assert fault.remedy in _screen(console).notice.shown


async def test_any_other_error_shows_only_its_incident_number(world: World) -> None:
    async with driving(world.home, language="en") as console:
        _screen(console).show_error(ValueError("REHEARSAL PERSON"))
        shown = _screen(console).notice.shown

        number = (world.home / TECHNICAL_LOG).read_text().split()[0]
        assert console.words("common.incident", number=number) in shown
        assert "REHEARSAL" not in shown


async def test_the_notice_follows_the_language(world: World) -> None:
    async with driving(world.home, language="ja") as console:
        screen = _screen(console)
        screen.say("note", "entry.missing")
        japanese = screen.notice.shown
        await console.press("f2")

        assert console.words("entry.missing") in screen.notice.shown
        assert screen.notice.shown != japanese


async def test_keys_that_ask_for_a_right_are_obeyed_only_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key("f", "f", "filter(1)", "close", right=Right.APPROVE)
    async with driving(world.home) as console:
        screen = _screen(console)
        monkeypatch.setattr(type(screen), "KEYS", (key,))

        # Nobody is logged on, so nobody has the right.
        assert not screen.check_action("filter", (1,))
        assert not screen.offers(key)
        assert screen.check_action("cursor_down", ())


def test_a_screen_that_is_not_mounted_yet_obeys_no_key() -> None:
    assert LoginScreen().check_action("enter", ()) is False


async def test_an_answer_counts_only_until_the_same_is_looked_at_again(world: World) -> None:
    first_may_end = threading.Event()

    def slow(_terminal: object, _session: object) -> str:
        assert first_may_end.wait(30)
        return "older"

    async with driving(world.home) as console:
        await console.log_on()
        screen, answers = _screen(console), list[str]()
        screen.look("thing", slow, answers.append)
        screen.look("thing", lambda _terminal, _session: "newer", answers.append)
        screen.look("other", lambda _terminal, _session: "apart", answers.append)
        await console.until(lambda: len(answers) == 2)
        first_may_end.set()
        await console.settle()
        assert sorted(answers) == ["apart", "newer"]


async def test_what_a_job_brings_to_a_screen_on_its_way_out_is_dropped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, answers = threading.Event(), list[object]()

    def slow(_terminal: object, _session: object) -> bool:
        return may_end.wait(30)

    async with driving(world.home) as console:
        await console.log_on()
        screen = _screen(console)
        screen.work(slow, answers.append, answers.append)
        with monkeypatch.context() as patch:
            # Still attached, while its widgets are being taken down.
            patch.setattr(type(screen), "gone", True)
            may_end.set()
            await console.until(lambda: not console.app.background.busy)
        assert answers == []


async def _resize(console: Driven, columns: int, rows: int) -> None:
    """Give the terminal another size, and wait until the screen is laid out in it, which Textual puts off."""
    await console.pilot.resize_terminal(columns, rows)
    await console.until(lambda: tuple(console.app.screen._compositor.size) == (columns, rows))
    await console.settle()


async def test_a_screen_without_room_says_so_obeys_no_key_and_comes_back_as_it_was(world: World) -> None:
    async with driving(world.home, size=(80, 24)) as console:
        await console.log_on("ka-301")
        await console.press("2")
        before = console.text()
        await console.press("a")
        assert console.screen == "question"
        await _resize(console, 60, 18)

        for fact in ("80 x 24", "60 x 18", console.words("head.too_small.kept")):
            assert fact in console.text()
        # Unseen, the question is not answered, and nothing opens above it.
        await console.press("enter", "escape", "f1", "a", "2")
        assert console.screen == "question"
        await _resize(console, 80, 24)
        assert console.words("steps.approve.deed") in console.text()
        await console.press("escape")
        assert console.text() == before


async def test_sizes_that_change_in_a_burst_come_to_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = 0
    lay_out = Screen._refresh_layout

    def counted(screen: Screen[object], *arguments: Any, **options: Any) -> None:
        nonlocal laid_out
        laid_out += 1
        # Two sizes that chased each other would let nothing else be done, so that the end has to come from here.
        assert laid_out < MOST_LAYOUTS, "the layout never comes to rest"
        lay_out(screen, *arguments, **options)

    async with driving(world.home) as console:
        await console.log_on()
        await console.press("x")
        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        # As while the screens of somebody who logs off are closed, when nothing is painted.
        with console.app.batch_update():
            for size in (Size(200, 50), Size(60, 20)):
                console.app._size = size
                await console.app.screen._on_resize(events.Resize(size, size))
            await console.pilot._wait_for_screen()
        await console.settle()
        assert {screen.size for screen in console.app.screen_stack[-2:]} == {Size(60, 20)}


async def test_the_field_of_a_form_is_where_it_was_when_the_form_comes_back(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("ka-301", opens="")
        # What is asked before somebody is suspended, from the list of people.
        await console.press("m", "4", "h")
        screen = console.app.screen
        assert isinstance(screen, FormScreen)
        shown = screen.form
        await console.press("f1")
        assert console.screen == "help"
        # The key after the one that closes the help is meant for the form.
        await console.press("escape", "down")
        assert console.screen == screen.name
        assert shown.editor.has_focus
        assert shown.editor.region.y in range(shown.region.y, shown.region.bottom)
