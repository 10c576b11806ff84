"""The real application on Textual's test driver: keys go in, the text of the screen comes out."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import textual._wait
from textual.widget import Widget

from console.app import RenkeiApp
from console.screens.messages import preview
from console.settings import Settings
from console.widgets.palette import Colours
from console.words import Language, Words
from store.endings import Ending
from store.rights import Right

if TYPE_CHECKING:
    from textual.pilot import Pilot

JAPANESE_FIRST: Final = ("ja", pytest.param("en", marks=pytest.mark.long))
"""The languages of what people do: keys and steps are the same in both. What must fit is tried in both each time."""
_DEADLINE_SECONDS: Final = 30.0
_UNFILLED: Final = re.compile(r"\{[a-z_]+\}")
# A key leads to a message, the message to a job or a new screen, that to a layout: each takes a round. Some take more
# on a busy machine, so that the rounds are counted from the last change that was seen.
_QUIET_ROUNDS: Final = 4
# Textual's driver waits for an idle processor in steps of 20 ms; steps of 4 ms do as well and are faster.
textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = 1 / 500
# Who drives the screens looks at once: no test waits for the time in which a cursor rests.
preview.REST_SECONDS = 0


class Driven:
    """The application while it is driven."""

    def __init__(self, app: RenkeiApp, pilot: "Pilot[Any]", settings: Settings) -> None:
        self.app = app
        self.pilot = pilot
        self._pins = {person.id: person.pin for person in settings.rehearsal}
        self._paints = 0
        display = app._display

        def counted(*arguments: Any) -> None:
            self._paints += 1
            display(*arguments)

        app._display = counted  # type: ignore[assignment]  # Counts what the terminal would be sent.

    @property
    def words(self) -> Words:
        return self.app.words

    @property
    def screen(self) -> str | None:
        """The name of the screen in hand."""
        return self.app.screen.name

    def text(self) -> str:
        """All lines of the screen in hand."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        shown = "\n".join(strip.text for strip in strips)
        # A text that was given without its facts, on whatever screen.
        assert not _UNFILLED.search(shown), shown
        return shown

    @property
    def foot(self) -> str:
        """The keys at the foot of the screen, which are in two lines where they need it."""
        return "\n".join(self.text().splitlines()[-self.app.screen.query_one("#foot").size.height :])

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        await self.pilot.press(*text)

    async def settle(self) -> None:
        """Wait until every widget has dealt with its messages, no job is under way, and its result is drawn."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        shown: tuple[str | None, int] | None = None
        quiet = 0
        while quiet < _QUIET_ROUNDS:
            await self.until(lambda: not self.app.background.busy)
            await self.pilot._wait_for_screen()
            # Counted and not read: reading the whole screen each time takes longer than what is waited for.
            now = (self.screen, self._paints)
            quiet = 0 if self._is_behind() else quiet + 1 if now == shown else 1
            shown = now
            assert time.monotonic() < deadline, self.text()

    def _is_behind(self) -> bool:
        """Tell whether the screen has still to be laid out or drawn, which Textual puts off until it is idle."""
        if self.app._exit:
            # Nothing is painted any more.
            return False
        screen = self.app.screen
        widgets = screen.walk_children(Widget, with_self=True)
        return bool(screen._dirty_widgets) or any(each._layout_required or each._repaint_required for each in widgets)

    async def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not reached():
            assert time.monotonic() < deadline, self.text()
            await asyncio.sleep(0.005)

    async def finish(self) -> None:
        """Wait for what is under way: the test driver takes the screens down beside it, and it would find half of one.

        Outside of tests the application ends by a message of its own, after what it is at.
        """
        # Once it is closing, what a job brings is taken in by nobody.
        await self.until(lambda: not self.app.background.busy or self.app._exit)
        # The application deals with its messages one by one, so whatever was asked of it before is done then.
        done = asyncio.Event()
        if self.app.call_later(done.set):
            await self.until(lambda: done.is_set() or not self.app.is_running)

    async def log_on(self, person: str = "ka-301", pin: str | None = None, *, opens: str | None = None) -> None:
        """Log on, and open the list with the digit `opens`: without it, the one in which the person decides."""
        await self.settle()
        await self.pilot.press(*person, "tab", *(pin or self._pins[person]), "enter")
        await self.settle()
        if self.screen == "today" and opens != "":
            await self.press(opens or ("2" if self.app.may(Right.APPROVE) else "0"))

    async def unlock(self, person: str) -> None:
        """Type the PIN of the person at the lock, in the place of whatever stands there."""
        await self.settle()
        await self.pilot.press(*["backspace"] * 40, *self._pins[person], "enter")
        await self.settle()


@asynccontextmanager
async def driving(
    home: Path,
    *,
    language: Language = "ja",
    size: tuple[int, int] = (80, 24),
    colours: Colours = Colours.FULL,
) -> AsyncIterator[Driven]:
    """Open the application on the world at `home`; end its session and close the database afterwards."""
    settings = Settings.load(home)
    app = RenkeiApp(home, settings, language=language, colours=colours)
    try:
        async with app.run_test(size=size) as pilot:
            driven = Driven(app, pilot, settings)
            await driven.settle()
            yield driven
            await driven.finish()
    finally:
        # As the launcher does. A clock that ran on would log off minutes later, amid some other test.
        app.close_session(Ending.LOGGED_OFF)
        app.close_terminal()
