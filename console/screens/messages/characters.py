"""The characters of a message's texts one by one, with code points: it tells apart what looks alike on the screen."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from rich.cells import split_graphemes
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console.keys import ABOVE_OTHERS, HELP, Key, above
from console.screens.base import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import fit, wrap
from store.message.seiji import replacements

_CLOSE: Final = Key("escape,enter,b", "Esc", "back", "close")
_AGAIN: Final = Key("f2,c", "F2", "characters", "close")
# The texts that must be written exactly as a card or a paper has them.
_TEXTS: Final = ("name", "name_kanji", "birth_date_note")
# Widths of the columns, in cells.
_CHARACTER, _POINTS = 8, 18


class CharactersScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Spells the names in `record`; each line is one character as people see it."""

    NAME = "characters"
    BINDINGS: ClassVar[list[BindingType]] = above((_CLOSE, _AGAIN), HELP, *ABOVE_OTHERS)

    def __init__(self, record: Mapping[str, Any]) -> None:
        super().__init__()
        person = record.get("person")
        self._texts = [(name, str(person[name])) for name in _TEXTS if name in person] if person else []

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield TextPage(id="spelling")
        yield FootLine((_CLOSE,), everywhere=ABOVE_OTHERS)

    def on_mount(self) -> None:
        """Show the page."""
        page = self.query_one("#spelling", TextPage)
        self.set_focus(page)
        page.show(lambda _width: list(self._lines()))

    def action_back(self) -> None:
        """Close the page."""
        self.dismiss()

    def action_characters(self) -> None:
        """Close the page with the key that opened it."""
        self.dismiss()

    def _lines(self) -> Iterator[Pieces]:
        palette = self.console_app.palette
        for name, text in self._texts:
            yield [(self.words(f"items.field.person.{name}"), palette["key"])]
            # By grapheme: a kanji and its variation selector are one character to the reader, and one line here.
            for start, stop, _cells in split_graphemes(text)[0]:
                yield self._spell(text[start:stop])
            if any(map(replacements, text)):
                yield from self._explanation()
            yield []

    def _explanation(self) -> Iterator[Pieces]:
        # The counter has to explain to people why their name is written otherwise on the card.
        width = self.size.width - 4
        for line in wrap(self.words("message.seiji"), width):
            yield [(f"  {line}", self.console_app.palette["attention"])]

    def _spell(self, cluster: str) -> Pieces:
        palette = self.console_app.palette
        points = " ".join(f"U+{ord(character):04X}" for character in cluster)
        # Only the first code point is named: what follows it, such as a variation selector, has no name of interest.
        name = unicodedata.name(cluster[0], "")
        found = replacements(cluster[0])
        if found:
            name = self.words("message.seiji_of", forms=", ".join(map(str, found)))
        return [
            (fit(f"  {cluster}", _CHARACTER), palette["strong"]),
            (fit(points, _POINTS), None),
            (name, palette["attention" if found else "faint"]),
        ]
