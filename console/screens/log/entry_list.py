"""The entries of the log as a list, and the one under the cursor in full."""

from typing import TYPE_CHECKING, Final

from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, wrap
from console.widgets.virtual_list import Cell, Column, VirtualList

if TYPE_CHECKING:
    from console.jobs.log.viewing import NamedEntry

_RESULT_STYLES: Final = {"refused": "attention", "failed": "trouble"}
_LABEL: Final = 12  # the width of the labels in the panel, in cells
_MOST_DETAIL_LINES: Final = 2
# The columns of fixed width, in cells, and the gaps between all six.
_NUMBER, _ACTOR, _RESULT, _OBJECT, _GAPS = 8, 10, 7, 11, 6
# The time with its year, where there is room for it; else the panel below says which year it was.
_WIDE: Final = 100
_FULL_TIME, _TIME = 19, 14
_LEAST_EVENT: Final = 12


class LogList(VirtualList["NamedEntry"]):
    """The entries, newest first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "log.empty"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; the event takes the room that the others leave."""
        name, time = ("full_at", _FULL_TIME) if width >= _WIDE else ("at", _TIME)
        event = max(_LEAST_EVENT, width - _NUMBER - time - _ACTOR - _RESULT - _OBJECT - _GAPS)
        return (
            Column("seq", "log.column.seq", _NUMBER, "right"),
            Column(name, "log.column.at", time),
            Column("event", "log.column.event", event),
            Column("actor", "log.column.actor", _ACTOR),
            Column("result", "log.column.result", _RESULT),
            Column("object", "log.column.object", _OBJECT),
        )

    def cell(self, row: "NamedEntry", column: str) -> Cell:
        """Return the text of `column`."""
        words = self.words
        match column:
            case "seq":
                return Cell(f"{row.seq:,}", self.palette["faint"])
            case "at" | "full_at":
                time = words.exact_time if column == "full_at" else words.short_time
                return Cell(time(row.at), self.palette["faint"])
            case "event":
                return Cell(words.name("events", row.event))
            case "result":
                role = _RESULT_STYLES.get(row.result, "faint")
                return Cell(words.name("results", row.result), self.palette[role])
            case "actor":
                return Cell(row.actor or "")
            case _:
                # Who reads the log knows a message by its number, and a person by the ID.
                return Cell(row.reference or row.object or "")


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

    def _lines(self, row: "NamedEntry") -> list[tuple[str, str]]:
        words = self.words
        details = "  ".join(f"{words.name('log.detail', name)} {value}" for name, value in row.detail.items())
        detail_lines = wrap(details, self.size.width - _LABEL - 3) if details else []
        # Several terminals may write one log: a session does not say at which of them it was.
        when = words.exact_time(row.at)
        session = f"{row.session or '-'}  {words('log.column.terminal')} {row.terminal}"
        return [
            (f"{row.seq:,}", "  ".join((words.name("events", row.event), words.name("results", row.result), when))),
            (words("log.column.object"), "  ".join(part for part in (row.reference, row.object or "-") if part)),
            (words("log.column.session"), session),
            (words("log.column.hash"), row.hash),
            *(
                (words("log.column.detail") if index == 0 else "", line)
                for index, line in enumerate(detail_lines[:_MOST_DETAIL_LINES])
            ),
        ]
