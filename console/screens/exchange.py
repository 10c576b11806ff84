"""The exchange (送受信): the state of the line, sending and receiving with progress, and what became of each item."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import EXCHANGE, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import Selection
from console.widgets.frame import CountsLine, FootLine, HeadLine, NoticeLine
from console.widgets.gauge import Gauge
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, wrap
from console.widgets.virtual_list import Cell, Column, VirtualList
from console.words import Words

if TYPE_CHECKING:
    from console.errors import ClocksApart
    from console.jobs.exchange import ItemResult, LineState, ReceiveOutcome, SendOutcome
    from console.jobs.messages.listing import Counts
    from console.session import Session
    from console.terminal import Terminal
    from store.errors import ClockAhead

_OUTCOME_STYLES: Final = {
    "delivered": "good",
    "accepted": "good",
    "received": "good",
    "refused": "trouble",
    "rejected": "trouble",
    "unknown": "attention",
    "waiting": "faint",
}


class ExchangeScreen(ConsoleScreen):
    """Sends and receives."""

    help_topic = "exchange"
    KEYS: ClassVar[Sequence[Key]] = EXCHANGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(EXCHANGE)

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.counts: Counts | None = None
        self.line: LineState | None = None
        self._cancel: threading.Event | None = None

    def compose(self) -> ComposeResult:
        """Lay out the line's state, the bar and the results."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield LinePanel(id="line")
        yield Gauge("exchange")
        yield ResultList(id="results")
        yield NoticeLine()
        yield FootLine(EXCHANGE)

    def on_mount(self) -> None:
        """Ask for the line and the counts."""
        self.set_focus(self.results)
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
        def job(terminal: "Terminal", _session: "Session") -> "Counts":
            return jobs.messages.listing.counts(terminal)

        self.work(job, self._counted)

    def _counted(self, counts: "Counts") -> None:
        self.counts = counts
        self.query_one("#counts").refresh()
        self.query_one("#line").refresh()

    def _ask_line(self) -> None:
        def job(terminal: "Terminal", _session: "Session") -> "LineState":
            return jobs.exchange.line_state(terminal)

        self.work(job, self._line_known)

    def _line_known(self, line: "LineState") -> None:
        self.line = line
        self.console_app.line_state = line
        self.console_app.refresh_heads()
        self.query_one("#line").refresh()

    def action_reload(self) -> None:
        """Ask for the line again."""
        if not self.unfinished:
            self.notice.clear()
            self._count()
            self._ask_line()

    # Sending and receiving

    def action_send(self) -> None:
        """Send what is approved and due."""
        self._exchange("send")

    def action_receive(self) -> None:
        """Receive results and notices."""
        self._exchange("receive")

    def action_read_again(self) -> None:
        """Read once more what was rejected: its cause may be gone, such as a key that was not registered."""
        self._exchange("read_again")

    def _exchange(self, way: str, clock_reason: str | None = None) -> None:
        """Send, receive or read again; `clock_reason` is an officer's, for clocks that are apart."""
        if not self._begin():
            return
        report, cancel = self._gauge.report, self._cancel

        def job(terminal: "Terminal", session: "Session") -> "SendOutcome | ReceiveOutcome":
            reason = None if clock_reason is None else jobs.exchange.ClockReason(clock_reason)
            if way == "send":
                return jobs.exchange.send(terminal, session, report=report, cancel=cancel, clock_reason=reason)
            after = jobs.exchange.before_rejected(terminal) if way == "read_again" else None
            return jobs.exchange.receive(
                terminal, session, after=after, report=report, cancel=cancel, clock_reason=reason
            )

        self.work(job, self._exchanged, lambda error: self._failed(error, way))

    def _begin(self) -> bool:
        if self.unfinished:
            self.say("note", "exchange.under_way")
            return False
        self._cancel = threading.Event()
        self.notice.clear()
        self.results.show(())
        self.query_one("#line").refresh()
        return True

    def _end(self, items: "Sequence[ItemResult]") -> None:
        self._cancel = None
        self._gauge.finish()
        self.results.show(items)
        self._count()
        self._ask_line()

    def _exchanged(self, done: "SendOutcome | ReceiveOutcome") -> None:
        stopped = self._stopped
        self._end(done.items)
        if isinstance(done, jobs.exchange.SendOutcome):
            facts = {name: getattr(done, name) for name in ("delivered", "unknown", "refused", "waiting")}
            bad = done.unknown + done.refused
            self._tell("sent", facts, done, bad=bad, held=done.held, elsewhere=done.elsewhere, stopped=stopped)
        else:
            facts = {name: getattr(done, name) for name in ("received", "results", "rejected")}
            self._tell("received", facts, done, bad=done.rejected, stopped=stopped)

    def _tell(
        self,
        what: str,
        facts: dict[str, int],
        done: "SendOutcome | ReceiveOutcome",
        *,
        bad: int,
        stopped: bool,
        held: int = 0,
        elsewhere: Mapping[str, int] | None = None,
    ) -> None:
        """Say what the exchange did, why it ended early if it did, and what is alarming: conflicts and clocks."""
        broken = done.interruption

        def text(words: Words) -> str:
            told = words(f"exchange.{what}", **facts)
            for name, count in (elsewhere or {}).items():
                told = f"{told} {words('exchange.elsewhere', terminal=name, count=count)}"
            if held:
                told = f"{words('exchange.held', held=held)} {told}"
            if done.clock_warned:
                told = f"{words('exchange.clock_differs', seconds=f'{done.clock_offset:+.0f}')} {told}"
            if stopped:
                return f"{words('exchange.stopped')} {told}"
            if broken is not None:
                fault = words.fault(broken.code, broken.facts)
                number = words("common.recorded", number=broken.incident) if broken.incident else ""
                return f"{told} {fault.cause} {fault.remedy} {number}".rstrip()
            return told

        alarming = bad or held or broken is not None or done.clock_warned
        level = "note" if stopped else "trouble" if alarming else "done"
        self.notice.say(level, text)

    def _failed(self, error: Exception, way: str) -> None:
        from console.errors import ClocksApart
        from store.errors import ClockAhead

        stopped = self._stopped
        self._end(())
        self.show_error(error)
        if isinstance(error, ClocksApart | ClockAhead) and self.console_app.may("clock") and not stopped:
            self._ask_clock_reason(error, way)

    def _ask_clock_reason(self, error: "ClocksApart | ClockAhead", way: str) -> None:
        """Let an officer say why to exchange all the same."""

        def text(words: Words) -> str:
            return f"{words.fault(error.code, error.facts).cause}\n{words('exchange.clock.ask')}"

        def name(words: Words, code: str) -> str:
            return words(f"exchange.clock.{code}")

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self._exchange(way, reason)

        self.app.push_screen(Selection(text, [one.value for one in jobs.exchange.ClockReason], name), chosen)

    def on_virtual_list_chosen(self) -> None:
        """Open the message; of an item that was not taken in, tell all there is to tell."""
        item = self.results.cursor_row
        if item is None:
            return
        if item.id is None:
            self.show_fault(item.code or "", dict(item.facts or {}), item.incident)
        elif self.console_app.may("read"):
            from console.screens.messages.message import MessageScreen

            self.app.push_screen(MessageScreen(item.id))

    def action_back(self) -> None:
        """Stop the exchange that is under way; without one, go back."""
        if self._cancel is not None:
            self._cancel.set()
            self.say("note", "exchange.stopping")
        else:
            self.dismiss()

    def on_unmount(self) -> None:
        """Stop the exchange when the session ends."""
        if self._cancel is not None:
            self._cancel.set()


