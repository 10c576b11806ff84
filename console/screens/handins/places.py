"""取込: the files in the hand-in places, what became of each, and the way to the dry run of one of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.jobs.handins.places import BarePlace, HandedIn
from console.keys import HANDINS, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.handins.report import ReportScreen, read_former, write_report
from console.widgets.columns import Cell, Column
from console.widgets.frame import CountsLine, FootLine, HeadLine
from console.widgets.page import Pieces
from console.widgets.surface import OneLine, Surface
from console.widgets.text import CUT, Ink, cut_before, fit, width_of
from console.widgets.virtual_list import VirtualList
from console.words import Words
from store import clock
from store.handins.states import FileState

if TYPE_CHECKING:
    from console.jobs.handins.keeping import FileReport
    from console.jobs.handins.places import Handins
    from console.jobs.messages.listing import Counts
    from console.session import Session
    from console.terminal import Terminal

Line = HandedIn | BarePlace
_STYLES: Final = {FileState.WAITING: "strong", FileState.PARTLY: "attention", FileState.REFUSED: "trouble"}
_KILO: Final = 1000


def size_text(count: float) -> str:
    """Return a number of bytes as people read it: three digits at most, and the unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < _KILO or unit == "GB":
            break
        count /= _KILO
    return f"{count:.0f}{unit}" if count >= 10 or unit == "B" else f"{count:.1f}{unit}"  # noqa: PLR2004  # Two digits need no fraction.


def refusal_of(words: Words, code: str, facts: dict[str, str]) -> str:
    """Return in a few words why a file or a place is refused; where there is no such word, the cause of the error."""
    key = f"handins.why.{code}"
    return words(key) if words.has(key) else words.fault(code, facts).cause


