"""The exchange (送受信): the state of the line, sending and receiving with progress, and what became of each item."""

import threading
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.errors import ClocksApart
from console.keys import EXCHANGE, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import Selection
from console.screens.messages.message import MessageScreen
from console.widgets.frame import CountsLine, FootLine, HeadLine
from console.widgets.gauge import Gauge
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, wrap
from console.widgets.virtual_list import Cell, Column, VirtualList
from console.words import Words
from store.errors import ClockAhead
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.exchange import ItemResult, LineState, ReceiveOutcome, SendOutcome
    from console.jobs.messages.listing import Counts
    from console.jobs.progress import Report
    from console.session import Session
    from console.terminal import Terminal

Way = Literal["send", "receive", "read_again"]

_LABEL: Final = 14  # the width of the labels beside the state of the line, in cells
# Outcomes that are not listed are in the plain ink.
_OUTCOME_STYLES: Final = {
    "delivered": "good",
    "accepted": "good",
    "received": "good",
    "recovered": "good",
    "lost": "attention",
    "refused": "trouble",
    "rejected": "trouble",
    "unknown": "attention",
    "waiting": "faint",
}


class ExchangeScreen(ConsoleScreen):
    """Sends and receives, and shows what became of each item."""

    NAME = "exchange"
    help_topic = "exchange"
    KEYS: ClassVar[Sequence[Key]] = EXCHANGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(EXCHANGE)

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counts | None = None
        self.line: LineState | None = None
        # There while an exchange is under way; set, it asks the exchange to stop.
        self._cancel: threading.Event | None = None

    def compose(self) -> ComposeResult:
        """Lay out the line's state, the bar and the results."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield LinePanel(id="line")
        yield Gauge("exchange")
        yield ResultList(id="results")
        yield self.notice
        yield FootLine(EXCHANGE)

    def on_mount(self) -> None:
        """Ask for the line and the counts."""
        self.set_focus(self.results)
        # Empty, not unknown: a list that was never loaded says that its rows are on their way.
        self.results.show(())
        self._count()
        self._ask_line()

    @property
    def results(self) -> "ResultList":
        """What became of each item of the last exchange."""
        return self.query_one("#results", ResultList)

    @property
    def _gauge(self) -> Gauge:
        return self.query_one("#gauge", Gauge)

    @property
    def unfinished(self) -> bool:
        """Whether an exchange is under way."""
        return self._cancel is not None

    @property
    def _stopped(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    def _count(self) -> None:
        self.look("counts", _read_counts, self._counted)

    def _counted(self, counts: "Counts") -> None:
        self.counts = counts
        self.query_one("#counts").refresh()
        self.query_one("#line").refresh()

    def _ask_line(self) -> None:
        self.look("line", _read_line_state, self._line_known)

    def _line_known(self, line: "LineState") -> None:
        self.line = line
        # The head lines of all screens show the same answer, instead of each asking the peer.
        self.console_app.line_state = line
        self.console_app.refresh_heads()
        self.query_one("#line").refresh()

    def action_reload(self) -> None:
        """Ask for the line and the counts again."""
        if not self.unfinished:
            self.notice.clear()
            self._count()
            self._ask_line()

    # Sending and receiving

    def action_send(self) -> None:
        """Send what is approved and due."""
        self._start("send")

    def action_receive(self) -> None:
        """Receive results and notices."""
        self._start("receive")

    def action_read_again(self) -> None:
        """Read again what was rejected: the cause may be gone, such as a key that was not registered."""
        self._start("read_again")

    def _start(self, way: Way, clock_reason: str | None = None) -> None:
        """Send, receive or read again; `clock_reason` is an officer's, for clocks that are apart."""
        if not self._begin():
            return
        report, cancel = self._gauge.report, self._cancel
        job = partial(_exchange, way=way, clock_reason=clock_reason, report=report, cancel=cancel)
        self.work(job, self._exchanged, partial(self._failed, way))

    def _begin(self) -> bool:
        if self.unfinished:
            self.say("note", "exchange.under_way")
            return False
        self._cancel = threading.Event()
        self.notice.clear()
        # The results of the exchange before would look like those of this one.
        self.results.show(())
        self.query_one("#line").refresh()
        return True

    def _end(self, items: "Sequence[ItemResult]") -> None:
        self._cancel = None
        self._gauge.finish()
        self.results.show(items)
        # What was exchanged has changed the counts, and the line may have gone down under it.
        self._count()
        self._ask_line()

    def _exchanged(self, outcome: "SendOutcome | ReceiveOutcome") -> None:
        # Asked before the end, which forgets that the person stopped it.
        stopped = self._stopped
        self._end(outcome.items)
        # What the person stopped ended early by their own will: that is no trouble.
        level = "note" if stopped else "trouble" if _is_alarming(outcome) else "done"
        self.notice.say(level, partial(_describe, outcome=outcome, stopped=stopped))

    def _failed(self, way: Way, error: Exception) -> None:
        stopped = self._stopped
        self._end(())
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

    def on_virtual_list_chosen(self) -> None:
        """Open the message; of an item that was not taken in, show cause, remedy and incident number."""
        item = self.results.cursor_row
        if item is None:
            return
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
            self.dismiss()

    def on_unmount(self) -> None:
        """Stop the exchange when the session ends: its thread would go on without anybody logged on."""
        if self._cancel is not None:
            self._cancel.set()


