"""Home (今日の仕事): what needs this person now, with the oldest case of each list, and the last four weeks in text."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import jobs
from console.errors import ConsoleError
from console.keys import TODAY, Key, bindings
from console.screens.work import plots
from console.screens.work.ways import WorkScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, width_of
from store.errors import StoreError
from store.message.dates import display_date
from store.message.states import Direction
from store.message.worklists import DIGITS, WorkList
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.handins.places import HandedIn
    from console.jobs.people.sessions import LogOn
    from console.jobs.work.today import Due, Today
    from console.session import Session
    from console.terminal import Terminal
    from store.workload import Day

_DIGIT_OF: Final = {work: digit for digit, work in DIGITS.items()}
_WIDE: Final = 110
# The columns, in cells.
_LIST, _OLDEST, _NAME = 21, 9, 23
_HEIGHT: Final = 5
_HOUR: Final = 3600.0
_PLOT: Final = 28


class TodayScreen(WorkScreen):
    """What waits for the person who has logged on. A digit opens its list; the other screens lie above this one."""

    NAME = "today"
    help_topic = "today"
    KEYS: ClassVar[Sequence[Key]] = TODAY
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(TODAY),
        Binding("up,k,K", "move(-1)", show=False),
        Binding("down,j,J", "move(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.today: Today | None = None
        # The files that nobody took in, for who may take them in.
        self.handed_in: Sequence[HandedIn] = ()
        self.cursor = 0
        self.last: LogOn | None = None

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield TodayPage(id="today")
        yield self.notice
        yield FootLine(TODAY)

    def on_mount(self) -> None:
        """Look back once: the log-on before this one stays the same."""
        self.look("last", _read_last, self._last_known)

    def _last_known(self, last: "LogOn | None") -> None:
        self.last = last
        self.query_one("#today").refresh()

    def on_screen_resume(self) -> None:
        """Read the work anew: other screens have changed it."""
        self.load()

    def load(self) -> None:
        """Read what there is to do."""
        self.look("work", _read, self._loaded)
        if self.console_app.may(Right.ENTER) and self.console_app.settings.handin:
            # By itself: a directory on another machine may let one wait, and the lists are not to wait for it.
            self.look("files", _read_handed_in, self._files_known, self._files_unknown)

    def _loaded(self, today: "Today") -> None:
        self.today = today
        self._go(self.cursor)

    def _files_known(self, files: "Sequence[HandedIn]") -> None:
        self.handed_in = files
        self._go(self.cursor)

    def _files_unknown(self, error: Exception) -> None:
        # What keeps all new work from beginning is told where it is begun, and not each time that somebody comes home.
        self._files_known(())
        if not isinstance(error, ConsoleError | StoreError):
            self.show_error(error)

    def _go(self, line: int) -> None:
        # The files and the drafts stand below the lists, as one line more each.
        last = len(self._lines()) - 1
        # Lists come and go while other screens are open, so that the cursor may stand below the last one.
        self.cursor = min(max(0, line), max(0, last))
        self.query_one("#today").refresh()

    def action_move(self, lines: int) -> None:
        """Move the cursor among the lists of this person."""
        self._go(self.cursor + lines)

    def action_choose(self) -> None:
        """Open the list under the cursor, or the import; with nothing to do, the list of everything to be done."""
        lines = self._lines()
        # With nothing to do, the list of everything is opened.
        (lines[self.cursor] if lines else partial(self.open_list, WorkList.TODO))()

    def _lines(self) -> "Sequence[Callable[[], None]]":
        """Return what each line of the person leads to: the lists, the files that were handed in, the drafts."""
        yours = self.today.yours if self.today is not None else ()
        lines: list[Callable[[], None]] = [partial(self.open_list, due.work) for due in yours]
        if self.handed_in:
            lines.append(self.action_handins)
        if self.today is not None and self.today.drafts:
            lines.append(self._open_drafts)
        return lines

    def _open_drafts(self) -> None:
        from console.screens.entry.drafts import DraftsScreen

        self.notice.clear()
        self.app.push_screen(DraftsScreen())

    def open_list(self, work: WorkList, *, searching: bool = False) -> None:
        """Open the queue with a list of work, if wanted with the field of the search."""
        from console.screens.messages.queue import QueueScreen
        from console.screens.messages.queue_view import View

        self.notice.clear()
        self.app.push_screen(QueueScreen(View(work), searching=searching))

    def action_search(self) -> None:
        """Open the list with the field of the search."""
        self.open_list(WorkList.TODO, searching=True)

    def action_reload(self) -> None:
        """Read the work anew, and look whether the peer can be reached."""
        self.notice.clear()
        self.load()
        self.console_app.look_at_line()


class TodayPage(Surface):
    """The lists and the plots."""

    DEFAULT_CSS = "TodayPage { height: 1fr; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the page."""
        screen = self.screen
        if not isinstance(screen, TodayScreen) or screen.today is None:
            return self.ink().put(" " + self.words("common.loading") if y == 0 else "", self.palette["faint"])
        # Built anew for each line of the screen: there are few, and nothing has to be kept in step with the language.
        lines = list(self._lines(screen, screen.today))
        return lines[y] if y < len(lines) else self.ink()

    def _lines(self, screen: TodayScreen, today: "Today") -> Iterator[Ink]:
        words, palette = self.words, self.palette
        day = display_date(today.day.isoformat(), era=True) if words.language == "ja" else today.day.isoformat()
        date = words("today.date", day=day, weekday=words(f"today.weekday.{today.day.weekday()}"))
        yield self._title(date)
        yield self._heads()
        for index, due in enumerate(today.yours):
            yield self._due(due, here=index == screen.cursor)
        if screen.handed_in:
            yield self._import(screen.handed_in, here=screen.cursor == len(today.yours))
        if today.drafts:
            below = len(today.yours) + (1 if screen.handed_in else 0)
            yield self._drafts(today.drafts, here=screen.cursor == below)
        if not (today.yours or screen.handed_in or today.drafts):
            yield self.ink().put(f"  {words('today.nothing')}", palette["good"])
        yield self.ink()
        yield from self._others(today)
        yield self.ink()
        days = plots.weeks(today.days)
        yield from self._columns(days) if self.size.width >= _WIDE else self._digits(days)

    def _title(self, date: str) -> Ink:
        """Return the day, and at the right edge the last log-on, which people look for after the PIN."""
        words, screen = self.words, self.screen
        ink = self.ink().put(f" {words('today.title')}  ", self.palette["strong"]).put(date)
        if not isinstance(screen, TodayScreen) or screen.last is None:
            return ink
        from console.screens.people.look_back import moment

        text = words("people.look_back.line", at=moment(words, screen.last.at), terminal=screen.last.terminal)
        # Where it has no room it is missing: cut, it would say another day.
        fits = ink.width + width_of(text) + 2 <= self.size.width
        return ink.gap_to(self.size.width - width_of(text) - 1).put(text, self.palette["faint"]) if fits else ink

    def _heads(self) -> Ink:
        words, ink = self.words, self.ink("column").put("   ")
        ink.put(fit(words("today.yours"), _LIST + 1)).put(fit(words("today.count"), 6, "right")).put("  ")
        ink.put(fit(words("today.oldest"), _OLDEST)).put(fit(words("queue.column.name"), _NAME)).put(" ")
        return ink.put(words("queue.column.event"))

    def _due(self, due: "Due", *, here: bool) -> Ink:
        from console.screens.messages.message_list import event_of, who_of

        words, row = self.words, due.oldest
        ink = self.ink("cursor" if here else "page")
        style = None if here else self.palette["key"]
        ink.put(">" if here else " ").put(" ").put(f"{_DIGIT_OF[due.work]}.", style)
        ink.put(fit(words(f"queue.list.{due.work}"), _LIST))
        ink.put(fit(f"{due.count:,}", 6, "right"), None if here else self.palette["strong"]).put("  ")
        if row is not None:
            name = who_of(row, words)
            ink.put(fit(words.span(row.waiting_seconds), _OLDEST)).put(fit(name, _NAME)).put(" ")
            ink.put(event_of(row, words))
            # In the list of what is overdue every row is.
            late = row.overdue and due.work is not WorkList.OVERDUE and row.direction == Direction.OUT
            mark = f"  {words('message.late')}"
            if late and ink.width + width_of(mark) < self.size.width:
                ink.put(mark, None if here else self.palette["attention"])
        return ink

    def _import(self, files: "Sequence[HandedIn]", *, here: bool) -> Ink:
        """Return the line of the files that nobody took in, with the one that lies there longest."""
        words, oldest = self.words, max(files, key=lambda file: file.age)
        ink = self.ink("cursor" if here else "page")
        ink.put(">" if here else " ").put(" ").put("i.", None if here else self.palette["key"])
        ink.put(fit(words("handins.title"), _LIST))
        ink.put(fit(f"{len(files):,}", 6, "right"), None if here else self.palette["strong"]).put("  ")
        # By its name: what the file holds nobody has read yet.
        ink.put(fit(words.span(oldest.age), _OLDEST)).put(fit(oldest.path.name, _NAME)).put(" ")
        return ink.put(oldest.place.purpose)

    def _drafts(self, count: int, *, here: bool) -> Ink:
        ink = self.ink("cursor" if here else "page").put(">" if here else " ").put("   ")
        ink.put(fit(self.words("today.drafts"), _LIST))
        return ink.put(fit(f"{count:,}", 6, "right"), None if here else self.palette["strong"])

    def _others(self, today: "Today") -> Iterator[Ink]:
        """Yield whose turn it is not, and what only waits, in as many lines as it takes."""
        words, palette = self.words, self.palette
        yield self.ink().put(f"   {words('today.others')}", palette["column"])
        parts = [(f"{_DIGIT_OF[due.work]}.", words(f"queue.list.{due.work}"), due.count) for due in today.others]
        waiting = (WorkList.APPROVED, WorkList.HELD)
        parts += [("", words(f"queue.list.{work}"), getattr(today.counts, work)) for work in waiting]
        # Lists of nothing fall off, as above the queue.
        parts = [part for part in parts if part[2]] or [("", words("common.none"), 0)]
        ink = self.ink().put("  ")
        for digit, name, count in parts:
            if ink.width + width_of(f"{digit}{name} {count}") + 3 > self.size.width:
                yield ink
                ink = self.ink().put("  ")
            ink.put(digit, palette["key"]).put(f"{name} ", palette["faint"]).put(f"{count:,}  " if count else "")
        yield ink

    def _rows(self, weeks: "Sequence[Sequence[Day]]") -> Iterator[tuple[str, str, list[list[float]]]]:
        """Yield each plot: its name, what its highest day was, and the values by week."""
        words = self.words
        for name in ("sent", "received", "refused", "waited"):
            values = [[float(getattr(day, name) or 0) for day in week] for week in weeks]
            most = max((value for week in values for value in week), default=0.0)
            highest = words("today.hours", count=f"{most / _HOUR:.1f}") if name == "waited" else f"{most:,.0f}"
            # Of a length of time the highest is the longest.
            text = "today.longest" if name == "waited" else "today.most"
            yield words(f"today.plot.{name}"), words(text, most=highest) if most else "", values

    def _digits(self, weeks: "Sequence[Sequence[Day]]") -> Iterator[Ink]:
        words, faint = self.words, self.palette["faint"]
        ink = self.ink().put(f"  {words('today.weeks_digits')}", faint).gap_to(46)
        for week in weeks:
            ink.put(fit(f"{week[0].day.month}/{week[0].day.day}", max(6, len(week) + 1)), faint)
        yield ink
        for name, most, values in self._rows(weeks):
            # Each plot has a scale of its own: what is compared are the days, not the plots.
            highest = max((value for week in values for value in week), default=0.0)
            ink = self.ink().put(f"  {fit(name, 18)}").put(fit(most, 25), faint).gap_to(46)
            for numbers in values:
                ink.put(fit(plots.digits(numbers, highest), max(6, len(numbers) + 1)))
            yield ink

    def _columns(self, weeks: "Sequence[Sequence[Day]]") -> Iterator[Ink]:
        words, faint = self.words, self.palette["faint"]
        yield self.ink().put(f"  {words('today.weeks_columns', height=_HEIGHT)}", faint)
        yield self.ink()
        rows = list(self._rows(weeks))
        heads = self.ink().put("  ")
        for name, most, _ in rows:
            heads.put(fit(f"{name}  {most}", _PLOT))
        yield heads
        drawn = [list(self._column_lines(values)) for _, _, values in rows]
        for level in range(_HEIGHT):
            yield self.ink().put("  ").put_all((fit(lines[level], _PLOT), None) for lines in drawn)
        days = " ".join(fit(f"{week[0].day.month}/{week[0].day.day}", max(5, len(week))) for week in weeks)
        yield self.ink().put("  ").put_all((fit(days, _PLOT), faint) for _ in rows)

    def _column_lines(self, values: list[list[float]]) -> Iterator[str]:
        most = max((value for week in values for value in week), default=0.0)
        parts = [list(plots.columns(week, most, _HEIGHT)) for week in values]
        for level in range(_HEIGHT):
            yield " ".join(fit(part[level], 5) if part else "" for part in parts)


def _read(terminal: "Terminal", session: "Session") -> "Today":
    return jobs.work.today.today(terminal, session)


def _read_last(terminal: "Terminal", session: "Session") -> "LogOn | None":
    return jobs.people.sessions.look_back(terminal, session).last


def _read_handed_in(terminal: "Terminal", session: "Session") -> "Sequence[HandedIn]":
    return jobs.handins.places.handed_in(terminal, session).waiting