class LinePanel(Surface):
    """With whom, whether the line is up, and how many messages a sending would take."""

    DEFAULT_CSS = "LinePanel { height: 6; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of it."""
        ink = self.ink().put("  ")
        screen = self.screen
        lines = self._lines(screen) if isinstance(screen, ExchangeScreen) else []
        # A blank line above sets it off from the counts.
        return ink.put_all(lines[y - 1]) if 0 < y <= len(lines) else ink

    def _lines(self, screen: ExchangeScreen) -> list[Pieces]:
        words, faint = self.words, self.palette["faint"]
        label = 14
        lines: list[Pieces] = []
        for name, text, style in (*self._line(screen), *self._waiting(screen)):
            head = words(f"exchange.{name}") if name else ""
            for index, line in enumerate(wrap(text, self.size.width - label - 4)):
                lines.append([(fit(head if index == 0 else "", label), faint), (line, style)])
        return lines

    def _line(self, screen: ExchangeScreen) -> list[tuple[str, str, Style]]:
        words, line = self.words, screen.line
        if line is None:
            return [("peer", words("common.loading"), self.palette["faint"])]
        told: list[tuple[str, str, Style]] = [("peer", line.peer_name, self.palette["strong"])]
        state = words("exchange.up" if line.up else "exchange.down", time=words.time_of_day(line.checked_at))
        if line.up or line.code is None:
            return [*told, ("line", state, self.palette["good"])]
        fault = words.fault(line.code, line.facts)
        return [*told, ("line", f"{state}  {fault.cause} {fault.remedy}", self.palette["trouble"])]

    def _waiting(self, screen: ExchangeScreen) -> list[tuple[str, str, Style]]:
        counts, words = screen.counts, self.words
        if counts is None:
            return []
        told = words("exchange.count", count=counts.approved)
        if counts.unknown:
            told += "  " + words("exchange.to_ask", count=counts.unknown)
        return [("waiting", told, self.palette["strong"])]


class ResultList(VirtualList["ItemResult"]):
    """The items of the last exchange."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "exchange.empty"

    def show(self, items: "Sequence[ItemResult]") -> None:
        """Show `items`, which are all at hand."""
        self.load(range(len(items)), lambda keys: [items[key] for key in keys], items)

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns."""
        return (
            Column("reference", "queue.column.reference", 16),
            Column("outcome", "exchange.column.outcome", 14),
            Column("text", "exchange.column.text", max(10, width - 33)),
        )

    def cell(self, row: "ItemResult", column: str) -> Cell:
        """Return what stands in `column`."""
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
            # What the peer says of the content may name people: it is read on the message's own page.
            return words("exchange.result_refused", code=code)
        return f"{fault.cause} {fault.remedy}"
