"""What is to be said about the item in hand: how it is typed, what is wrong and what to do, what can be chosen."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, width_of, wrap

if TYPE_CHECKING:
    from console.jobs.draft import Item
    from console.screens.entry import EntryScreen


class Hint(Surface):
    """The lines below the form."""

    DEFAULT_CSS = "Hint { height: 1fr; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of it."""
        ink = self.ink("frame").put(" ")
        lines = self._lines()
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self) -> list[Pieces]:
        from console.screens.entry import EntryScreen

        screen = self.screen
        if not isinstance(screen, EntryScreen) or (item := screen.item) is None:
            return []
        width = self.size.width - 2
        told = [self._heading(screen, item, width), *self._findings(screen, item, width)]
        if screen.choices is not None:
            taken = item.value if isinstance(item.value, list) else ()
            told += screen.choices.lines(width, max(1, self.size.height - len(told)), self.palette, taken)
        return told

    def _heading(self, screen: "EntryScreen", item: "Item", width: int) -> Pieces:
        label, hint = screen.label(item), self.words(f"entry.hint.{_way(screen, item)}")
        pieces = [(label, self.palette["strong"])]
        if width_of(label) + width_of(hint) + 2 <= width:
            pieces.append((f"  {hint}", self.palette["faint"]))
        if screen.choices is not None and screen.form.editor.value and screen.choices.marked is None:
            pieces = [(label, self.palette["strong"]), (f"  {self.words('entry.choose')}", self.palette["attention"])]
        return pieces

    def _findings(self, screen: "EntryScreen", item: "Item", width: int) -> Iterator[Pieces]:
        blamed = screen.visited(item)
        for finding in item.findings:
            if item.wanted and not blamed:
                continue
            if finding.rule == "item_missing":
                yield [(self.words("entry.missing"), self.palette["trouble"])]
                continue
            fault = self.words.finding(finding.rule, finding.facts)
            # What is still being typed is told, but not yet in the colour of trouble.
            heavy = finding.severity == "error" and blamed
            style = self.palette["trouble" if heavy else "attention"]
            mark = self.words(f"message.{finding.severity}")
            for line in wrap(f"{mark}  {fault.cause}", width):
                yield [(line, style)]
            for line in wrap(fault.remedy, width):
                yield [(line, None)]


def _way(screen: "EntryScreen", item: "Item") -> str:
    """Return how the item is answered: by its shape, and of codes by whether they have numbers."""
    if screen.choices is None or item.shape == "codes":
        return item.shape
    return "code" if screen.choices.numbered else "search"
