"""What all widgets of the console share: words, colours, and lines drawn by themselves."""

from typing import TYPE_CHECKING, cast

from textual.strip import Strip
from textual.widget import Widget

from console.widgets.palette import Palette
from console.widgets.text import Ink
from console.words import Words

if TYPE_CHECKING:
    from console.host import Host


class Surface(Widget):
    """A widget that draws each of its lines when asked, from what it knows then.

    Nothing is drawn ahead, so switching the language is a refresh and loses neither input nor focus.
    """

    ALLOW_SELECT = False

    @property
    def console_app(self) -> "Host":
        """The application."""
        return cast("Host", self.app)

    @property
    def words(self) -> Words:
        """The texts in the language in hand."""
        return self.console_app.words

    @property
    def palette(self) -> Palette:
        """The styles for this terminal."""
        return self.console_app.palette

    def ink(self, role: str = "page") -> Ink:
        """Return a new line in the style of `role`."""
        return Ink(self.palette[role])

    def blank(self, role: str = "page") -> Strip:
        """Return an empty line."""
        return self.ink(role).strip(self.size.width)

    def reword(self) -> None:
        """Show the texts of the language in hand."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw line `y`."""
        return self.draw_line(y).strip(self.size.width)

    def draw_line(self, y: int) -> Ink:
        """Return line `y`; subclasses draw here."""
        raise NotImplementedError


class OneLine(Surface):
    """A widget of one line."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"
