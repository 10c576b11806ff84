"""A screen for one widget, on the real application without a terminal."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from console.app import RenkeiApp
from console.settings import MunicipalitySettings, Settings, TerminalSettings
from console.widgets.palette import Colours

if TYPE_CHECKING:
    from textual.pilot import Pilot

SETTINGS: Final = Settings(
    municipality=MunicipalitySettings(
        code="131041", name="新宿区", name_en="Shinjuku", section="戸籍住民課", section_en="Residents"
    ),
    terminal=TerminalSettings(id="t-1"),
)
_DEADLINE_SECONDS: Final = 20.0


class Bench(Screen[None], inherit_bindings=False):
    """Shows the widget, and notes what it is told: tests read `heard`."""

    AUTO_FOCUS = ""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self._widget = widget
        self.heard: list[Any] = []

    @property
    def console_app(self) -> "BenchApp":
        app = self.app
        assert isinstance(app, BenchApp)
        return app

    def compose(self) -> ComposeResult:
        yield self._widget

    def on_options_chosen(self, chosen: Any) -> None:
        self.heard.append(chosen.code)

    def lines(self) -> list[str]:
        """Return the lines of the screen as text."""
        return [strip.text.rstrip() for strip in self._compositor.render_strips(self.app.size)]

    async def resize(self, pilot: "Pilot[None]", columns: int, rows: int) -> None:
        """Give the terminal another size, and wait until the screen is laid out in it."""
        await pilot.resize_terminal(columns, rows)
        # The screen first, then the widget in it, which is laid out in a message of its own.
        await self.until(lambda: tuple(self.size) == (columns, rows) and self._widget.size.width == columns)
        await pilot.pause()

    async def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not reached():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.005)


class BenchApp(RenkeiApp):
    """The application without a terminal, on a bench."""

    def __init__(self, home: Path, screen: Bench, colours: Colours) -> None:
        super().__init__(home, SETTINGS, language="ja", colours=colours)
        self._bench = screen

    def get_default_screen(self) -> Bench:  # type: ignore[override]  # The bench has no login screen.
        return self._bench

    def begin(self) -> None:
        """Nothing is opened here."""


@asynccontextmanager
async def bench(
    home: Path,
    widget: Widget,
    *,
    size: tuple[int, int] = (80, 24),
    screen: type[Bench] = Bench,
    colours: Colours = Colours.FULL,
) -> AsyncIterator[tuple["Pilot[Any]", Bench]]:
    """Show `widget` on a bench; yield the pilot and the bench."""
    shown = screen(widget)
    app = BenchApp(home, shown, colours)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot, shown
