"""The entries of the log as a list, and the one under the cursor in full."""

from typing import TYPE_CHECKING, Final

from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, wrap
from console.widgets.virtual_list import Cell, Column, VirtualList

if TYPE_CHECKING:
    from store.log import LogRow

_RESULT_STYLES: Final = {"refused": "attention", "failed": "trouble"}
_LABEL: Final = 12  # the width of the labels in the panel, in cells
_MOST_DETAIL_LINES: Final = 2
# The columns of fixed width, in cells, and the gaps between all five.
_NUMBER, _TIME, _ACTOR, _RESULT, _GAPS = 8, 19, 12, 8, 5
_LEAST_EVENT: Final = 12


class LogList(VirtualList["LogRow"]):
    """The entries, newest first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "log.empty"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; the event takes the room that the others leave."""
        event = max(_LEAST_EVENT, width - _NUMBER - _TIME - _ACTOR - _RESULT - _GAPS)
        return (
            Column("seq", "log.column.seq", _NUMBER, "right"),
            Column("at", "log.column.at", _TIME),
            Column("event", "log.column.event", event),
            Column("actor", "log.column.actor", _ACTOR),
            Column("result", "log.column.result", _RESULT),
        )

    def cell(self, row: "LogRow", column: str) -> Cell:
        """Return the text of `column`."""
        if column == "seq":
            return Cell(f"{row.seq:,}", self.palette["faint"])
        if column == "at":
            return Cell(self.words.exact_time(row.at), self.palette["faint"])
        if column == "event":
            return Cell(self.words.name("events", row.event))
        if column == "actor":
            return Cell(row.actor or "")
        role = _RESULT_STYLES.get(row.result, "faint")
        return Cell(self.words.name("results", row.result), self.palette[role])


class EntryPanel(Surface):
    """The entry under the cursor of the screen's `LogList`, in full."""

    DEFAULT_CSS = "EntryPanel { height: 6; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the entry; the panel is empty while its row has not arrived."""
        ink = self.ink("frame").put(" ")
        row = self.screen.query_one(LogList).cursor_row
        lines = [] if row is None else self._lines(row)
        if y < len(lines):
            label, text = lines[y]
            ink.put(fit(label, _LABEL)).put(text, self.palette["strong"] if y == 0 else None)
        return ink

    def _lines(self, row: "LogRow") -> list[tuple[str, str]]:
        words = self.words
        details = "  ".join(f"{words.name('log.detail', name)} {value}" for name, value in row.detail.items())
        detail_lines = wrap(details, self.size.width - _LABEL - 3) if details else []
        # Several terminals may write one log: a session does not say at which of them it was.
        session = f"{row.session or '-'}  {words('log.column.terminal')} {row.terminal}"
        return [
            (f"{row.seq:,}", f"{words.name('events', row.event)}  {words.name('results', row.result)}"),
            (words("log.column.object"), row.object or "-"),
            (words("log.column.session"), session),
            (words("log.column.hash"), row.hash),
            *(
                (words("log.column.detail") if index == 0 else "", line)
                for index, line in enumerate(detail_lines[:_MOST_DETAIL_LINES])
            ),
        ]
