"""The base of all widgets of the console: it gives them words and colours, and draws line by line."""

from typing import TYPE_CHECKING, cast

from textual.strip import Strip
from textual.widget import Widget

from console.widgets.palette import Palette
from console.widgets.text import Ink
from console.words import Words

if TYPE_CHECKING:
    from console.host import Host


class Surface(Widget):
    """A widget that draws each line when Textual asks for it, from what it knows at that moment.

    Nothing is drawn ahead, so that switching the language is a refresh and loses neither input nor focus.
    """

    # Text selected with the mouse would end in the terminal's clipboard.
    ALLOW_SELECT = False

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
        # Every line is filled to its end: what stood on the screen before must not shine through.
        return self.draw_line(y).strip(self.size.width)

    def draw_line(self, y: int) -> Ink:
        """Return line `y` without what is too long or missing at its end; subclasses draw here."""
        raise NotImplementedError


class OneLine(Surface):
    """A widget that is one line high."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"
