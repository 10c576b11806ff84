"""The exchange (送受信): the pre-flight, sending and receiving with progress, and what became of each item."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.errors import ClocksApart
from console.keys import EXCHANGE, LAST_EXCHANGE, STOP, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import Selection
from console.screens.exchange.outcome import Exchanged, Way, describe, errors_first, exchange
from console.screens.exchange.preflight import PreflightPanel
from console.screens.exchange.progress import StepsPanel
from console.screens.exchange.results import Arriving, ResultList, ResultPanel, ResultSummary
from console.screens.messages.message import MessageScreen
from console.widgets.frame import CountsLine, FootLine, HeadLine
from console.widgets.gauge import Gauge
from console.widgets.surface import OneLine
from console.widgets.text import Ink, width_of
from store import clock
from store.errors import ClockAhead
from store.rights import Right

if TYPE_CHECKING:
    from datetime import datetime

    from console.jobs.exchange import ItemResult, LastExchange, LineState, Preflight
    from console.jobs.messages.listing import Counts
    from console.jobs.progress import Progress
    from console.session import Session
    from console.terminal import Terminal

Stage = Literal["preflight", "running", "result"]

# What is on the screen at each stage besides the frame.
_SHOWN: Final[dict[str, frozenset[Stage]]] = {
    "#preflight": frozenset({"preflight"}),
    "#steps": frozenset({"running"}),
    "#summary": frozenset({"result"}),
    "#results": frozenset({"running", "result"}),
    "#result": frozenset({"result"}),
}
_RESULT_KEYS: Final = frozenset({"choose", "along(1)", "along(-1)"})


@dataclass(frozen=True, slots=True)
class Span:
    """When an exchange began and ended, and by whom."""

    began_at: "datetime"
    ended_at: "datetime"
    by: str


class ExchangeScreen(ConsoleScreen):
    """Opens with what is known before; the same key again exchanges, and then it shows what became of each item."""

    NAME = "exchange"
    help_topic = "exchange"
    KEYS: ClassVar[Sequence[Key]] = EXCHANGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(EXCHANGE)

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counts | None = None
        self.line: LineState | None = None
        self.preflight: Preflight | None = None
        self.stage: Stage = "preflight"
        self.span: Span | None = None
        # Whether the page has told what would leave, or why that cannot be said: before that nothing is sent.
        self._asked = False
        # There while an exchange is under way; set, it asks the exchange to stop.
        self._cancel: threading.Event | None = None
        self.began: datetime | None = None
        self._arriving = Arriving()

    def compose(self) -> ComposeResult:
        """Lay out what is known before, the steps, the bar and the results; each stage shows its own."""
        results = ResultList(id="results")
        yield HeadLine()
        yield CountsLine(id="counts")
        yield ExchangeTitle(id="title")
        yield PreflightPanel(lambda: self.preflight, lambda: self.line)
        yield StepsPanel()
        yield Gauge("exchange")
        yield ResultSummary(results)
        yield results
        yield ResultPanel(results)
        yield self.notice
        yield FootLine(EXCHANGE)

    def on_mount(self) -> None:
        """Begin with the pre-flight."""
        # Empty, not unknown: a list that was never loaded says that its rows are on their way.
        self.results.show(())
        self._look_ahead()
        # The seconds are the sign of life; what has come since is shown with them.
        self.set_interval(1.0, self._tick)

    @property
    def results(self) -> ResultList:
        """What became of each item."""
        return self.query_one("#results", ResultList)

    @property
    def unfinished(self) -> bool:
        """Whether an exchange is under way."""
        return self._cancel is not None

    @property
    def _stopped(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    def offers(self, key: Key) -> bool:
        """Offer what the stage allows: while an exchange is under way, only to stop it."""
        if not self.console_app.may(key.right):
            return False
        if self.unfinished or key is STOP:
            return self.unfinished and key is STOP
        if key.action in _RESULT_KEYS:
            return self.stage == "result" and self.results.count > 0
        return key is not LAST_EXCHANGE or self.stage == "preflight"

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        for selector, stages in _SHOWN.items():
            self.query_one(selector).display = stage in stages
        # Keys of the list mean nothing while it cannot be seen.
        self.set_focus(self.results if stage == "result" else None)
        self.refresh_all()

    def refresh_all(self) -> None:
        """Draw what tells of the stage."""
        for selector in ("#counts", "#title", "#preflight", "#steps", "#summary", "#result", "#foot"):
            self.query_one(selector).refresh()

    # The pre-flight

    def _look_ahead(self) -> None:
        """Show what is known before; the line is asked beside it, since it may take long to answer."""
        self.line, self.preflight, self._asked = None, None, False
        self._enter("preflight")
        self.query_one(PreflightPanel).ask()
        self._count()
        self.look("preflight", _read_preflight, self._known, self._not_known)
        self._ask_line()

    def _count(self) -> None:
        self.look("counts", _read_counts, self._counted)

    def _counted(self, counts: "Counts") -> None:
        self.counts = counts
        self.query_one("#counts").refresh()

    def _known(self, preflight: "Preflight") -> None:
        self.preflight, self._asked = preflight, True
        self.query_one("#preflight").refresh()

    def _not_known(self, error: Exception) -> None:
        # The exchange would meet the same: who tries it all the same is told so once more.
        self._asked = True
        self.show_error(error)

    def _ask_line(self) -> None:
        self.look("line", _read_line_state, self._line_known)

    def _line_known(self, line: "LineState") -> None:
        self.line = line
        # The head lines of all screens show the same answer, instead of each asking the peer.
        self.console_app.line_state = line
        self.console_app.refresh_heads()
        self.query_one("#preflight").refresh()

    def action_reload(self) -> None:
        """Look ahead anew."""
        if not self.unfinished:
            self.notice.clear()
            self._look_ahead()

    # Sending and receiving

    def action_send(self) -> None:
        """Send what is approved and due, and receive; from the results, go back to the pre-flight first."""
        if self.unfinished:
            self.say("note", "exchange.under_way")
        elif self.stage != "preflight":
            self.action_reload()
        elif not self._asked:
            # The page is the question: nobody sends what was not counted before their eyes.
            self.say("note", "exchange.counting")
        else:
            self._start("send")

    def action_receive(self) -> None:
        """Receive results and notices."""
        self._start("receive")

    def action_read_again(self) -> None:
        """Read again what was rejected: the cause may be gone, such as a key that was not registered."""
        self._start("read_again")

    def _start(self, way: Way, clock_reason: str | None = None) -> None:
        """Exchange; `clock_reason` is an officer's, for clocks that are apart."""
        if self.unfinished:
            self.say("note", "exchange.under_way")
            return
        # By the clock of the log, since the same times are read from there later.
        self._cancel, self.began = threading.Event(), clock.now()
        self.notice.clear()
        self.query_one(StepsPanel).begin(way)
        self.results.begin()
        self._arriving = Arriving()
        self._enter("running")
        job = partial(exchange, way=way, clock_reason=clock_reason, report=self._report, cancel=self._cancel)
        self.work(job, self._exchanged, partial(self._failed, way))

    def _report(self, progress: "Progress") -> None:
        # In the job's thread: they only keep what they are given, and draw it later.
        self.query_one(StepsPanel).report(progress)
        self._arriving.report(progress)
        self.query_one("#gauge", Gauge).report(progress)

    def _tick(self) -> None:
        if self.stage == "running":
            self.query_one(StepsPanel).refresh()
            self.results.follow(self._arriving.items)

    def _end(self, items: "Sequence[ItemResult]") -> None:
        began, session = self.began or clock.now(), self.console_app.session
        self._cancel = None
        self.query_one("#gauge", Gauge).finish()
        self._show(items, Span(began, clock.now(), "" if session is None else session.person_id))
        # What was exchanged has changed the counts, and the line may have gone down under it.
        self._count()
        self._ask_line()

    def _show(self, items: "Sequence[ItemResult]", span: Span) -> None:
        self.span = span
        # Errors first, so that the cursor stands on the first of them.
        self.results.show(errors_first(items))
        self._enter("result")

    def _exchanged(self, exchanged: Exchanged) -> None:
        # Asked before the end, which forgets that the person stopped it.
        stopped = self._stopped
        self._end(exchanged.items)
        # What the person stopped ended early by their own will: that is no trouble.
        level = "note" if stopped else "trouble" if exchanged.alarming else "done"
        self.notice.say(level, partial(describe, exchanged=exchanged, stopped=stopped))

    def _failed(self, way: Way, error: Exception) -> None:
        stopped = self._stopped
        self._end(())
        # Nothing was exchanged: what matters is what is known of the line, beside the error.
        self._look_ahead()
        self.show_error(error)
        if isinstance(error, ClocksApart | ClockAhead) and self.console_app.may(Right.CLOCK) and not stopped:
            self._ask_clock_reason(error, way)

    def _ask_clock_reason(self, error: ClocksApart | ClockAhead, way: Way) -> None:
        """Let an officer say why to exchange all the same; the reason is one of a closed list, for the log."""
        question = Selection(
            lambda words: f"{words.fault(error.code, error.facts).cause}\n{words('exchange.clock.ask')}",
            [reason.value for reason in jobs.exchange.ClockReason],
            lambda words, code: words(f"exchange.clock.{code}"),
        )
        self.app.push_screen(question, partial(self._clock_reason_given, way))

    def _clock_reason_given(self, way: Way, reason: str | None) -> None:
        if reason is not None:
            self._start(way, reason)

    # The results

    def action_last_exchange(self) -> None:
        """Show the last exchange of this terminal once more, from the log."""
        if not self.unfinished:
            self.notice.clear()
            self.look("last", _read_last, self._last_known)

    def _last_known(self, last: "LastExchange | None") -> None:
        # Another exchange may have begun while the log was read.
        if self.unfinished:
            return
        if last is None:
            self.say("note", "exchange.no_last")
        else:
            self._show(last.items, Span(last.began_at, last.ended_at, last.by))

    def action_along(self, step: int) -> None:
        """Go to the next error, or to the one before."""
        # The key means nothing where no list is shown.
        found = self.results.error_along(step) if self.stage == "result" else None
        if found is None:
            self.say("note", "exchange.no_more_errors")
        else:
            self.notice.clear()
            self.results.go_to(found)

    def on_virtual_list_moved(self) -> None:
        """Tell of the item under the cursor."""
        self.query_one("#result").refresh()

    def on_virtual_list_chosen(self, event: ResultList.Chosen) -> None:
        """Open the message; of an item that was not taken in, show cause, remedy and incident number."""
        item = self.results.items[event.key]
        # What was not taken in has no page: its incident number is what the makers ask for.
        if item.id is None:
            self.show_fault(item.code or "", dict(item.facts), item.incident)
        elif self.console_app.may(Right.READ):
            self.app.push_screen(MessageScreen(item.id))

    def action_back(self) -> None:
        """Stop the exchange that is under way; without one, go back."""
        if self._cancel is not None:
            # The job stops between two transactions, or at once where it waits for the line; its result comes as usual.
            self._cancel.set()
            self.say("note", "exchange.stopping")
        else:
            self.leave()

    def on_unmount(self) -> None:
        """Stop the exchange when the session ends: its thread would go on without anybody logged on."""
        if self._cancel is not None:
            self._cancel.set()


