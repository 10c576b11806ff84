"""What became of each item of an exchange: the list, errors first, and cause and remedy of the one under the cursor."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console import jobs
from console.screens.exchange.outcome import ERRORS, latest
from console.screens.messages.message_list import EVENT_CELLS, event_in_short, event_of, who_of
from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, wrap
from console.widgets.virtual_list import VirtualList
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.exchange import ItemResult
    from console.jobs.messages.listing import QueueRow
    from console.jobs.progress import Progress
    from console.words import FaultText, Words

# Outcomes that are not listed are in the plain ink.
_STYLES: Final = {
    "delivered": "good",
    "accepted": "good",
    "received": "good",
    "recovered": "good",
    "lost": "attention",
    "refused": "trouble",
    "rejected": "trouble",
    "held": "trouble",
    "unknown": "attention",
    "waiting": "faint",
}
# The most that these take, in cells, and the least that is left to the reason.
_OUTCOME, _NUMBER, _NAME = 20, 20, 26
_REASON: Final = 19
_LEAST_NAME: Final = 12
_MOST_FOLLOWED: Final = 100
# Cause and remedy of most errors; the page of the message has the whole.
_REASON_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item, and the message that it is about as lists show it (None: it was not taken in, or may not be read)."""

    item: "ItemResult"
    message: "QueueRow | None" = None


class ResultList(VirtualList[ItemRow]):
    """The items of an exchange."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "exchange.nothing"
        self.items: Sequence[ItemResult] = ()

    def show(self, items: "Sequence[ItemResult]") -> None:
        """Show `items`, the first under the cursor. Their places serve as keys, and names are read as they come up."""
        self.items, self.empty_text = items, "exchange.nothing"
        self._put(range(len(items)))

    def begin(self) -> None:
        """Show nothing yet: what the exchange before did is no part of the next."""
        self.show(())
        self.empty_text = ""

    def follow(self, items: "Sequence[ItemResult]") -> None:
        """Show the `items` so far of an exchange that goes on: errors stay on top, then the newest first.

        `items` only grows, so that a place in it goes on meaning the same item.
        """
        if len(items) == len(self.items):
            return
        newest = sorted(latest(items), reverse=True)
        errors = [place for place in newest if items[place].outcome in ERRORS]
        others = [place for place in newest if items[place].outcome not in ERRORS]
        self.items = items
        # Nobody scrolls while they come: more of them would be work for each second of a long exchange.
        self._put((errors + others)[:_MOST_FOLLOWED])

    def _put(self, keys: Sequence[int]) -> None:
        self.load(keys, self._rows)
        # The cursor stood on an item of the list before, which may be anywhere in this.
        self.action_edge(-1)

    def _rows(self, keys: Sequence[int]) -> list[ItemRow]:
        """Return some rows with their messages; runs in a thread."""
        # Another exchange may have replaced them while the thread was on its way.
        items = [self.items[key] for key in keys if key < len(self.items)]
        app, session = self.console_app, self.console_app.session
        numbers = [item.id for item in items if item.id is not None]
        # Who sees no messages sees their numbers, which the outcome has.
        if session is None or not session.may(Right.READ) or not numbers:
            return [ItemRow(item) for item in items]
        messages = {row.id: row for row in jobs.messages.listing.rows(app.terminal, session, numbers)}
        return [ItemRow(item, messages.get(item.id or 0)) for item in items]

    def error_along(self, step: int) -> int | None:
        """Return the key of the next error after the cursor, or before it; None when there is none."""
        here = self.position - 1
        # All items are in memory, so that the way to the next error needs no row that was never drawn.
        places = range(here + 1, len(self.items)) if step > 0 else range(here - 1, -1, -1)
        return next((place for place in places if self.items[place].outcome in ERRORS), None)

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns, who and what first; the reason takes what the others leave."""
        outcome = self.needed("outcome", "exchange.column.outcome", _OUTCOME)
        reference = self.needed("reference", "queue.column.reference", _NUMBER)
        room = width - outcome - reference - 5
        # Of a notice the event names all that has changed, where there is room for it.
        _, least = EVENT_CELLS[self.words.language]
        name = max(_LEAST_NAME, min(self.needed("name", "queue.column.name", _NAME), room - least - _REASON))
        event = max(least, min(self.needed("event", "queue.column.event", room), room - name - _REASON))
        return (
            Column("outcome", "exchange.column.outcome", outcome),
            Column("name", "queue.column.name", name),
            Column("event", "queue.column.event", event),
            Column("reference", "queue.column.reference", reference),
            Column("reason", "exchange.column.reason", max(4, room - name - event)),
        )

    def cell(self, row: ItemRow, column: str) -> Cell:
        """Return the text of `column`."""
        item, message = row.item, row.message
        if column == "outcome":
            role = _STYLES.get(str(item.outcome))
            return Cell(outcome_in_words(item, self.words), self.palette[role] if role else None)
        if column == "reference":
            return Cell(item.reference or "")
        if column == "reason":
            fault = why(item, self.words)
            return Cell(fault.cause if fault is not None else "", self.palette["faint"])
        if message is None:
            return Cell("")
        if column == "name":
            return Cell(who_of(message, self.words))
        return Cell(event_of(message, self.words), shorter=event_in_short(message, self.words))


