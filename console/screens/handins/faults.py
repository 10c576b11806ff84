"""The lines of a report: each error and warning with its line, item, value, cause and remedy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from console.jobs.handins.report import label_of
from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit, width_of, wrap
from console.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from pathlib import Path

    from console.jobs.handins.intake_outcome import RecordFault
    from console.jobs.handins.keeping import FileReport

SEVERITIES: Final = ("errors", "warnings")
"""The two kinds of lines, as the outcome of an import and the catalogue name them, in the order in which they stand."""
_STYLES: Final = {"errors": "trouble", "warnings": "attention"}
# From here on a screen has room for the remedy beside the cause.
_WIDE: Final = 110
_LABEL: Final = 10


@dataclass(frozen=True, slots=True)
class FaultLine:
    """An error or a warning: a line of the report."""

    severity: str
    fault: "RecordFault"


class Reporting(Protocol):
    """A screen that shows a report; `only` is the severity to which it is narrowed."""

    path: "Path"
    stage: str
    only: str | None
    report: "FileReport | None"

    @property
    def offered(self) -> bool:
        """Whether something can be taken in."""

    @property
    def rows(self) -> "FaultList":
        """The lines."""


class ReportTitle(OneLine):
    """The line with the file, what is shown of it, and where the cursor is."""

    def __init__(self, of: Reporting) -> None:
        super().__init__(id="title")
        self._of = of

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, of, palette = self.ink().put(" "), self.words, self._of, self.palette
        # The end of a long name gives way: what is shown of the file has to stay in sight.
        name = fit(of.path.name, min(width_of(of.path.name), self.size.width // 3))
        ink.put(words("handins.title"), palette["strong"]).put(f"  {name}  ")
        outcome = None if of.report is None else of.report.outcome
        if of.stage == "former":
            if outcome is not None:
                time = words.exact_time(outcome.taken_at)
                ink.put(words("handins.former", time=time, person=outcome.taken_by), palette["strong"])
        else:
            ink.put(words(f"handins.{of.stage}"), palette["trouble" if of.stage == "refused" else "strong"])
        if of.stage == "dry_run":
            ink.put("  ").put(words("handins.not_yet"), palette["attention"])
        if of.only is not None:
            ink.put("  ").put(words(f"handins.shown.{of.only}"), palette["key"])
        where = f"{of.rows.position:,} / {of.rows.count:,}" if of.rows.count else ""
        return ink.gap_to(max(ink.width + 1, self.size.width - len(where) - 1)).put(where, palette["faint"])


class ReportSummary(OneLine):
    """The line with the counts of the file."""

    def __init__(self, of: Reporting) -> None:
        super().__init__(id="summary")
        self._of = of

    def draw_line(self, _y: int) -> Ink:
        """Draw the counts; nothing before they are known."""
        ink, words, palette, report = self.ink().put(" "), self.words, self.palette, self._of.report
        if report is None:
            return ink
        taken = report.taken
        total = taken.accepted + taken.known + taken.refused
        ink.put(words("handins.count.lines", count=f"{total:,}"), palette["strong"]).put("   ")
        counts = {
            "new": (taken.accepted, "strong"),
            "known": (taken.known, "strong"),
            "refused": (taken.refused, "trouble"),
            "warnings": (taken.warning_count, "attention"),
        }
        for name, (count, style) in counts.items():
            ink.put(f"{words(f'handins.count.{name}')} ", palette["faint"])
            ink.put(f"{count:,}   ", palette[style if count else "faint"])
        # Counted and not listed: whoever mends the file is not to take the list for all of it.
        unlisted = taken.more_errors.total() + taken.more_warnings.total()
        if unlisted:
            ink.put(words("handins.count.unlisted", count=f"{unlisted:,}"), palette["attention"]).put("   ")
        # The number that is about to come in stands beside its key.
        if self._of.offered:
            ink.put(words("handins.count.take_in", count=f"{taken.accepted:,}"), palette["key"])
        return ink


class FaultList(VirtualList[FaultLine]):
    """The errors and warnings of a file."""

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; the remedy has one only where there is room, and stands below the list else."""
        line, severity = 6, 8
        if width < _WIDE:
            # The cause gets the rest: what an item holds is told below in full.
            field, value = 14, 18
            shares = [("cause", width - line - severity - field - value - 5)]
        else:
            # The reference stands below: with a column of its own it would cut cause and remedy.
            field, value = 16, 20
            left = width - line - severity - field - value - 6
            shares = [("cause", left // 2), ("remedy", left - left // 2)]
        return (
            Column("line", "handins.column.line", line, "right"),
            Column("severity", "handins.column.severity", severity),
            Column("field", "handins.column.field", field),
            Column("value", "handins.column.value", value),
            *(Column(name, f"handins.column.{name}", share) for name, share in shares),
        )

    def cell(self, row: FaultLine, column: str) -> Cell:
        """Return what `column` shows of `row`."""
        words, fault = self.words, row.fault
        match column:
            case "line":
                return Cell(f"{fault.line}")
            case "severity":
                return Cell(words(f"handins.severity.{row.severity}"), self.palette[_STYLES[row.severity]])
            case "field":
                return Cell(label_of(fault.field, words))
            case "value":
                return Cell(str(fault.value) or "-", self.palette["faint"])
        return Cell(str(getattr(words.finding(fault.rule, fault.facts), column)))


class FaultPanel(Surface):
    """The line under the cursor in full."""

    DEFAULT_CSS = "FaultPanel { height: 6; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the panel."""
        rows = self.screen.query_one("#list", FaultList)
        row = rows.cursor_row
        lines = [] if row is None else list(self._lines(row))
        ink = self.ink("frame").put(" ")
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self, row: FaultLine) -> Iterator[Pieces]:
        words, fault = self.words, row.fault
        text = words.finding(fault.rule, fault.facts)
        head = [
            (f"{words(f'handins.severity.{row.severity}')}  ", self.palette[_STYLES[row.severity]]),
            (words("handins.about.record", line=fault.line), None),
            (f"  {label_of(fault.field, words)}", self.palette["strong"]),
        ]
        if fault.reference:
            head.append((f"  {words('handins.about.reference')} {fault.reference}", None))
        yield head
        if fault.value:
            yield from self._named("value", f"「{fault.value}」" if words.language == "ja" else f'"{fault.value}"')
        yield from self._named("cause", text.cause)
        yield from self._named("remedy", text.remedy)

    def _named(self, name: str, text: str) -> Iterator[Pieces]:
        label = self.words(f"handins.about.{name}")
        for index, line in enumerate(wrap(text, self.size.width - _LABEL - 2)):
            yield [(fit(label if index == 0 else "", _LABEL), self.palette["faint"]), (line, None)]
