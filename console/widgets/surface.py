"""The base of all widgets of the console: it gives them words and colours, and draws line by line."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self, cast

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from console.widgets.palette import Palette
from console.widgets.text import Ink, cells_alike
from console.words import Words

if TYPE_CHECKING:
    from console.host import Host


class Surface(Widget):
    """A widget that draws each line when Textual asks for it, from what it knows at that moment.

    Nothing is drawn ahead, so that switching the language is a refresh and loses neither input nor focus.
    """

    # Text selected with the mouse would end in the terminal's clipboard.
    ALLOW_SELECT = False

    # Each line as it was drawn last, and the size of that drawing.
    _painted_lines: dict[int, Strip]
    _painted_size: Size | None = None

    @property
    def console_app(self) -> "Host":
        """The application."""
        # Widgets know the application only by this protocol, so that imports go one way.
        return cast("Host", self.app)

    @property
    def words(self) -> Words:
        """The texts in the current language."""
        return self.console_app.words

    @property
    def palette(self) -> Palette:
        """The styles for this terminal."""
        return self.console_app.palette

    def ink(self, role: str = "page") -> Ink:
        """Return a new line in the style of `role`."""
        return Ink(self.palette[role])

    def reword(self) -> None:
        """Show the texts in the current language."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return line `y` as Textual wants it: exactly as wide as the widget."""
        if self._painted_size != self.size:
            self._painted_lines, self._painted_size = {}, self.size
        # Every line is filled to its end: what stood on the screen before must not shine through.
        self._painted_lines[y] = line = self.draw_line(y).strip(self.size.width)
        return line

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw again, and send what differs from the last drawing: a cursor step is a few hundred bytes, not a screen.

        Textual would send the whole widget, ten times as much over the slow line of an operator.
        """
        if repaint and not (regions or layout or recompose) and self._painted_size == self.size:
            regions = tuple(self._changed_cells())
            if not regions:
                return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _changed_cells(self) -> Iterator[Region]:
        """Yield for each line the cells from the first to the last that another drawing would change."""
        for y in range(self.size.height):
            line, before = self.draw_line(y).strip(self.size.width), self._painted_lines.get(y)
            if before is None:
                yield Region(0, y, self.size.width, 1)
            elif line != before:
                yield cells_between(line, before, y)

    def draw_line(self, y: int) -> Ink:
        """Return line `y` without what is too long or missing at its end; subclasses draw here."""
        raise NotImplementedError


def cells_between(line: Strip, before: Strip, y: int) -> Region:
    """Return the cells of line `y` between the segments with which both begin and those with which both end."""
    start, rest = cells_alike(line, before), cells_alike(reversed(line), reversed(before))
    width = line.cell_length
    return Region(start, y, width - rest - start, 1) if start + rest < width else Region(0, y, width, 1)


class OneLine(Surface):
    """A widget that is one line high."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"


class Surround(Surface):
    """A box that lays out the widgets in it."""

    def draw_line(self, _y: int) -> Ink:
        """Draw nothing but the ground."""
        return self.ink()


class FieldLabel(OneLine):
    """The name of a field, beside it."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def draw_line(self, _y: int) -> Ink:
        """Draw the name."""
        return self.ink().put(self.words(self._key), self.palette["faint"])