class ExchangeTitle(OneLine):
    """What the screen shows: the pre-flight, the exchange under way, or a result with its times and its person."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, screen = self.ink().put(" "), self.words, self.screen
        if not isinstance(screen, ExchangeScreen):
            return ink
        ink.put(f"{words('exchange.title')}  {words(f'exchange.stage.{screen.stage}')}", self.palette["strong"])
        if screen.stage == "running" and screen.began is not None:
            since = words("exchange.since", time=words.time_of_day(screen.began))
            return ink.gap_to(self.size.width - width_of(since) - 1).put(since, self.palette["faint"])
        span = screen.span
        if screen.stage != "result" or span is None:
            return ink
        seconds = words("common.seconds", count=int((span.ended_at - span.began_at).total_seconds()))
        times = {"began": words.exact_time(span.began_at), "ended": words.time_of_day(span.ended_at), "took": seconds}
        ink.put(f"  {words('exchange.times', **times)}", self.palette["faint"])
        return ink.gap_to(self.size.width - len(span.by) - 1).put(span.by)


# The jobs are named inside functions that run in a thread: the first use of one imports it.


def _read_counts(terminal: "Terminal", _session: "Session") -> "Counts":
    return jobs.messages.listing.counts(terminal)


def _read_preflight(terminal: "Terminal", _session: "Session") -> "Preflight":
    return jobs.exchange.preflight(terminal)


def _read_line_state(terminal: "Terminal", _session: "Session") -> "LineState":
    return jobs.exchange.line_state(terminal)


def _read_last(terminal: "Terminal", _session: "Session") -> "LastExchange | None":
    return jobs.exchange.last_exchange(terminal)
