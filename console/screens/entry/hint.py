"""The hint about the current item: how it is typed, what is wrong with it and what to do, what can be chosen."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, width_of, wrap

if TYPE_CHECKING:
    from console.jobs.entry.items import DraftItem
    from console.screens.entry.rows import ItemRows
    from console.widgets.choices import Choices
    from console.widgets.form import Form


class Asking(Protocol):
    """The entry as the hint sees it, which need not know the screen: what is asked now, and what was done about it."""

    @property
    def form(self) -> "Form":
        """The form."""

    @property
    def item(self) -> "DraftItem | None":
        """The item under the cursor."""

    @property
    def choices(self) -> "Choices | None":
        """The codes of the item under the cursor, if it is chosen from a list."""

    @property
    def rows(self) -> "ItemRows":
        """What names the items and their values."""

    def label(self, item: "DraftItem") -> str:
        """Return what an item is called."""

    def visited(self, item: "DraftItem") -> bool:
        """Tell whether the cursor has left the item before."""


class Hint(Surface):
    """The lines below the form."""

    DEFAULT_CSS = "Hint { height: 1fr; width: 1fr; }"

    def __init__(self, asking: Asking, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._asking = asking

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the hint."""
        ink = self.ink("frame").put(" ")
        lines = self._lines()
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self) -> list[Pieces]:
        screen, item = self._asking, self._asking.item
        if item is None:
            return []
        width = self.size.width - 2
        lines = [
            self._heading(screen, item, width),
            *self._told(screen, item, width),
            *self._findings(screen, item, width),
        ]
        if screen.choices is not None:
            taken = item.value if isinstance(item.value, list) else ()
            # What is wrong comes first; the codes get the lines that are left, at least one.
            lines += screen.choices.lines(width, max(1, self.size.height - len(lines)), self.palette, taken)
        return lines

    def _heading(self, screen: Asking, item: "DraftItem", width: int) -> Pieces:
        label, hint = screen.label(item), self.words(f"entry.hint.{_hint_name(screen, item)}")
        pieces = [(label, self.palette["strong"])]
        if width_of(label) + width_of(hint) + 2 <= width:
            pieces.append((f"  {hint}", self.palette["faint"]))
        # What is typed matches no code, so it would be lost without a word.
        if screen.choices is not None and screen.form.editor.value and screen.choices.marked is None:
            pieces = [(label, self.palette["strong"]), (f"  {self.words('entry.choose')}", self.palette["attention"])]
        return pieces

    def _told(self, screen: Asking, item: "DraftItem", width: int) -> Iterator[Pieces]:
        """Yield where a value came from, or what was told before it; of a correction, the whole former value."""
        if item.corrected:
            former = screen.rows.naming(item).value(item.field, item.before)
            for line in wrap(self.words("entry.source.corrected", value=former), width):
                yield [(line, self.palette["attention"])]
        beside = screen.rows.beside(item)
        for line in wrap(beside, width) if beside else ():
            yield [(line, self.palette["faint"])]
        if item.latest is None or item.standing not in ("filled", "differs"):
            return
        words = self.words
        facts = {
            "value": screen.rows.naming(item).value(item.field, item.latest.value),
            "when": words.day(item.latest.at),
            "who": words("entry.standing.theirs" if item.latest.notice else "entry.standing.ours"),
        }
        style = self.palette["attention"] if item.standing == "differs" else None
        for line in wrap(words(f"entry.source.{item.standing}", **facts), width):
            yield [(line, style)]

    def _findings(self, screen: Asking, item: "DraftItem", width: int) -> Iterator[Pieces]:
        visited = screen.visited(item)
        for finding in item.findings:
            # An item that nobody has come to yet is missing by nature: that is no fault to show.
            if item.wanted and not visited:
                continue
            if finding.rule == "item_missing":
                yield [(self.words("entry.missing"), self.palette["trouble"])]
                continue
            fault = self.words.finding(finding.rule, finding.facts)
            # While the value is still being typed, an error is shown, but not yet in the colour of trouble.
            serious = finding.severity == "error" and visited
            style = self.palette["trouble" if serious else "attention"]
            mark = self.words(f"message.{finding.severity}")
            for line in wrap(f"{mark}  {fault.cause}", width):
                yield [(line, style)]
            for line in wrap(fault.remedy, width):
                yield [(line, None)]


def _hint_name(screen: Asking, item: "DraftItem") -> str:
    """Return the name of the hint: the item's shape; for one code of a list, whether the list has numbers."""
    if screen.choices is None or item.shape == "codes":
        return item.shape
    return "code" if screen.choices.numbered else "search"
