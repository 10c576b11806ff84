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
        self.refused: list[str] = []
        self.set_focus(self.query_one("#text"))

    def on_text_field_refused(self, event: TextField.Refused) -> None:
        self.refused.append(event.key)


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


def refused(pilot: "Pilot[Any]") -> list[str]:
    """Return the keys of what the fields said, and forget them."""
    screen = pilot.app.screen
    assert isinstance(screen, Bench)
    keys, screen.refused = screen.refused, []
    return keys


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


async def test_what_is_too_long_is_refused_and_not_cut(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        await paste(pilot, text, "あ" * 13)
        assert (text.value, refused(pilot)) == ("", ["common.too_long"])
        await paste(pilot, text, "あ" * 12)
        await pilot.press("x")
        assert (text.value, refused(pilot)) == ("あ" * 12, ["common.too_long"])


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_a_line_end_at_the_very_end_of_a_paste_falls_away(tmp_path: Path, end: str) -> None:
    async with bench(tmp_path) as (pilot, text, pin):
        for field in (text, pin):
            await paste(pilot, field, f"48201735{end}")
            assert (field.value, refused(pilot)) == ("48201735", [])


HOSTILE = [
    "SANTOS\nMARIA",
    "A\tB",
    "A\r\n\r\n",
    "\nA",
    "\x1b[201~rm",
    "a\x00b",
    "a\u202eb",
    "a\u200bb",
    "\x9b",
    "a\u3164",
]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_paste_is_taken_in_as_it_is_or_refused_with_a_word(tmp_path: Path, hostile: str) -> None:
    async with bench(tmp_path) as (pilot, text, pin):
        for field in (text, pin):
            await paste(pilot, field, hostile)
            assert (field.value, refused(pilot)) == ("", ["common.not_taken"])


async def test_typed_and_pasted_text_give_the_same(tmp_path: Path) -> None:
    async with bench(tmp_path) as (pilot, text, _):
        # A letter without ink is a key that can be typed: it is refused as in a paste.
        await pilot.press("a", "\u3164", "b")
        assert (text.value, refused(pilot)) == ("ab", ["common.not_taken"])


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
