"""The help (F1): what the screen in hand is for, and all its keys."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from console.keys import ENTRY, EVERYWHERE, EXCHANGE, LIST_WORDS, LOG, MESSAGE, QUEUE, Key
from console.screens.base import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import fit, wrap

_KEYS: Final = MappingProxyType(
    {"login": (), "parts": (), "queue": QUEUE, "message": MESSAGE, "entry": ENTRY, "exchange": EXCHANGE, "log": LOG}
)
_SIGN: Final = 14
_CLOSE: Final = Key("escape,enter,f1,b", "Esc", "back", "close")
# How keys are called on a keyboard, where Textual has other names.
_SIGNS: Final = MappingProxyType(
    {"escape": "Esc", "enter": "Enter", "space": "Space", "slash": "/", "question_mark": "?"}
)


class HelpScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Explains the screen `topic`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(_CLOSE.keys, _CLOSE.action, show=False),
        Binding("f2,t", "app.language", show=False),
        Binding("f10", "app.log_off", show=False),
    ]

    def __init__(self, topic: str) -> None:
        super().__init__(id="help")
        self._topic = topic

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield TextPage(id="help-page")
        yield FootLine((_CLOSE,), everywhere=EVERYWHERE[1:])

    def on_mount(self) -> None:
        """Show the page."""
        page = self.query_one("#help-page", TextPage)
        self.set_focus(page)
        page.show(lambda width: list(self._lines(width)))

    def action_back(self) -> None:
        """Close it."""
        self.dismiss()

    def _lines(self, width: int) -> Iterator[Pieces]:
        words, palette = self.words, self.console_app.palette
        yield [(words(f"help.{self._topic}.title"), palette["strong"])]
        yield []
        for line in wrap(words(f"help.{self._topic}.text"), min(width, 76)):
            yield [(line, None)]
        yield []
        yield [(words("help.keys"), palette["key"])]
        # One key may do the same for messages and for notices.
        for sign, word in dict.fromkeys(self._keys()):
            yield [(fit(f"  {sign}", _SIGN), palette["strong"]), (word, None)]
        if self._topic != "login":
            yield from ([(" " * _SIGN, None), (words(f"keys.{name}"), palette["faint"])] for name in LIST_WORDS)

    def _keys(self) -> Iterator[tuple[str, str]]:
        own: Sequence[Key] = [key for key in _KEYS[self._topic] if self.console_app.may(key.right)]
        for key in (*own, *EVERYWHERE):
            yield " ".join(_signs(key)), self.words(key.text)


def _signs(key: Key) -> Iterator[str]:
    names = key.keys.split(",") if key.keys else [key.sign]
    for name in names:
        yield _SIGNS.get(name, name.upper() if name[:1] == "f" and name[1:].isdigit() else name)
