"""A page of prepared lines that can be scrolled, for the contents of a message or the help."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType

from console.widgets.surface import Surface
from console.widgets.text import Ink, width_of

Pieces = Sequence[tuple[str, Style | None]]
"""A line as pieces of text, each with its style."""


class TextPage(Surface, can_focus=True):
    """Shows the lines that its builder returns for a width, and has them built again when width or language change."""

    DEFAULT_CSS = "TextPage { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k,K", "scroll(-1)", show=False),
        Binding("down,j,J", "scroll(1)", show=False),
        Binding("pageup", "scroll_page(-1)", show=False),
        Binding("pagedown,space", "scroll_page(1)", show=False),
        Binding("home,g", "scroll_edge(-1)", show=False),
        Binding("end,G", "scroll_edge(1)", show=False),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._build: Callable[[int], Sequence[Pieces]] = lambda _width: ()
        self._lines: Sequence[Pieces] = ()
        self._top = 0

    def show(self, build: Callable[[int], Sequence[Pieces]]) -> None:
        """Show what `build` returns for a width in cells, from the first line on."""
        self._build, self._top = build, 0
        self.reword()

    def reword(self) -> None:
        """Build the lines in the current language; the page stays where it is scrolled to."""
        # Before the first layout there is no width, and so there are no lines; `on_resize` follows.
        self._lines = self._build(max(10, self.size.width - 2)) if self.size.width else ()
        self._go(self._top)
        self.refresh()

    def on_resize(self) -> None:
        """Build the lines for the new width."""
        self.reword()

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(text for text, _style in line) for line in self._lines)

    def action_scroll(self, lines: int) -> None:
        """Scroll by some lines."""
        self._go(self._top + lines)

    def action_scroll_page(self, direction: int) -> None:
        """Scroll by a page."""
        # The last line stays in sight as the first, so that nobody loses the place.
        self._go(self._top + direction * max(1, self.size.height - 1))

    def action_scroll_edge(self, direction: int) -> None:
        """Scroll to the beginning or the end."""
        self._go(0 if direction < 0 else len(self._lines))

    def draw_line(self, y: int) -> Ink:
        """Draw a line; the last line of the screen has a sign where more lines follow below."""
        index = self._top + y
        line = self._lines[index] if index < len(self._lines) else ()
        if y < self.size.height - 1 or index >= len(self._lines) - 1:
            return self.ink().put(" ").put_all(line)
        sign = self.words("common.more")
        start = self.size.width - width_of(sign) - 1
        ink = self.ink().put(" ").put_all(line)
        if ink.width > start:
            # A line that leaves no room waits below with the others: without the sign nobody would look for them.
            ink = self.ink()
        return ink.gap_to(start).put(sign, self.palette["key"])

    def _go(self, top: int) -> None:
        # The last page is a full one: there is nothing to see below the end.
        top = min(max(0, top), max(0, len(self._lines) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()