class Arriving:
    """What became of items of an exchange that is under way, as its reports tell."""

    def __init__(self) -> None:
        # Sending and receiving have a list each, and go on adding to it.
        self._parts: list[Sequence[ItemResult]] = []

    def report(self, progress: "Progress") -> None:
        """Take in how far the job is; this may be called from any thread."""
        if not any(part is progress.results for part in self._parts):
            self._parts.append(progress.results)

    @property
    def items(self) -> "list[ItemResult]":
        """The items so far."""
        return [item for part in self._parts for item in part]


class ResultSummary(OneLine):
    """How many items came to which outcome, the errors first."""

    def __init__(self, results: ResultList) -> None:
        super().__init__(id="summary")
        self._results = results

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words = self.ink().put(" "), self.words
        # The items stand errors first, and so do their counts.
        counts = Counter(str(item.outcome) for item in self._results.items)
        for outcome, count in counts.items():
            style = _STYLES.get(outcome)
            ink.put(f"{words.name('exchange.outcomes', outcome)} ", self.palette["faint"])
            ink.put(f"{count:,}  ", self.palette[style if style in {"trouble", "attention"} else "strong"])
        return ink


class ResultPanel(Surface):
    """The item under the cursor: what it is, and where something is to be done, cause and remedy."""

    DEFAULT_CSS = f"ResultPanel {{ height: {_REASON_LINES + 1}; width: 1fr; }}"

    def __init__(self, results: ResultList) -> None:
        super().__init__(id="result")
        self._results = results

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        row = self._results.cursor_row
        lines = [] if row is None else list(self._lines(row))
        ink = self.ink("frame").put(" ")
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self, row: ItemRow) -> Iterator[Pieces]:
        item, words, palette = row.item, self.words, self.palette
        what = (who_of(row.message, words), event_of(row.message, words)) if row.message is not None else ()
        about = "  ".join(part for part in (*what, item.reference or "") if part)
        role = _STYLES.get(str(item.outcome))
        yield [(outcome_in_words(item, words), palette[role] if role else None), (f"  {about}", palette["strong"])]
        # What went well needs no more than its line.
        fault = why(item, words)
        if fault is None:
            return
        number = words("common.recorded", number=item.incident) if item.incident else ""
        text = f"{fault.cause} {fault.remedy} {number}".strip()
        for line in wrap(text, self.size.width - 2)[:_REASON_LINES]:
            yield [(line, None)]


def outcome_in_words(item: "ItemResult", words: "Words") -> str:
    """Return what became of an item."""
    return words.name("exchange.outcomes", str(item.outcome))


def why(item: "ItemResult", words: "Words") -> "FaultText | None":
    """Return cause and remedy of an item; None where nothing is to be said."""
    if item.code:
        if item.outcome != "refused":
            return words.fault(item.code, item.facts)
        if words.has_refusal(item.code):
            return words.refusal(item.code)
        # What the peer says about the content may name people: only the message's own page shows that. A peer of a
        # later version may have codes for which there is no word.
        word = f"exchange.refused_as.{item.code}"
        return words.pair("exchange.result_refused", code=words(word) if words.has(word) else item.code)
    return words.pair(f"exchange.why.{item.outcome}") if words.has(f"exchange.why.{item.outcome}.cause") else None
