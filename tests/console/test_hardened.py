"""Each side of Textual that the console keeps shut, proven against the installed version."""

import inspect
import os
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.app import App
from textual.binding import Binding
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.widget import Widget

from console import screens, widgets
from console.app import RenkeiApp
from console.hardened import ACTIONS, HardenedApp, Shut
from console.incidents import TECHNICAL_LOG
from console.screens.people.logon import LoginScreen
from tests.console.widgets.bench import SETTINGS

if TYPE_CHECKING:
    from textual.pilot import Pilot

# Every module there is, so that a new screen is held to this without being named here.
MODULES = [
    import_module(module.name)
    for package in (screens, widgets)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]
SECRET = "48201735-secret"


class Closed(RenkeiApp):
    def begin(self) -> None:
        """Nothing is opened here."""


@asynccontextmanager
async def closed(home: Path) -> AsyncIterator[tuple[Closed, "Pilot[Any]"]]:
    app = Closed(home, SETTINGS)
    async with app.run_test() as pilot:
        yield app, pilot


def classes(base: type[Any]) -> Iterator[type[Any]]:
    for module in MODULES:
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, base) and member.__module__ == module.__name__:
                yield member


def actions_bound() -> set[str]:
    names = set()
    for owner in (*classes(Widget), RenkeiApp):
        for binding in vars(owner).get("BINDINGS", ()):
            assert isinstance(binding, Binding)
            names.add(binding.action.partition("(")[0].rpartition(".")[2])
    return names


def test_every_action_of_a_key_is_allowed_and_every_allowed_action_exists() -> None:
    assert actions_bound() <= ACTIONS
    defined = {
        name.removeprefix("action_")
        for owner in (*classes(Widget), RenkeiApp)
        for name in dir(owner)
        if name.startswith("action_")
    }
    assert defined >= ACTIONS


def test_no_key_of_textual_is_inherited() -> None:
    assert set(HardenedApp._merge_bindings().key_to_bindings) == set()
    assert "ctrl+q" not in RenkeiApp._merge_bindings().key_to_bindings
    for screen in classes(Screen):
        inherited = set(screen._merge_bindings().key_to_bindings)
        assert "ctrl+c" not in inherited, screen
        assert "super+c" not in inherited, screen


@pytest.mark.parametrize(
    "action",
    [
        "quit", "app.quit", "simulate_key('a')", "screenshot", "command_palette", "suspend_process", "toggle_dark",
        "push_screen('x')", "screen.copy_text", "focus('pin')", "notify('x')", "add_class('a','b')", "_nothing",
        "app.switch_mode('x')", "toggle('disabled')",
    ],
)  # fmt: skip
async def test_actions_that_are_not_listed_do_not_run(tmp_path: Path, action: str) -> None:
    async with closed(tmp_path) as (app, _):
        assert await app.run_action(action) is False
        assert await app.run_action(("app", "quit", ())) is False
        assert not app._exit


async def test_ctrl_q_and_ctrl_c_and_the_palette_do_nothing(tmp_path: Path) -> None:
    async with closed(tmp_path) as (app, pilot):
        await pilot.press("ctrl+q", "ctrl+c", "ctrl+p", "ctrl+backslash", "ctrl+z", "f12")
        assert not app._exit
        assert len(app.screen_stack) == 1


async def test_nothing_is_written_copied_opened_or_suspended(tmp_path: Path) -> None:
    async with closed(tmp_path) as (app, _):
        app.copy_to_clipboard(SECRET)
        app.action_screenshot()
        app.action_command_palette()
        app.action_suspend_process()
        app.notify("[/x]")
        assert app.clipboard == ""
        assert list(app.get_system_commands(app.screen)) == []
        for shut in (app.save_screenshot, app.deliver_screenshot, app.deliver_text, app.deliver_binary, app.suspend):
            with pytest.raises(Shut):
                shut()
        with pytest.raises(Shut):
            app.open_url("https://example.jp")
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # A coroutine may not use pathlib.


def test_the_doors_that_are_shut_are_those_that_textual_has() -> None:
    # When Textual renames one of them, the override would silently shut nothing.
    for name in (
        "action_command_palette", "action_screenshot", "action_suspend_process", "action_help_quit",
        "copy_to_clipboard",
        "notify", "save_screenshot", "deliver_screenshot", "deliver_text", "deliver_binary", "open_url", "suspend",
        "get_system_commands", "_handle_exception", "_fatal_error", "panic", "_print_error_renderables", "_ready",
        "run_action", "_close_messages_no_wait",
    ):  # fmt: skip
        assert hasattr(App, name), name
    for name in ("_get_dispatch_methods", "_pop_result_callback", "dismiss"):
        assert hasattr(Screen, name), name
    for name in ("_screen_stack", "_replace_screen", "push_screen"):
        assert hasattr(App, name), name
    for name in ("_run_input_thread", "run_input_thread", "process_message"):
        assert hasattr(LinuxDriver, name), name


class Failing(Closed):
    def action_help(self, part: str = "page") -> None:  # noqa: ARG002  # Its name in the base.
        secret = SECRET
        raise ValueError(secret)


async def test_a_crash_leaves_an_incident_number_and_no_value(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    app = Failing(tmp_path, SETTINGS)
    with pytest.raises(ValueError, match=SECRET):
        async with app.run_test() as pilot:
            await pilot.press("f1")
    assert app.return_code == 1
    assert app.incident is not None
    record = (tmp_path / TECHNICAL_LOG).read_text()
    assert app.incident in record
    assert "ValueError at console/test_hardened:" in record
    shown = "".join(capfd.readouterr())
    assert SECRET not in record + shown
    assert "Traceback" not in shown


async def test_animations_and_features_of_the_environment_are_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXTUAL", "debug,devtools")
    async with closed(tmp_path) as (app, _):
        assert app.animation_level == "none"
        assert app.features == frozenset()
        assert not app.ENABLE_COMMAND_PALETTE


async def test_markup_and_escapes_in_names_reach_no_screen(tmp_path: Path) -> None:
    async with closed(tmp_path) as (app, _):
        hostile = "[/x][@click=app.quit]\x1b]0;owned\x07\u202eevil"
        assert isinstance(app.screen, LoginScreen)
        app.screen.notice.say("note", lambda _words: hostile)
        strips = app.screen._compositor.render_strips(app.size)
        text = "".join(segment.text for strip in strips for segment in strip)
        assert "[/x][@click=app.quit]" in text
        assert not set("\x1b\x07\u202e") & set(text)
        assert not any(segment.style and segment.style.meta for strip in strips for segment in strip if segment.style)
