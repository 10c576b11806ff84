"""The log (証跡): newest first, one entry in full, and the verification of the whole chain."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console.screens.keys import LOG, Key, bindings
from console.screens.work import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine, NoticeLine
from console.widgets.gauge import Gauge
from console.widgets.roll import BLOCK, Cell, Column, Roll
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit, wrap

if TYPE_CHECKING:
    from console.session import Session
    from console.terminal import Terminal
    from store.log import LogRow, Verification

# None shows everything; the others are the classes of the resident-record standard.
_CLASSES: Final = (None, "authentication", "operation", "event", "communication", "export", "settings", "error")
# A class is shown from its newest entries; the whole log is paged without a limit.
_MOST_OF_A_CLASS: Final = 2000
_RESULT_STYLES: Final = {"refused": "attention", "failed": "trouble"}
_LABEL: Final = 12


class LogScreen(ConsoleScreen):
    """The entries, with the one under the cursor in full below."""

    help_topic = "log"
    KEYS: ClassVar[Sequence[Key]] = LOG
    BINDINGS: ClassVar[list[BindingType]] = bindings(LOG)

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.event_class: str | None = None
        self._verifying = False

    def compose(self) -> ComposeResult:
        """Lay out what is shown, the list, the entry in full and the bar."""
        yield HeadLine()
        yield LogViewLine(id="view")
        yield LogRoll(id="list")
        yield EntryPanel(id="entry")
        yield Gauge("log")
        yield NoticeLine()
        yield FootLine(LOG)

    def on_mount(self) -> None:
        """Show the newest entries."""
        self.set_focus(self.roll)
        self.load()

    @property
    def roll(self) -> "LogRoll":
        """The list."""
        return self.query_one("#list", LogRoll)

    @property
    def unfinished(self) -> bool:
        """A verification may be broken off: it changes nothing."""
        return False

    def load(self) -> None:
        """Take a snapshot: entries written later appear when it is taken anew."""
        chosen = self.event_class

        def job(terminal: "Terminal", session: "Session") -> "tuple[Sequence[int], Sequence[LogRow]]":
            from console.jobs import trail
            from store.log import Event

            if chosen is None:
                # Numbers are dense from 1, so the list of all keys is a range.
                newest = trail.newest(terminal, session)
                return range(newest, 0, -1), trail.page(terminal, session, before=newest + 1, limit=BLOCK)
            events = frozenset(event for event in Event if event.event_class == chosen)
            rows = trail.page(terminal, session, limit=_MOST_OF_A_CLASS, chosen=trail.LogFilter(events=events))
            return [row.seq for row in rows], rows

        self.work(job, lambda loaded: self._loaded(*loaded))

    def _loaded(self, keys: Sequence[int], rows: "Sequence[LogRow]") -> None:
        app, session, filtered = self.console_app, self.console_app.session, self.event_class is not None
        by_number = {row.seq: row for row in rows} if filtered else {}

        def fetch(wanted: Sequence[int]) -> "Sequence[LogRow]":
            from console.jobs import trail

            if filtered or session is None:
                return [by_number[key] for key in wanted if key in by_number]
            return trail.page(app.terminal, session, before=wanted[0] + 1, limit=len(wanted))

        self.roll.load(keys, fetch, rows)

    def on_roll_moved(self) -> None:
        """Show the entry under the cursor in full."""
        self.query_one("#view").refresh()
        self.query_one("#entry").refresh()

    def action_filter(self, step: int) -> None:
        """Show the next class of entries."""
        at = _CLASSES.index(self.event_class)
        self.event_class = _CLASSES[(at + step) % len(_CLASSES)]
        self.on_roll_moved()
        self.load()

    def action_reload(self) -> None:
        """Show entries written since."""
        self.notice.clear()
        self.roll.action_edge(-1)
        self.load()

    def action_verify(self) -> None:
        """Verify the whole chain."""
        if self._verifying:
            return
        self._verifying = True
        self.notice.clear()
        report = self.query_one("#gauge", Gauge).report

        def job(terminal: "Terminal", session: "Session") -> "Verification":
            from console.jobs import trail

            return trail.verify(terminal, session, report=report)

        self.work(job, self._verified, self._failed)

    def _verified(self, verification: "Verification") -> None:
        self._end()
        if verification.ok:
            self.say("done", "log.sound", entries=f"{verification.entries:,}")
        else:
            flaw = str(verification.cause)
            self.notice.say(
                "trouble",
                lambda words: words("log.broken", seq=verification.first_bad, cause=words.name("log.flaw", flaw)),
            )
        self.load()

    def _failed(self, error: Exception) -> None:
        self._end()
        self.show_error(error)

    def _end(self) -> None:
        self._verifying = False
        self.query_one("#gauge", Gauge).finish()

    def action_back(self) -> None:
        """Go back to the queue."""
        self.dismiss()


class LogViewLine(OneLine):
    """What of the log is shown, and where the cursor is."""

    def draw_line(self, _y: int) -> Ink:
        """Draw it."""
        ink, words = self.ink().put(" "), self.words
        screen = self.screen
        if not isinstance(screen, LogScreen):
            return ink
        ink.put(words("log.title"), self.palette["strong"]).put(" / ", self.palette["faint"])
        ink.put(words(f"log.class.{screen.event_class or 'all'}"), self.palette["strong"])
        where = f"{screen.roll.position:,} / {screen.roll.count:,}"
        return ink.gap_to(self.size.width - len(where) - 1).put(where, self.palette["faint"])


class LogRoll(Roll["LogRow"]):
    """The entries."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "log.empty"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; the event takes what is left."""
        return (
            Column("seq", "log.column.seq", 8, "right"),
            Column("at", "log.column.at", 19),
            Column("event", "log.column.event", max(12, width - 8 - 19 - 12 - 8 - 5)),
            Column("actor", "log.column.actor", 12),
            Column("result", "log.column.result", 8),
        )

    def cell(self, row: "LogRow", column: str) -> Cell:
        """Return what stands in `column`."""
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
    """One entry in full."""

    DEFAULT_CSS = "EntryPanel { height: 6; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of it."""
        ink = self.ink("frame").put(" ")
        screen = self.screen
        row = screen.roll.cursor_row if isinstance(screen, LogScreen) else None
        if row is None:
            return ink
        lines = self._lines(row)
        if y < len(lines):
            label, text = lines[y]
            ink.put(fit(label, _LABEL)).put(text, self.palette["strong"] if y == 0 else None)
        return ink

    def _lines(self, row: "LogRow") -> list[tuple[str, str]]:
        words = self.words
        details = "  ".join(f"{words.name('log.detail', name)} {value}" for name, value in row.detail.items())
        detail_lines = wrap(details, self.size.width - _LABEL - 3) if details else []
        return [
            (f"{row.seq:,}", f"{words.name('events', row.event)}  {words.name('results', row.result)}"),
            (words("log.column.object"), row.object or "-"),
            (words("log.column.session"), row.session or "-"),
            (words("log.column.hash"), row.hash),
            *((words("log.column.detail") if index == 0 else "", line) for index, line in enumerate(detail_lines[:2])),
        ]