class HandinsScreen(ConsoleScreen):
    """The list of the files, first those that nobody took in."""

    NAME = "handins"
    help_topic = "handins"
    KEYS: ClassVar[Sequence[Key]] = HANDINS
    BINDINGS: ClassVar[list[BindingType]] = bindings(HANDINS)

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counts | None = None
        self.shown: Handins | None = None
        self._numbers: dict[Path, int] = {}

    def compose(self) -> ComposeResult:
        """Lay out the title, the list, and what is known of the file under the cursor."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield HandinsTitle(id="title")
        yield HandinsList(id="list")
        yield HandinPanel(id="about")
        yield self.notice
        yield FootLine(HANDINS)

    def on_mount(self) -> None:
        """Put the cursor on the list; what it shows is read whenever the screen comes in front."""
        self.set_focus(self.rows)

    def on_screen_resume(self) -> None:
        """Ask the places again: a file may have come, and one was perhaps taken in."""
        self.load()

    @property
    def rows(self) -> "HandinsList":
        """The files and the places without any."""
        return self.query_one("#list", HandinsList)

    def load(self) -> None:
        """Ask for names, sizes and times."""
        self.look("files", _read, self._loaded)

    def _loaded(self, found: "tuple[Handins, Counts]") -> None:
        self.shown, self.counts = found
        # What cannot be used stands first: below hundreds of files nobody would see it.
        unfit = [place for place in self.shown.bare if place.fault is not None]
        lines: list[Line] = [*unfit, *self.shown.files, *(place for place in self.shown.bare if place.fault is None)]
        # All of them are in memory. A file keeps its number, so that the cursor stays on it wherever it goes.
        by_number = {self._numbers.setdefault(_name(line), len(self._numbers)): line for line in lines}
        begun = self.rows.count > 0
        self.rows.load(list(by_number), lambda keys: [by_number[key] for key in keys], lines)
        if self.shown.waiting and not begun:
            # Below what cannot be used: Enter means the file that somebody came for.
            self.rows.go_to(self._numbers[_name(self.shown.waiting[0])])
        for name in ("#counts", "#title"):
            self.query_one(name).refresh()

    def on_virtual_list_moved(self) -> None:
        """Show what is known of the file under the cursor, and the keys that fit it."""
        self.query_one("#about").refresh()
        self.query_one("#foot").refresh()

    def offers(self, key: Key) -> bool:
        """Show the former report only of a file that has one."""
        line = self.rows.cursor_row
        if key.action in {"former_report", "export"} and (not isinstance(line, HandedIn) or line.outcome is None):
            return False
        return super().offers(key)

    def on_virtual_list_chosen(self) -> None:
        """Make the dry run of the file under the cursor; say of anything else why there is none."""
        line = self.rows.cursor_row
        self.notice.clear()
        if isinstance(line, BarePlace):
            if line.fault is not None:
                self.show_fault(line.fault.code, dict(line.fault.facts))
        elif line is not None and line.outcome is None and line.code is not None:
            # Known by its name or its owner: nobody has to read it.
            self.show_fault(line.code, _facts(line))
        elif line is not None:
            self.app.push_screen(ReportScreen(line.path))

    def action_former_report(self) -> None:
        """Show the report of the last time that the file under the cursor was taken in or refused."""
        line = self.rows.cursor_row
        self.notice.clear()
        if isinstance(line, HandedIn) and line.outcome is not None:
            self.app.push_screen(ReportScreen(line.path, former=True))
        else:
            self.say("note", "handins.no_report")

    def action_export(self) -> None:
        """Write the report of the last time to a file, for the people of the other system."""
        line = self.rows.cursor_row
        self.notice.clear()
        if isinstance(line, HandedIn) and line.outcome is not None:
            self.work(partial(read_former, path=line.path), self._former_read)
        else:
            self.say("note", "handins.no_report")

    def _former_read(self, report: "FileReport | None") -> None:
        # It is kept for a time only.
        if report is None:
            self.say("note", "handins.no_report")
        else:
            write_report(self, report)

    def action_reload(self) -> None:
        """Ask the places again."""
        self.notice.clear()
        self.load()

    def action_back(self) -> None:
        """Go back to the work."""
        self.dismiss()


def _name(line: Line) -> Path:
    return line.path if isinstance(line, HandedIn) else Path(line.place.directory)


class HandinsTitle(OneLine):
    """The line with the number of places, and how many files wait."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, screen = self.ink().put(" "), self.words, self.screen
        ink.put(words("handins.title"), self.palette["strong"]).put("  ")
        shown = screen.shown if isinstance(screen, HandinsScreen) else None
        if shown is None:
            return ink.put(words("common.loading"), self.palette["faint"])
        ink.put(words("handins.places", count=shown.places))
        unfit = sum(place.fault is not None for place in shown.bare)
        if unfit:
            ink.put("  ").put(words("handins.unfit", count=unfit), self.palette["trouble"])
        if shown.more:
            ink.put("  ").put(words("handins.more", count=shown.more), self.palette["attention"])
        waiting = words("handins.waiting", count=len(shown.waiting))
        return ink.gap_to(self.size.width - width_of(waiting) - 1).put(waiting, self.palette["strong"])


