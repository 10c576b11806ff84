"""The log (証跡): newest first, one entry in full; found, questioned, verified as a whole, and exported."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.errors import OwnDiskRefused, SearchUnclear
from console.keys import LOG, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.screens.log.answer import AnswerScreen
from console.screens.log.conditions import ConditionSheet, FormAnswer
from console.screens.log.entry_list import EntryPanel, FailurePanel, LogList
from console.screens.log.shown import Shown
from console.screens.messages.message import MessageScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.gauge import Gauge
from console.widgets.surface import OneLine
from console.widgets.text import Ink, fit
from console.widgets.virtual_list import BLOCK
from console.words import Words
from store.rights import Right

if TYPE_CHECKING:
    from console.host import Host
    from console.jobs.log.conditions import Conditions
    from console.jobs.log.export import Exported
    from console.jobs.log.questions import Answer, Question
    from console.jobs.log.search import Search
    from console.jobs.log.viewing import NamedEntry
    from console.jobs.progress import Report
    from console.session import Session
    from console.terminal import Terminal
    from store.log import Verification

# The numbers of a narrowed list have gaps, so its rows are read and kept at once, the newest ones up to this many. The
# whole log is paged without a limit.
_MOST_WHEN_NARROWED: Final = 2000


def _missing(typed: str) -> str | None:
    return None if typed else "log.export.missing"


class LogScreen(ConsoleScreen):
    """The list of entries, with the entry under the cursor in full below it."""

    NAME = "log"
    help_topic = "log"
    KEYS: ClassVar[Sequence[Key]] = LOG
    BINDINGS: ClassVar[list[BindingType]] = bindings(LOG)

    def __init__(self) -> None:
        super().__init__()
        self.shown = Shown()
        # A verification or an export is under way: both show their progress in the one bar, so there is one at a time.
        self._busy = False
        self._exporting = False

    def compose(self) -> ComposeResult:
        """Lay out the line that says what is shown, the list, the entry in full and the bar."""
        yield HeadLine()
        yield LogViewLine(id="view")
        yield FailurePanel(lambda: self.shown.answer)
        yield LogList(id="list")
        yield EntryPanel(id="entry")
        yield Gauge("log")
        yield self.notice
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
        """Whether an export is under way. A verification may be interrupted, since it changes nothing."""
        return self._exporting

    def load(self, *, at: int | None = None) -> None:
        """Take a snapshot, with the cursor on entry `at`. Entries written later appear in the next snapshot."""
        self.look("rows", partial(_read_snapshot, shown=self.shown), lambda snapshot: self._loaded(*snapshot, at=at))

    def _loaded(self, numbers: Sequence[int], rows: "Sequence[NamedEntry]", *, at: int | None = None) -> None:
        session = self.console_app.session
        fetch: Callable[[Sequence[int]], Sequence[NamedEntry]]
        if self.shown.narrowed or session is None:
            fetch = partial(_pick, {row.seq: row for row in rows})
        else:
            fetch = partial(_read_page, self.console_app, session)
        self.rows.load(numbers, fetch, rows)
        if at is not None and numbers:
            # A number beyond either end of the log leads to that end.
            self.rows.go_to(min(max(at, numbers[-1]), numbers[0]))

    def on_virtual_list_moved(self) -> None:
        """Show the entry under the cursor in full."""
        self.query_one("#view").refresh()
        self.query_one("#entry").refresh()

    def on_virtual_list_chosen(self) -> None:
        """Open the message that the entry is about. Escape leads back to the entry."""
        row = self.rows.cursor_row
        if row is None or row.message is None:
            self.say("note", "log.no_message")
        elif not self.console_app.may(Right.READ):
            # An auditor reads the log and no resident's data; the job would refuse it as well.
            self.say("note", "log.may_not_read")
        else:
            self.app.push_screen(MessageScreen(row.message))

    def _show(self, shown: "Shown", *, at: int | None = None) -> None:
        self.shown = shown
        self.notice.clear()
        self.query_one(FailurePanel).fit_height()
        self.on_virtual_list_moved()
        self.load(at=at)

    def action_search(self) -> None:
        """Ask for a number or a time, or for conditions: a period, a person, a message, an event, a result."""
        # The conditions in force stand in the field: the next search is often the same with one word more.
        initial = self.shown.typed or ""
        self.app.push_screen(
            QuestionDialog(lambda words: words("log.search.ask"), "log.deed.search", typed=True, initial=initial),
            self._search,
        )

    def _search(self, typed: str | None) -> None:
        if typed is None:
            return
        if not typed:
            self._show(Shown())
            return
        # Search, question and filter all end in other rows: whichever was asked last is the one that is wanted.
        show, failed = partial(self._show_search, typed), partial(self._search_failed, typed)
        self.look("rows", partial(_find, typed=typed), show, failed)

    def _search_failed(self, typed: str, error: Exception) -> None:
        if not isinstance(error, SearchUnclear):
            self.show_error(error)
            return
        # What was typed is kept: often it is one letter that has to be mended.
        again = QuestionDialog(
            lambda words: words("log.search.ask"),
            "log.deed.search",
            typed=True,
            initial=typed,
            complaint="log.search.unclear",
        )
        self.app.push_screen(again, self._search)

    def _show_search(self, typed: str, search: "Search") -> None:
        if search.chosen is not None:
            self._show(Shown(typed=typed, chosen=search.chosen))
        else:
            # An entry is shown among its neighbours, so the whole log is listed.
            self._show(Shown(), at=search.entry)

    def action_conditions(self) -> None:
        """Open the form, with what this person typed there last."""
        self.app.push_screen(ConditionSheet(self._kept()), self._wanted)

    def _kept(self) -> "Conditions":
        # In the memory of this process only: it holds IDs and numbers and no names, and ends with the console.
        first = jobs.log.conditions.Conditions(period=self.words("log.period.yesterday"))
        return self.console_app.conditions.get(self._person, first)

    @property
    def _person(self) -> str:
        session = self.console_app.session
        return "" if session is None else session.person_id

    def _wanted(self, wanted: FormAnswer | None) -> None:
        if wanted is None:
            return
        # What is kept follows what is in force: whoever asked for everything begins anew.
        stated = bool(wanted.typed.stated())
        if stated:
            self.console_app.conditions[self._person] = wanted.typed
        else:
            self.console_app.conditions.pop(self._person, None)
        if wanted.question is not None:
            self._ask(wanted.question, wanted.typed)
        else:
            self._show(Shown(conditions=wanted.typed, chosen=wanted.chosen) if stated else Shown())

    def _ask(self, question: "Question", typed: "Conditions") -> None:
        self.look("rows", partial(_answer, question=question, typed=typed), partial(self._answered, typed))

    def _answered(self, typed: "Conditions", answer: "Answer") -> None:
        if answer.counts:
            self.app.push_screen(AnswerScreen(answer, Shown(conditions=typed, answer=answer)))
            return
        # The entries came with the answer; no filter describes them, so they are not loaded again.
        self.shown = Shown(conditions=typed, answer=answer)
        self.notice.clear()
        self.query_one(FailurePanel).fit_height()
        self.on_virtual_list_moved()
        self._loaded([row.seq for row in answer.entries], answer.entries)

    def action_export(self) -> None:
        """Ask for the medium and its label, then export."""
        if not self._busy:
            self.app.push_screen(
                QuestionDialog(
                    lambda words: words("log.export.directory"), "log.deed.next", typed=True, check=_missing
                ),
                self._ask_label,
            )

    def _ask_label(self, directory: str | None) -> None:
        if directory is None:
            return
        question = QuestionDialog(
            lambda words: words("log.export.label"), "log.deed.export", typed=True, check=_missing
        )
        self.app.push_screen(question, partial(self._export, Path(directory)))

    def _export(self, directory: Path, label: str | None, *, same_disk: bool = False) -> None:
        if label is None:
            return
        self._busy = self._exporting = True
        report = self.query_one("#gauge", Gauge).report
        job = partial(_write_bundle, directory=directory, label=label, same_disk=same_disk, report=report)
        self.work(job, self._exported, partial(self._export_failed, directory, label))

    def _export_failed(self, directory: Path, label: str, error: Exception) -> None:
        if not isinstance(error, OwnDiskRefused):
            self._failed(error)
            return
        self._end()

        def decide(answer: str | None) -> None:
            self._export(directory, None if answer is None else label, same_disk=True)

        question = QuestionDialog(lambda words: words("log.export.own_disk"), "log.deed.own_disk")
        self.app.push_screen(question, decide)

    def _exported(self, exported: "Exported") -> None:
        self._end()
        self.notice.say("done", partial(_describe_export, exported=exported))
        # The export is itself an entry of the log.
        self.load()

    def action_reload(self) -> None:
        """Show the entries written since the last snapshot, and verify the whole chain."""
        self.notice.clear()
        # The new entries are at the top.
        self.rows.action_edge(-1)
        self.load()
        if self._busy or not self.console_app.may(Right.LOG):
            return
        self._busy = True
        report = self.query_one("#gauge", Gauge).report
        self.work(partial(_verify, report=report), self._verified, self._failed)

    def _verified(self, verification: "Verification") -> None:
        self._end()
        if verification.ok:
            # A log that was set back and resumed by two persons is sound, but nobody should overlook it.
            level = "attention" if verification.resumed else "done"
            self.notice.say(level, partial(_describe_sound, verification=verification))
        else:
            self.notice.say("trouble", partial(_describe_broken, verification=verification))
        # The verification is itself an entry of the log.
        self.load()

    def _failed(self, error: Exception) -> None:
        self._end()
        self.show_error(error)

    def _end(self) -> None:
        self._busy = self._exporting = False
        self.query_one("#gauge", Gauge).finish()

    def action_back(self) -> None:
        """Go back to the queue."""
        self.leave()


class LogViewLine(OneLine):
    """The line that says which part of the log is shown, and where the cursor is."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words = self.ink().put(" "), self.words
        screen = self.screen
        if not isinstance(screen, LogScreen):
            return ink
        ink.put(f"{words('log.title')}  ", self.palette["strong"])
        where = f"{screen.rows.position:,} / {screen.rows.count:,}"
        ink.put(fit(screen.shown.describe(words), max(2, self.size.width - ink.width - len(where) - 2)))
        return ink.gap_to(self.size.width - len(where) - 1).put(where, self.palette["faint"])


