"""The state of the terminal (端末の状態): what `renkei check` finds of each part, with cause and remedy."""

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import HEALTH, Key, bindings
from console.screens.base import ConsoleScreen
from console.widgets.columns import Cell, Column
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, wrap
from console.widgets.virtual_list import VirtualList
from console.words import Language, Words

if TYPE_CHECKING:
    from console.jobs.terminal.findings import Check, Health
    from console.session import Session
    from console.terminal import Terminal

_RESULT, _NAME = 10, 24
_LINES: Final = 5  # of the part under the cursor


class HealthScreen(ConsoleScreen):
    """Looks at every part as the next job would meet it; what wants somebody comes first."""

    NAME = "health"
    help_topic = "health"
    KEYS: ClassVar[Sequence[Key]] = HEALTH
    BINDINGS: ClassVar[list[BindingType]] = bindings(HEALTH)

    def __init__(self) -> None:
        super().__init__()
        self.health: Health | None = None
        self.began = 0.0
        # The findings are texts in the language of their look.
        self._language: Language | None = None

    def compose(self) -> ComposeResult:
        """Lay out the title, the parts and the one under the cursor."""
        parts = CheckList(id="parts")
        yield HeadLine()
        yield HealthTitle(id="title")
        yield parts
        yield CheckPanel(parts)
        yield self.notice
        yield FootLine(HEALTH)

    def on_mount(self) -> None:
        """Look at everything once."""
        self.set_focus(self.parts)
        self.load()

    @property
    def parts(self) -> "CheckList":
        """The parts."""
        return self.query_one("#parts", CheckList)

    def load(self) -> None:
        """Look at every part. The line may take as long to answer as its settings let it."""
        self.began, self.health, self._language = time.monotonic(), None, self.words.language
        self.parts.await_others()
        self.query_one("#title").refresh()
        # Words of its own: those of the console may change their language while the job looks.
        self.look("health", partial(_check, words=Words(self._language)), self._loaded)

    def _loaded(self, health: "Health") -> None:
        self.health = health
        self.parts.show(sorted(health.checks, key=lambda part: part.ok))
        for selector in ("#title", "#part"):
            self.query_one(selector).refresh()

    def look_again_in(self, language: Language) -> None:
        """Look anew when the language was changed since the last look."""
        if self._language is not None and language != self._language:
            self.load()

    def on_virtual_list_moved(self) -> None:
        """Tell of the part under the cursor."""
        self.query_one("#part").refresh()

    def action_reload(self) -> None:
        """Look at everything again."""
        self.notice.clear()
        self.load()

    def action_back(self) -> None:
        """Go back, unless the person begins here."""
        self.leave()


class HealthTitle(OneLine):
    """How many parts want somebody; while they are looked at, for how long."""

    def on_mount(self) -> None:
        """Draw once a second while the parts are looked at: the seconds are the sign of life."""
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if isinstance(self.screen, HealthScreen) and self.screen.health is None:
            self.refresh()

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, screen = self.ink().put(" "), self.words, self.screen
        ink.put(f"{words('keys.place.health')}  ", self.palette["strong"])
        if not isinstance(screen, HealthScreen):
            return ink
        if screen.health is None:
            return ink.put(words("check.looking", seconds=int(time.monotonic() - screen.began)), self.palette["faint"])
        wanting = sum(not part.ok for part in screen.health.checks)
        text = words("check.wanting", count=wanting) if wanting else words("check.sound", count=screen.parts.count)
        return ink.put(text, self.palette["attention" if wanting else "good"])


class CheckList(VirtualList["Check"]):
    """The parts, those that want somebody first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "common.loading"

    def show(self, parts: "Sequence[Check]") -> None:
        """Show `parts`; all of them are in memory, so their places in the list serve as keys."""
        self.load(range(len(parts)), lambda keys: [parts[key] for key in keys], parts)

    def reword(self) -> None:
        """Look anew in the current language: the findings are texts."""
        super().reword()
        if isinstance(self.screen, HealthScreen):
            self.screen.look_again_in(self.words.language)

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; what was found takes the room that the others leave."""
        return (
            Column("result", "commands.check.columns.result", _RESULT),
            Column("name", "commands.check.columns.name", _NAME),
            Column("detail", "commands.check.columns.detail", max(10, width - _RESULT - _NAME - 3)),
        )

    def cell(self, row: "Check", column: str) -> Cell:
        """Return the text of `column`."""
        if column == "result":
            # What only wants care refuses no job, and looks different from what does.
            style = "good" if row.ok else "attention" if row.code is None else "trouble"
            return Cell(self.words(f"check.result.{style}"), self.palette[style])
        return Cell(self.words.name("check", row.name) if column == "name" else row.detail)


class CheckPanel(Surface):
    """The part under the cursor in full: what was found, and what to do."""

    DEFAULT_CSS = f"CheckPanel {{ height: {_LINES}; width: 1fr; }}"

    def __init__(self, parts: CheckList) -> None:
        super().__init__(id="part")
        self._parts = parts

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        ink, row = self.ink("frame").put(" "), self._parts.cursor_row
        if row is None:
            return ink
        if y == 0:
            return ink.put(self.words.name("check", row.name), self.palette["strong"])
        lines = wrap(f"{row.detail}\n{row.remedy or ''}".rstrip(), self.size.width - 2)
        return ink.put(lines[y - 1]) if y <= len(lines) else ink


def _check(terminal: "Terminal", _session: "Session", *, words: Words) -> "Health":
    return jobs.terminal.health.check_open(terminal, words)
