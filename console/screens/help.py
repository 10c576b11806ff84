"""The help (F1): what a screen is for, and all its keys."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen

from console.keys import (
    ENTRY,
    EXCHANGE,
    HANDIN_REPORT,
    HANDINS,
    HEALTH,
    HELP,
    HELP_LANGUAGE,
    LOCK,
    LOG,
    LOG_OFF,
    MESSAGE,
    PEOPLE,
    PERSON,
    PERSON_FORM,
    QUEUE,
    SESSIONS,
    TODAY,
    Key,
    above,
)
from console.screens.base import ConsoleScreen
from console.screens.key_sheet import KeySheet, columns, sides
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import wrap

TABLES: Final = MappingProxyType(
    {
        "login": (),
        "look_back": (),
        "parts": (),
        "today": TODAY,
        "queue": QUEUE,
        "message": MESSAGE,
        "person": PERSON,
        "entry": ENTRY,
        "exchange": EXCHANGE,
        "handins": HANDINS,
        "handin_report": HANDIN_REPORT,
        "log": LOG,
        "health": HEALTH,
        "people": PEOPLE,
        "person_form": PERSON_FORM,
        "agreement": (),
        "sessions": SESSIONS,
    }
)
_TYPED: Final = frozenset({"login", "parts", "entry", "person_form", "agreement"})
_WIDEST_TEXT: Final = 76
_WIDEST: Final = 100
_CLOSE: Final = Key("escape,enter,b", "Esc", "back", "close")
_AGAIN: Final = Key("f1,question_mark", "F1", "help", "close")


class HelpScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Explains the screen whose topic in the catalogue `help` is `topic`."""

    NAME = "help"
    # The key that opened the help closes it as well: no second help opens above this one.
    BINDINGS: ClassVar[list[BindingType]] = above((_CLOSE, _AGAIN), HELP_LANGUAGE, LOCK, LOG_OFF)

    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield TextPage(id="help-page")
        yield FootLine((_CLOSE,), everywhere=(HELP_LANGUAGE, HELP, LOCK, LOG_OFF))

    def on_mount(self) -> None:
        """Show the page; it is built again for each width and language."""
        page = self.query_one("#help-page", TextPage)
        self.set_focus(page)
        page.show(lambda width: list(self._lines(width)))

    def action_back(self) -> None:
        """Close the help."""
        self.dismiss()

    def action_help(self, _part: str = "page") -> None:
        """Close the help."""
        self.dismiss()

    def _lines(self, width: int) -> Iterator[Pieces]:
        words, palette = self.words, self.console_app.palette
        yield [(words(f"help.{self._topic}.title"), palette["strong"])]
        yield []
        # The keys first: they are what most people look for.
        left, right = sides(self.console_app, TABLES[self._topic], typed=self._topic in _TYPED)
        yield from columns(left, right, self.console_app, min(width, _WIDEST))
        yield []
        # Longer lines than these are hard to read on a wide screen.
        for line in wrap(words(f"help.{self._topic}.text"), min(width, _WIDEST_TEXT)):
            yield [(line, None)]


def open_help(app: App[Any], screen: Screen[Any], part: str = "page") -> None:
    """Open the page of the help about `screen`, or its keys: these where it has no page.

    Nothing opens above the lock, whose keys are few. From the keys F1 goes on to the page, which begins with them.
    """
    topic = getattr(screen, "help_topic", None)
    if part == "page" and topic is not None:
        app.push_screen(HelpScreen(topic))
    elif screen.name != "lock" and screen.query(FootLine):
        app.push_screen(KeySheet(screen), lambda wanted: open_help(app, screen) if wanted and topic else None)
