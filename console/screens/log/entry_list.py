"""The entries of the log as a list, and the one under the cursor in full."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from console.screens.log.wording import actor_in_words, detail_in_words, id_in_words, object_in_words
from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, wrap
from console.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from console.jobs.log.questions import Answer, Failures, Tried
    from console.jobs.log.viewing import NamedEntry

_RESULT_STYLES: Final = {"refused": "attention", "failed": "trouble"}
_LABEL: Final = 12  # the width of the labels in the panel, in cells
_MOST_DETAIL_LINES: Final = 2
# The most that the columns beside the event take, in cells, and the gaps between all six.
_NUMBER, _ACTOR, _RESULT, _OBJECT, _GAPS = 10, 16, 7, 24, 6
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
        most = {"seq": _NUMBER, "actor": _ACTOR, "result": _RESULT, "object": _OBJECT}
        cells = {column: self.needed(column, f"log.column.{column}", limit) for column, limit in most.items()}
        event = max(_LEAST_EVENT, width - time - sum(cells.values()) - _GAPS)
        return (
            Column("seq", "log.column.seq", cells["seq"], "right"),
            Column(name, "log.column.at", time),
            Column("event", "log.column.event", event),
            Column("actor", "log.column.actor", cells["actor"]),
            Column("result", "log.column.result", cells["result"]),
            Column("object", "log.column.object", cells["object"]),
        )

    def cell(self, row: "NamedEntry", column: str) -> Cell:
        """Return the text of `column`."""
        words, faint = self.words, self.palette["faint"]
        match column:
            case "seq":
                return Cell(f"{row.seq:,}", faint)
            case "at" | "full_at":
                time = words.exact_time if column == "full_at" else words.short_time
                return Cell(time(row.at), faint)
            case "event":
                return Cell(words.name("events", row.event))
            case "result":
                role = _RESULT_STYLES.get(row.result, "faint")
                return Cell(words.name("results", row.result), self.palette[role])
            case "actor":
                return Cell(actor_in_words(row, words), None if row.actor else faint)
            case _:
                # Who reads the log knows a message by its number, and a person by the ID.
                return Cell(object_in_words(row, words))


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
        details = "  ".join(detail_in_words(name, value, words) for name, value in row.detail.items())
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


class FailurePanel(Surface):
    """Above the entries about failed log-ons: whom they were tried for, what is locked, and how many were of late.

    Without such an answer it takes no line.
    """

    DEFAULT_CSS = "FailurePanel { height: 0; width: 1fr; }"

    def __init__(self, answer: "Callable[[], Answer | None]") -> None:
        super().__init__(id="failures")
        self._answer = answer

    def fit_height(self) -> None:
        """Take as many lines as there are to show."""
        self.styles.height = len(self._lines())
        self.refresh()

    def reword(self) -> None:
        """Show the texts in the current language, in as many lines as they take there."""
        self.fit_height()

    def on_resize(self) -> None:
        """Wrap the texts for the new width."""
        self.fit_height()

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        lines = self._lines()
        return self.ink().put_all(lines[y]) if y < len(lines) else self.ink()

    def _lines(self) -> list[Pieces]:
        answer = self._answer()
        return [] if answer is None or answer.failures is None else list(self._summary(answer.failures))

    def _summary(self, failures: "Failures") -> Iterator[Pieces]:
        words, palette = self.words, self.palette
        yield []
        yield [(f" {words('log.failures.per_id')}", palette["key"])]
        tried = "  ".join(self._tried(each) for each in failures.tried) or words("common.none")
        for line in wrap(tried, self.size.width - 4)[:_MOST_DETAIL_LINES]:
            yield [(f"   {line}", palette["strong"])]
        between = words("log.between")
        locked = between.join(id_in_words(about, words) for about in failures.locked) or words("common.none")
        recent = between.join(
            words("log.failures.times", who=id_in_words(count.about, words), count=count.done)
            for count in failures.of_late
        )
        total = sum(count.done for count in failures.of_late)
        text = words("log.failures.others", locked=locked, total=total)
        # Whose they were only where it says more than the total.
        text += words("log.failures.of_whom", whom=recent) if recent else ""
        for line in wrap(text, self.size.width - 4)[:_MOST_DETAIL_LINES]:
            yield [(f"   {line}", None)]
        yield []

    def _tried(self, tried: "Tried") -> str:
        words = self.words
        text = words("log.failures.times", who=id_in_words(tried.about, words), count=tried.count)
        if tried.logged_on_at is None:
            return text
        return f"{text} {words('log.failures.then', at=words.short_time(tried.logged_on_at))}"