# The jobs are named inside functions that run in a thread: the first use of one imports it.


def _read_snapshot(
    terminal: "Terminal", session: "Session", *, shown: Shown
) -> "tuple[Sequence[int], Sequence[NamedEntry]]":
    """Return the numbers of all entries to list, newest first, and the rows that are read with them."""
    if shown.answer is not None:
        return [row.seq for row in shown.answer.entries], shown.answer.entries
    if shown.chosen is not None:
        rows = jobs.log.viewing.page(terminal, session, limit=_MOST_WHEN_NARROWED, chosen=shown.chosen)
        return [row.seq for row in rows], rows
    # Numbers are dense, so the list of a million entries is a range.
    first, newest = jobs.log.viewing.span(terminal, session)
    return range(newest, first - 1, -1), jobs.log.viewing.page(terminal, session, before=newest + 1, limit=BLOCK)


def _read_page(app: "Host", session: "Session", numbers: Sequence[int]) -> "Sequence[NamedEntry]":
    return jobs.log.viewing.page(app.terminal, session, before=numbers[0] + 1, limit=len(numbers))


def _pick(rows: "Mapping[int, NamedEntry]", numbers: Sequence[int]) -> "Sequence[NamedEntry]":
    return [rows[number] for number in numbers if number in rows]


def _find(terminal: "Terminal", session: "Session", *, typed: str) -> "Search":
    return jobs.log.search.find(terminal, session, typed)