class LinePanel(Surface):
    """Shows who the peer is, whether the line is up, and how many messages would be sent."""

    DEFAULT_CSS = "LinePanel { height: 6; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the panel."""
        ink = self.ink().put("  ")
        screen = self.screen
        lines = self._lines(screen) if isinstance(screen, ExchangeScreen) else []
        # A blank line above separates the panel from the counts.
        return ink.put_all(lines[y - 1]) if 0 < y <= len(lines) else ink

    def _lines(self, screen: ExchangeScreen) -> list[Pieces]:
        words, faint = self.words, self.palette["faint"]
        lines: list[Pieces] = []
        for name, text, style in (*self._line(screen), *self._waiting(screen)):
            head = words(f"exchange.{name}") if name else ""
            for index, line in enumerate(wrap(text, self.size.width - _LABEL - 4)):
                lines.append([(fit(head if index == 0 else "", _LABEL), faint), (line, style)])
        return lines

    def _line(self, screen: ExchangeScreen) -> list[tuple[str, str, Style]]:
        words, line = self.words, screen.line
        if line is None:
            return [("peer", words("common.loading"), self.palette["faint"])]
        peer = ("peer", line.peer_name, self.palette["strong"])
        state = words("exchange.up" if line.up else "exchange.down", time=words.time_of_day(line.checked_at))
        if line.up or line.code is None:
            return [peer, ("line", state, self.palette["good"])]
        fault = words.fault(line.code, line.facts)
        return [peer, ("line", f"{state}  {fault.cause} {fault.remedy}", self.palette["trouble"])]

    def _waiting(self, screen: ExchangeScreen) -> list[tuple[str, str, Style]]:
        counts, words = screen.counts, self.words
        if counts is None:
            return []
        text = words("exchange.count", count=counts.approved)
        # Sending begins with asking the peer about messages whose fate is unknown.
        if counts.unknown:
            text += "  " + words("exchange.to_ask", count=counts.unknown)
        return [("waiting", text, self.palette["strong"])]


class ResultList(VirtualList["ItemResult"]):
    """The items of the last exchange."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "exchange.empty"

    def show(self, items: "Sequence[ItemResult]") -> None:
        """Show `items`; all of them are in memory, so their places in the list serve as keys."""
        self.load(range(len(items)), lambda keys: [items[key] for key in keys], items)

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns."""
        return (
            Column("reference", "queue.column.reference", 16),
            Column("outcome", "exchange.column.outcome", 14),
            Column("text", "exchange.column.text", max(10, width - 33)),
        )

    def cell(self, row: "ItemResult", column: str) -> Cell:
        """Return the text of `column`."""
        if column == "reference":
            return Cell(row.reference or "")
        if column == "outcome":
            role = _OUTCOME_STYLES.get(str(row.outcome))
            return Cell(self.words.name("exchange.outcomes", str(row.outcome)), self.palette[role] if role else None)
        if not row.code:
            return Cell("")
        return Cell(self._why(row, row.code), self.palette["faint"])

    def _why(self, row: "ItemResult", code: str) -> str:
        words = self.words
        if row.outcome != "refused":
            fault = words.fault(code, row.facts)
        elif words.has_refusal(code):
            fault = words.refusal(code)
        else:
            # What the peer says about the content may name people: only the message's own page shows that.
            return words("exchange.result_refused", code=code)
        return f"{fault.cause} {fault.remedy}"


