"""The log (証跡): newest first, one entry in full, and the verification of the whole chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import LOG, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.widgets.frame import FootLine, HeadLine, NoticeLine
from console.widgets.gauge import Gauge
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit, wrap
from console.widgets.virtual_list import BLOCK, Cell, Column, VirtualList
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.log.export import Exported
    from console.jobs.log.questions import Answer, Search
    from console.session import Session
    from console.terminal import Terminal
    from store.log import LogFilter, LogRow, Verification

# None shows everything; the others are the classes of the resident-record standard.
_CLASSES: Final = (None, "authentication", "operation", "event", "communication", "export", "settings", "error")
# A class is shown from its newest entries; the whole log is paged without a limit.
_MOST_OF_A_CLASS: Final = 2000
_RESULT_STYLES: Final = {"refused": "attention", "failed": "trouble"}
_LABEL: Final = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the log is shown: a class, what was found, the answer to a question, or everything."""

    event_class: str | None = None
    typed: str | None = None
    chosen: "LogFilter | None" = None
    question: str | None = None

    @property
    def narrowed(self) -> bool:
        """Whether it is less than everything."""
        return self != Shown()

    def as_filter(self) -> "LogFilter":
        """Return what the entries are chosen by."""
        from store.log import Event, LogFilter

        if self.chosen is not None:
            return self.chosen
        return LogFilter(events=frozenset(event for event in Event if event.event_class == self.event_class))

    def told(self, words: Words) -> str:
        """Return it in words."""
        if self.typed is not None:
            return words("log.search.found", typed=self.typed)
        if self.question is not None:
            return f"{words(f'log.question.{self.question}')} ({words('log.question.period')})"
        return words(f"log.class.{self.event_class or 'all'}")


def _unclear_question(typed: str) -> str | None:
    number, _, person = typed.partition(" ")
    known = number in set("1234") or (number == "5" and bool(person.strip()))
    return None if known else "log.question.unclear"


def _missing(typed: str) -> str | None:
    return None if typed else "log.export.missing"