class HandinsList(VirtualList[Line]):
    """The files and the places without any."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "handins.empty"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns: whose file it is, its name, how large and how old it is, and what became of it."""
        # The purpose of a place is as long as people write it; its beginning tells the systems apart.
        system, size, age, state = 10, 6, 7, 8
        left = width - system - size - age - state - 6
        # A name is told apart at its end as often as at its beginning, so it gets what the result can spare.
        file = max(12, min(40, left * 53 // 100))
        return (
            Column("system", "handins.column.system", system),
            Column("file", "handins.column.file", file),
            Column("size", "handins.column.size", size, "right"),
            Column("age", "handins.column.age", age, "right"),
            Column("state", "handins.column.state", state),
            Column("result", "handins.column.result", left - file),
        )

    def cell(self, row: Line, column: str) -> Cell:
        """Return what `column` shows of `row`."""
        if column == "system":
            return Cell(row.place.purpose, self.palette["faint"])
        return self._of_place(row, column) if isinstance(row, BarePlace) else self._of_file(row, column)

    def _of_place(self, row: BarePlace, column: str) -> Cell:
        words, fault = self.words, row.fault
        if column == "file":
            if fault is None:
                return Cell(words("handins.no_files"), self.palette["faint"])
            # Places lie side by side as a rule, so that the end of a path tells them apart.
            return Cell(row.place.directory, self.palette["faint"], f"{CUT}/{Path(row.place.directory).name}")
        if fault is None or column not in {"state", "result"}:
            return Cell("")
        style = self.palette["trouble"]
        if column == "state":
            return Cell(words("handins.state.unfit"), style)
        return Cell(refusal_of(words, fault.code, fault.facts), style)

    def _of_file(self, row: HandedIn, column: str) -> Cell:
        words = self.words
        role = _STYLES.get(row.state)
        match column:
            case "file":
                return Cell(row.path.name)
            case "size":
                return Cell(size_text(row.size))
            case "age":
                return Cell(words.span(row.age))
            case "state":
                return Cell(words(f"handins.state.{row.state}"), self.palette[role] if role else None)
        # Why nothing came in says more than the counts, which are all zero then.
        if row.code is not None:
            return Cell(refusal_of(words, row.code, _facts(row)), self.palette["trouble"])
        full = _counted(row, words, "handins.held_errors", "handins.held_warnings")
        short = _counted(row, words, "queue.marks.errors", "queue.marks.warnings")
        return Cell(" ".join(full), self.palette["faint"], shorter=" ".join(short))


def _counted(row: HandedIn, words: Words, errors: str, warnings: str) -> Iterator[str]:
    """Yield what came in, and how much of it has `errors` or `warnings`, which are keys of the catalogues."""
    if row.outcome is not None:
        yield words("handins.held", count=f"{row.outcome.held:,}")
        if row.outcome.refused:
            yield words(errors, count=f"{row.outcome.refused:,}")
        if row.outcome.warnings:
            yield words(warnings, count=f"{row.outcome.warnings:,}")


def _facts(row: HandedIn) -> dict[str, str]:
    return {"file": row.path.name, "owner": row.place.owner}


class HandinPanel(Surface):
    """What is known of the file under the cursor without reading it, and of its place."""

    DEFAULT_CSS = "HandinPanel { height: 3; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the panel."""
        screen = self.screen
        line = screen.rows.cursor_row if isinstance(screen, HandinsScreen) else None
        lines = [] if line is None else list(self._lines(line))
        ink = self.ink("frame").put(" ")
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self, line: Line) -> Iterator[Pieces]:
        words, faint, strong = self.words, self.palette["faint"], self.palette["strong"]

        def named(name: str, text: str) -> Pieces:
            return [(words(f"handins.about.{name}"), faint), (f" {text}  ", None)]

        place = line.place
        if isinstance(line, HandedIn):
            # The age was told by the clock of the terminal, so the moment is as well.
            made = clock.now() - timedelta(seconds=line.age)
            name = fit(line.path.name, min(width_of(line.path.name), self.size.width // 2))
            yield [(f"{name}  ", strong), *named("owner", place.owner), *named("made", words.exact_time(made))]
        else:
            yield [(f"{place.purpose}  ", strong), *named("owner", place.owner)]
        # Of a long path the end says more than the beginning, and what its files are read by must not fall off.
        layout = named("layout", place.layout or words("handins.about.no_layout"))
        taken = sum(width_of(text) for text, _ in (*layout, *named("directory", "")))
        yield [*named("directory", cut_before(place.directory, self.size.width - 2 - taken)), *layout]
        if isinstance(line, HandedIn) and line.outcome is not None:
            at = words.exact_time(line.outcome.taken_at)
            yield named("taken", f"{at}  {line.outcome.taken_by}")


# The jobs are named inside functions that run in a thread: the first use of one imports it.


def _read(terminal: "Terminal", session: "Session") -> "tuple[Handins, Counts]":
    return jobs.handins.places.handed_in(terminal, session), jobs.messages.listing.counts(terminal)
