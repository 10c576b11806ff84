"""The help (F1): what a screen is for, and all its keys."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console.keys import (
    AT_WORK,
    ENTRY,
    EVERYWHERE,
    EXCHANGE,
    HELP_LANGUAGE,
    LIST_WORDS,
    LOCK,
    LOG,
    LOG_OFF,
    MESSAGE,
    PERSON,
    QUEUE,
    TODAY,
    Key,
    above,
)
from console.screens.base import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import fit, wrap

_KEYS: Final = MappingProxyType(
    {
        "login": (),
        "parts": (),
        "today": TODAY,
        "queue": QUEUE,
        "message": MESSAGE,
        "person": PERSON,
        "entry": ENTRY,
        "exchange": EXCHANGE,
        "log": LOG,
    }
)
_SIGN: Final = 14  # the width of the column of keys, in cells
_WIDEST_TEXT: Final = 76
_CLOSE: Final = Key("escape,enter,b", "Esc", "back", "close")
_AGAIN: Final = Key("f1,question_mark", "F1", "help", "close")
# What is printed on the keys of a keyboard, where Textual has other names for them.
_SIGNS: Final = MappingProxyType(
    {
        "escape": "Esc",
        "enter": "Enter",
        "space": "Space",
        "slash": "/",
        "question_mark": "?",
        "full_stop": ".",
        "asterisk": "*",
    }
)


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
        yield FootLine((_CLOSE,), everywhere=(HELP_LANGUAGE, *AT_WORK[1:]))

    def on_mount(self) -> None:
        """Show the page; it is built again for each width and language."""
        page = self.query_one("#help-page", TextPage)
        self.set_focus(page)
        page.show(lambda width: list(self._lines(width)))

    def action_back(self) -> None:
        """Close the help."""
        self.dismiss()

    def action_help(self) -> None:
        """Close the help."""
        self.dismiss()

    def _lines(self, width: int) -> Iterator[Pieces]:
        words, palette = self.words, self.console_app.palette
        yield [(words(f"help.{self._topic}.title"), palette["strong"])]
        yield []
        # Longer lines than these are hard to read on a wide screen.
        for line in wrap(words(f"help.{self._topic}.text"), min(width, _WIDEST_TEXT)):
            yield [(line, None)]
        yield []
        yield [(words("help.keys"), palette["key"])]
        # Messages and notices bind the same key to two actions with the same word: it is listed once.
        for sign, word in dict.fromkeys(self._keys()):
            yield [(fit(f"  {sign}", _SIGN), palette["strong"]), (word, None)]
        # The login screen has neither a list nor a page to move in.
        if self._topic != "login":
            yield from ([(" " * _SIGN, None), (words(f"keys.{name}"), palette["faint"])] for name in LIST_WORDS)

    def _keys(self) -> Iterator[tuple[str, str]]:
        # As in the foot line, nobody is told of keys that they may not use.
        own: Sequence[Key] = [key for key in _KEYS[self._topic] if self.console_app.may(key.right)]
        for key in (*own, *EVERYWHERE):
            yield " ".join(_signs(key)), self.words(key.text)


def _signs(key: Key) -> Iterator[str]:
    # Where each key has a meaning of its own, such as the digits, the sign stands for all of them.
    names = key.keys.split(",") if key.keys and "{key}" not in key.action else [key.sign]
    for name in names:
        yield _SIGNS.get(name, name.upper() if name[:1] == "f" and name[1:].isdigit() else name)
