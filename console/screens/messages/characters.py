"""The characters of a message's texts one by one, with code points: what looks alike on the screen is told apart."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from rich.cells import split_graphemes
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from console.keys import EVERYWHERE, Key
from console.screens.base import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import fit

_CLOSE: Final = Key("escape,enter,c,b", "Esc", "back", "close")
# The texts that are written as a card or paper has them.
_TEXTS: Final = ("name", "name_kanji", "birth_date_note")


class CharactersScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Spells the names of a message; each line is one character as people see it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(_CLOSE.keys, _CLOSE.action, show=False),
        Binding("f2,t", "app.language", show=False),
        Binding("f10", "app.log_off", show=False),
    ]

    def __init__(self, record: Mapping[str, Any]) -> None:
        super().__init__(id="characters")
        person = record.get("person")
        self._texts = [(name, str(person[name])) for name in _TEXTS if name in person] if person else []

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield TextPage(id="spelling")
        yield FootLine((_CLOSE,), everywhere=EVERYWHERE[1:])

    def on_mount(self) -> None:
        """Spell."""
        page = self.query_one("#spelling", TextPage)
        self.set_focus(page)
        page.show(lambda _width: list(self._lines()))

    def action_back(self) -> None:
        """Close it."""
        self.dismiss()

    def _lines(self) -> Iterator[Pieces]:
        palette = self.console_app.palette
        for name, text in self._texts:
            yield [(self.words(f"items.field.person.{name}"), palette["key"])]
            for start, stop, _cells in split_graphemes(text)[0]:
                yield from self._spelled(text[start:stop])
            yield []

    def _spelled(self, cluster: str) -> Iterator[Sequence[tuple[str, Any]]]:
        palette = self.console_app.palette
        points = " ".join(f"U+{ord(one):04X}" for one in cluster)
        # A variation selector stands beside its character, so the character's own name says what it is.
        name = unicodedata.name(cluster[0], "")
        yield [
            (fit(f"  {cluster}", 8), palette["strong"]),
            (fit(points, 18), None),
            (name, palette["faint"]),
        ]
