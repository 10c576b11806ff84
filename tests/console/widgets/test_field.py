from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from console.app import RenkeiApp
from console.widgets.field import PinField, TextField
from tests.console.widgets.bench import SETTINGS

if TYPE_CHECKING:
    from textual.pilot import Pilot


class Bench(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = ""

    def compose(self) -> ComposeResult:
        yield TextField(id="text", longest=12)
        yield PinField(id="pin", longest=12)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#text"))


class BenchApp(RenkeiApp):
    def get_default_screen(self) -> Bench:  # type: ignore[override]  # The bench has no login screen.
        return Bench()

    def begin(self) -> None:
        """Nothing is opened here."""


@asynccontextmanager
async def bench(home: Path) -> AsyncIterator[tuple["Pilot[Any]", TextField, PinField]]:
    app = BenchApp(home, SETTINGS)
    async with app.run_test() as pilot:
        screen = app.screen
        yield pilot, screen.query_one("#text", TextField), screen.query_one("#pin", PinField)


async def paste(pilot: "Pilot[Any]", field: TextField, text: str) -> None:
    field.post_message(events.Paste(text))
    await pilot._wait_for_screen()


async def test_backspace_takes_a_whole_character(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        await paste(pilot, text, "山葛\U000e0100")
        await pilot.press("backspace")
        assert text.value == "山"


async def test_a_selector_joins_the_character_before_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        await paste(pilot, text, "葛")
        await paste(pilot, text, "\U000e0100")
        await pilot.press("backspace")
        assert text.value == ""


async def test_editing_in_the_middle(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        await pilot.press(*"abd", "left", "c", "home", "delete", "end", "e")
        assert text.value == "bcde"
        await pilot.press("ctrl+u")
        assert text.value == ""


async def test_nothing_grows_past_its_length(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        await paste(pilot, text, "あ" * 30)
        assert text.value == "あ" * 12
        await pilot.press("x")
        assert text.value == "あ" * 12


@pytest.mark.parametrize("hostile", ["\x1b[201~rm", "a\x00b", "a\u202eb", "\x9b"])
async def test_a_paste_brings_nothing_that_steers(tmp_path: Path, hostile: str) -> None:
    async with bench(tmp_path) as (pilot, text, pin):
        await paste(pilot, text, hostile)
        assert text.value.isprintable()
        # A PIN must not silently be another one: a paste that is not clean is refused whole.
        await paste(pilot, pin, hostile)
        assert pin.value == ""


async def test_a_pin_is_never_drawn_copied_or_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with bench(tmp_path) as (pilot, _, pin):
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        pin.focus()
        await pilot._wait_for_screen()
        await pilot.press(*"48201735", "ctrl+c", "ctrl+x", "ctrl+a", "ctrl+c")
        assert "48201735" not in pin.draw_line(0).strip(80).text
        assert copied == []
        assert pilot.app.clipboard == ""
        assert pin.take() == "48201735"
        assert pin.value == ""
        assert "48201735" not in repr(vars(pin))


async def test_a_locked_field_takes_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        text.locked = True
        await pilot.press(*"abc", "enter")
        await paste(pilot, text, "def")
        assert text.value == ""


async def test_the_caret_stays_in_sight(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        text.styles.width = 8
        await paste(pilot, text, "あいうえおかき")
        while text.size.width != 8:
            await pilot._wait_for_screen()
        drawn = text.draw_line(0).strip(8).text
        assert "き" in drawn
        await pilot.press("home")
        assert "あ" in text.draw_line(0).strip(8).text