# The jobs are named inside functions that run in a thread: the first use of one imports it.


def _read_counts(terminal: "Terminal", _session: "Session") -> "Counts":
    return jobs.messages.listing.counts(terminal)


def _read_line_state(terminal: "Terminal", _session: "Session") -> "LineState":
    return jobs.exchange.line_state(terminal)


def _exchange(
    terminal: "Terminal",
    session: "Session",
    *,
    way: Way,
    clock_reason: str | None,
    report: "Report",
    cancel: threading.Event | None,
) -> "SendOutcome | ReceiveOutcome":
    reason = None if clock_reason is None else jobs.exchange.ClockReason(clock_reason)
    if way == "send":
        return jobs.exchange.send(terminal, session, report=report, cancel=cancel, clock_reason=reason)
    # Plain receiving never goes back to a rejected item: its position is behind the cursor.
    after = jobs.exchange.before_rejected(terminal) if way == "read_again" else None
    return jobs.exchange.receive(terminal, session, after=after, report=report, cancel=cancel, clock_reason=reason)


def _is_alarming(outcome: "SendOutcome | ReceiveOutcome") -> bool:
    if isinstance(outcome, jobs.exchange.SendOutcome):
        failed = outcome.unknown + outcome.refused + outcome.held + outcome.unproved
    else:
        failed = outcome.rejected
    return bool(failed) or outcome.interruption is not None or outcome.clock_warned


def _describe(words: Words, outcome: "SendOutcome | ReceiveOutcome", *, stopped: bool) -> str:
    """Return what the exchange did, why it ended early if it did, and what is alarming: conflicts and clocks."""
    if isinstance(outcome, jobs.exchange.SendOutcome):
        text = _describe_sent(words, outcome)
    else:
        counts = {name: getattr(outcome, name) for name in ("received", "results", "rejected")}
        text = words("exchange.received", **counts)
    found = Counter(item.outcome for item in outcome.items)
    if found["recovered"] or found["lost"]:
        compared = words("exchange.recovered", recovered=found["recovered"], lost=found["lost"])
        text = f"{compared} {text}"
    if outcome.clock_warned:
        text = f"{words('exchange.clock_differs', seconds=f'{outcome.clock_offset:+.0f}')} {text}"
    if stopped:
        # The line was cut by the person's own wish: the error that comes of it needs no remedy.
        return f"{words('exchange.stopped')} {text}"
    if outcome.interruption is None:
        return text
    fault = words.fault(outcome.interruption.code, outcome.interruption.facts)
    incident = outcome.interruption.incident
    number = words("common.recorded", number=incident) if incident else ""
    return f"{text} {fault.cause} {fault.remedy} {number}".rstrip()


def _describe_sent(words: Words, outcome: "SendOutcome") -> str:
    counts = {name: getattr(outcome, name) for name in ("delivered", "unknown", "refused", "waiting")}
    text = words("exchange.sent", **counts)
    # Terminals may share a queue. What another one began to send is sent again only there, with its exact stored bytes.
    for name, count in outcome.elsewhere.items():
        text = f"{text} {words('exchange.elsewhere', terminal=name, count=count)}"
    # An alarm comes first: the notice line may have no room for all of it.
    alarms = {"held": outcome.held, "unproved": outcome.unproved}
    lines = [words(f"exchange.{name}", **{name: count}) for name, count in alarms.items() if count]
    return " ".join([*lines, text])