def _answer(terminal: "Terminal", session: "Session", *, question: "Question", typed: "Conditions") -> "Answer":
    period = jobs.log.periods.asked_for(typed.period) if typed.period else None
    return jobs.log.questions.ask(terminal, session, question, person=typed.person or None, period=period)


def _write_bundle(
    terminal: "Terminal", session: "Session", *, directory: Path, label: str, same_disk: bool, report: "Report"
) -> "Exported":
    target = jobs.log.export.Target(directory, label, same_disk)
    return jobs.log.export.export(terminal, session, target, report=report)


def _verify(terminal: "Terminal", session: "Session", *, report: "Report") -> "Verification":
    return jobs.log.viewing.verify(terminal, session, report=report)


def _describe_export(words: Words, exported: "Exported") -> str:
    text = words("log.exported", bundle=exported.bundle, first=exported.first, last=exported.last, label=exported.label)
    return f"{text} {words('log.own_disk')}" if exported.own_disk else text


def _describe_sound(words: Words, verification: "Verification") -> str:
    text = words("log.sound", entries=f"{verification.entries:,}")
    resumed = ", ".join(f"{number:,}" for number in verification.resumed)
    return f"{text} {words('log.resumed', entries=resumed)}" if resumed else text


def _describe_broken(words: Words, verification: "Verification") -> str:
    cause = words.name("log.flaw", str(verification.cause))
    return words("log.broken", seq=verification.first_bad, cause=cause)