class LogScreen(ConsoleScreen):
    """The entries, with the one under the cursor in full below."""

    help_topic = "log"
    KEYS: ClassVar[Sequence[Key]] = LOG
    BINDINGS: ClassVar[list[BindingType]] = bindings(LOG)

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.shown = Shown()
        self._busy = False
        self._exporting = False

    def compose(self) -> ComposeResult:
        """Lay out what is shown, the list, the entry in full and the bar."""
        yield HeadLine()
        yield LogViewLine(id="view")
        yield LogList(id="list")
        yield EntryPanel(id="entry")
        yield Gauge("log")
        yield NoticeLine()
        yield FootLine(LOG)

    def on_mount(self) -> None:
        """Show the newest entries."""
        self.set_focus(self.rows)
        self.load()

    @property
    def rows(self) -> "LogList":
        """The list."""
        return self.query_one("#list", LogList)

    @property
    def unfinished(self) -> bool:
        """Whether an export is under way; a verification may be broken off, it changes nothing."""
        return self._exporting

    def load(self, *, at: int | None = None) -> None:
        """Take a snapshot, with the cursor at entry `at`: entries written later appear when it is taken anew."""
        shown = self.shown

        def job(terminal: "Terminal", session: "Session") -> "tuple[Sequence[int], Sequence[LogRow]]":
            if not shown.narrowed:
                # Numbers are dense, so the list of all keys is a range.
                first, newest = jobs.log.viewing.span(terminal, session)
                return range(newest, first - 1, -1), jobs.log.viewing.page(
                    terminal, session, before=newest + 1, limit=BLOCK
                )
            rows = jobs.log.viewing.page(terminal, session, limit=_MOST_OF_A_CLASS, chosen=shown.as_filter())
            return [row.seq for row in rows], rows

        self.work(job, lambda loaded: self._loaded(*loaded, at=at))

    def _loaded(self, keys: Sequence[int], rows: "Sequence[LogRow]", *, at: int | None = None) -> None:
        app, session, narrowed = self.console_app, self.console_app.session, self.shown.narrowed
        by_number = {row.seq: row for row in rows} if narrowed else {}

        def fetch(wanted: Sequence[int]) -> "Sequence[LogRow]":
            if narrowed or session is None:
                return [by_number[key] for key in wanted if key in by_number]
            return jobs.log.viewing.page(app.terminal, session, before=wanted[0] + 1, limit=len(wanted))

        self.rows.load(keys, fetch, rows)
        if at is not None and keys:
            self.rows.go_to(min(max(at, keys[-1]), keys[0]))

    def on_virtual_list_moved(self) -> None:
        """Show the entry under the cursor in full."""
        self.query_one("#view").refresh()
        self.query_one("#entry").refresh()

    def action_filter(self, step: int) -> None:
        """Show the next class of entries."""
        at = _CLASSES.index(self.shown.event_class)
        self._show(Shown(event_class=_CLASSES[(at + step) % len(_CLASSES)]))

    def _show(self, shown: "Shown", *, at: int | None = None) -> None:
        self.shown = shown
        self.notice.clear()
        self.on_virtual_list_moved()
        self.load(at=at)

    def action_search(self) -> None:
        """Ask for a number, a time, a person, a message, an event or a result."""
        self.app.push_screen(QuestionDialog(lambda words: words("log.search.ask"), typed=True), self._search)

    def _search(self, typed: str | None) -> None:
        if typed is None:
            return
        if not typed:
            self._show(Shown())
            return

        def job(terminal: "Terminal", session: "Session") -> "Search":
            return jobs.log.questions.find(terminal, session, typed)

        self.work(job, lambda found: self._found(typed, found))

    def _found(self, typed: str, found: "Search") -> None:
        if found.chosen is not None:
            self._show(Shown(typed=typed, chosen=found.chosen))
        else:
            self._show(Shown(), at=found.entry)

    def action_ask(self) -> None:
        """Ask one of the ready questions."""
        self.app.push_screen(
            QuestionDialog(lambda words: words("log.question.ask"), typed=True, check=_unclear_question), self._ask
        )

    def _ask(self, typed: str | None) -> None:
        if typed is None:
            return
        number, _, person = typed.partition(" ")

        def job(terminal: "Terminal", session: "Session") -> "Answer":
            asked = list(jobs.log.questions.Question)[int(number) - 1]
            return jobs.log.questions.ask(terminal, session, asked, person=person.strip() or None)

        self.work(job, self._answered)

    def _answered(self, answer: "Answer") -> None:
        if answer.counts:
            from console.screens.log.answer import AnswerScreen

            self.app.push_screen(AnswerScreen(answer))
        elif answer.entries:
            self.shown = Shown(question=answer.question.value)
            self.notice.clear()
            self.on_virtual_list_moved()
            self._loaded([row.seq for row in answer.entries], answer.entries)
        else:
            self.say("note", "log.question.none")

    def action_export(self) -> None:
        """Ask for the medium and its label, then export."""
        if not self._busy:
            self.app.push_screen(
                QuestionDialog(lambda words: words("log.export.directory"), typed=True, check=_missing), self._ask_label
            )

    def _ask_label(self, directory: str | None) -> None:
        if directory is None:
            return
        # The question before this one is still closing: this one has another name.
        label = QuestionDialog(lambda words: words("log.export.label"), typed=True, check=_missing, id="question-label")
        self.app.push_screen(label, lambda typed: self._export(directory, typed))

    def _export(self, directory: str, label: str | None) -> None:
        if label is None:
            return
        self._busy = self._exporting = True
        report = self.query_one("#gauge", Gauge).report

        def job(terminal: "Terminal", session: "Session") -> "Exported":
            return jobs.log.export.export(terminal, session, Path(directory), label=label, report=report)

        self.work(job, self._exported, self._failed)

    def _exported(self, done: "Exported") -> None:
        self._end()
        facts = {"bundle": done.bundle, "first": done.first, "last": done.last, "label": done.label}

        def text(words: Words) -> str:
            return words("log.exported", **facts) + (f" {words('log.own_disk')}" if done.own_disk else "")

        self.notice.say("done", text)
        self.load()

    def action_reload(self) -> None:
        """Show entries written since."""
        self.notice.clear()
        self.rows.action_edge(-1)
        self.load()

    def action_verify(self) -> None:
        """Verify the whole chain."""
        if self._busy:
            return
        self._busy = True
        self.notice.clear()
        report = self.query_one("#gauge", Gauge).report

        def job(terminal: "Terminal", session: "Session") -> "Verification":
            return jobs.log.viewing.verify(terminal, session, report=report)

        self.work(job, self._verified, self._failed)

    def _verified(self, verification: "Verification") -> None:
        self._end()
        if verification.ok:
            self._say_sound(verification)
        else:
            flaw = str(verification.cause)
            self.notice.say(
                "trouble",
                lambda words: words("log.broken", seq=verification.first_bad, cause=words.name("log.flaw", flaw)),
            )
        self.load()

    def _say_sound(self, found: "Verification") -> None:
        def text(words: Words) -> str:
            told = words("log.sound", entries=f"{found.entries:,}")
            where = ", ".join(f"{seq:,}" for seq in found.resumed)
            return f"{told} {words('log.resumed', entries=where)}" if where else told

        self.notice.say("attention" if found.resumed else "done", text)

    def _failed(self, error: Exception) -> None:
        self._end()
        self.show_error(error)

    def _end(self) -> None:
        self._busy = self._exporting = False
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
        ink.put(screen.shown.told(words), self.palette["strong"])
        where = f"{screen.rows.position:,} / {screen.rows.count:,}"
        return ink.gap_to(self.size.width - len(where) - 1).put(where, self.palette["faint"])


class LogList(VirtualList["LogRow"]):
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
        row = screen.rows.cursor_row if isinstance(screen, LogScreen) else None
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
            (words("log.column.session"), f"{row.session or '-'}  {words('log.column.terminal')} {row.terminal}"),
            (words("log.column.hash"), row.hash),
            *((words("log.column.detail") if index == 0 else "", line) for index, line in enumerate(detail_lines[:2])),
        ]
