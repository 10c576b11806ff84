"""A short list to choose from: each line shows a name and what the choice leads to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, width_of

_NUMBERED: Final = 9  # A single digit tells nine lines apart.
_GAP: Final = 2
_HEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One line: its code, its name and what it leads to, in the current language."""

    code: str
    name: str
    outcome: str = ""
    faint: bool = False


class Options(Surface, can_focus=True):
    """The list. Up to nine lines are numbered, and a digit chooses one at once."""

    DEFAULT_CSS = "Options { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k,K", "move(-1)", show=False),
        Binding("down,j,J", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "edge(-1)", show=False),
        Binding("end,G", "edge(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Chosen(Message):
        """The person has chosen the line `code`."""

        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

    def __init__(self, *, id: str, ground: str = "page", empty: str = "") -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        # The text of a list without a line.
        self._empty = empty
        self._ground = ground
        self.numbers = True
        """Whether digits choose; where something is typed beside the list, they are text."""
        # Kept, so that the lines can be built again in the other language.
        self._build: Callable[[], Sequence[Option]] = tuple
        self._options: Sequence[Option] = ()
        self._cursor = 0
        self._top = 0

    @property
    def options(self) -> Sequence[Option]:
        """The lines."""
        return self._options

    # More than nine have none: one digit could not name them all.
    @property
    def _numbered(self) -> bool:
        return self.numbers and len(self._options) <= _NUMBERED

    @property
    def current(self) -> str | None:
        """The code of the line under the cursor."""
        return self._options[self._cursor].code if self._cursor < len(self._options) else None

    def show(self, build: Callable[[], Sequence[Option]], code: str | None = None) -> None:
        """Show the lines that `build` returns, with the cursor on `code` or on the first."""
        self._build, self._options = build, build()
        self._top = 0
        self._go(next((at for at, option in enumerate(self._options) if option.code == code), 0))

    def reword(self) -> None:
        """Build the lines in the current language."""
        self._options = self._build()
        self.refresh()

    def action_move(self, lines: int) -> None:
        """Move the cursor by some lines."""
        self._go(self._cursor + lines)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self._go(self._cursor + direction * max(1, self._rows - 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last line."""
        self._go(0 if direction < 0 else len(self._options) - 1)

    def action_choose(self) -> None:
        """Choose the line under the cursor."""
        if self._options:
            self.post_message(self.Chosen(self._options[self._cursor].code))

    def on_key(self, event: events.Key) -> None:
        """Choose a line by its number."""
        # The lines of a longer list have no numbers: one digit could not name them all.
        if event.character is None or not event.character.isdecimal() or not self._numbered:
            return
        at = int(event.character) - 1
        if 0 <= at < len(self._options):
            # The cursor goes there first, so that it is seen what was chosen when the screen comes back.
            event.stop()
            self._go(at)
            self.action_choose()

    def on_resize(self) -> None:
        """Build the lines for the new width, and keep the cursor in sight."""
        self._options = self._build()
        self._go(self._cursor)

    def draw_line(self, y: int) -> Ink:
        """Draw an option: its number, its name, and what it leads to; at the end a sign where more follow below."""
        at = self._top + y
        if not self._options and y == 0 and self._empty:
            return self.ink(self._ground).gap_to(_HEAD).put(self.words(self._empty), self.palette["faint"])
        if at >= len(self._options):
            return self.ink(self._ground)
        if y == self.size.height - 1 and at < len(self._options) - 1:
            # A line of its own, as long as more follow: beside an option it would cover what that leads to.
            sign = self.words("common.more")
            return self.ink(self._ground).gap_to(self.size.width - width_of(sign) - 1).put(sign, self.palette["key"])
        option, here = self._options[at], at == self._cursor
        ink = self.ink("cursor" if here and self.has_focus else self._ground).put(" > " if here else " " * _HEAD)
        if self._numbered:
            ink.put(f"{at + 1} ", self.palette["key"])
        # All names are as wide as the widest, so that what follows them stands in one column.
        name = max(width_of(other.name) for other in self._options) + _GAP
        room = self.size.width - ink.width - 1
        ink.put(fit(option.name, min(name, room)), self.palette["faint"] if option.faint and not here else None)
        if room > name:
            ink.put(fit(option.outcome, room - name), self.palette["faint"])
        return ink

    @property
    def _rows(self) -> int:
        """The lines for options; of a list that is longer than the widget, the last line is the sign's."""
        # Before the first layout the height is 0.
        height = max(1, self.size.height)
        return height if len(self._options) <= height else max(1, height - 1)

    def _go(self, at: int) -> None:
        self._cursor = min(max(0, at), max(0, len(self._options) - 1))
        # At the end nothing follows, and the last line has an option as well.
        end = len(self._options) - max(1, self.size.height)
        self._top = max(0, min(max(self._top, self._cursor - self._rows + 1), self._cursor, end))
        self.refresh()
