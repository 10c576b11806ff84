"""What is known before an exchange, line by line; the page is the question, and the same key again sends."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.style import Style

from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, wrap
from store import clock
from store.message.codes import Kind
from store.message.dates import display_date

if TYPE_CHECKING:
    from console.jobs.exchange import LineState, Preflight

_LABEL: Final = 18
_INDENT: Final = 3
_SOON: Final = 90  # From so many days before its end a certificate is announced.
_WARNED: Final = 30.0  # So many seconds between the clocks are told of.

Line = tuple[str, str, Style | None]


class PreflightPanel(Surface):
    """The lines; `known` is what this terminal knows, `line` what the peer has answered (None: not yet)."""

    DEFAULT_CSS = "PreflightPanel { height: 1fr; width: 1fr; }"

    def __init__(self, known: "Callable[[], Preflight | None]", line: "Callable[[], LineState | None]") -> None:
        super().__init__(id="preflight")
        self._known = known
        self._line = line
        self._asked = 0.0

    def on_mount(self) -> None:
        """Draw once a second while the peer has not answered."""
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if self.display and self._line() is None:
            self.refresh()

    def ask(self) -> None:
        """Begin to count the seconds in which the peer does not answer."""
        self._asked = time.monotonic()
        self.refresh()

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        lines = list(self._wrapped())
        # A blank line separates the page from its title.
        return self.ink().put_all(lines[y - 1]) if 0 < y <= len(lines) else self.ink()

    def _wrapped(self) -> Iterator[Pieces]:
        words, faint = self.words, self.palette["faint"]
        for name, text, style in self._lines():
            if not name:
                yield []
                continue
            for index, part in enumerate(wrap(text, self.size.width - _LABEL - _INDENT - 1)):
                label = words(f"exchange.{name}") if index == 0 else ""
                yield [(" " * _INDENT, None), (fit(label, _LABEL), faint), (part, style)]

    def _lines(self) -> Iterator[Line]:
        known = self._known()
        yield self._peer(known)
        yield self._state_of_line()
        if known is None:
            return
        yield from self._certificates(known)
        yield self._clock()
        yield self._log(known)
        yield "", "", None
        yield from self._messages(known)

    def _peer(self, known: "Preflight | None") -> Line:
        words, line = self.words, self._line()
        # The register of the peer is read beside the line, and either may come first.
        if known is None:
            return "peer", line.peer_name if line is not None else words("common.loading"), self.palette["strong"]
        peer = known.peer
        version = words(
            "exchange.peer_version", version=peer.version.removeprefix("v"), since=self._day(peer.valid_from)
        )
        return "peer", f"{peer.name}   {version}", self.palette["strong"]

    def _state_of_line(self) -> Line:
        words, line = self.words, self._line()
        if line is None:
            # The seconds are the sign of life: a line that is down takes as long as the settings let it.
            return "line", words("exchange.asking", seconds=int(time.monotonic() - self._asked)), self.palette["faint"]
        state = words("exchange.up" if line.up else "exchange.down", time=words.time_of_day(line.checked_at))
        if not line.up and line.code is not None:
            fault = words.fault(line.code, line.facts)
            return "line", f"{state}  {fault.cause} {fault.remedy}", self.palette["trouble"]
        took = words("exchange.answer", count=f"{1000 * (line.answer_seconds or 0):,.0f}")
        return "line", f"{state}  {took}", self.palette["good"]

    def _certificates(self, known: "Preflight") -> Iterator[Line]:
        untils = {"own_certificate": known.own_certificate_until, "peer_certificate": known.peer.certificate_until}
        # Both, because the exchange stands still when either ends, and another person renews each.
        for name, until in untils.items():
            days = (until - clock.now()).days
            text = self.words("exchange.days_left", days=days, until=self._day(until))
            yield name, text, self.palette["attention" if days <= _SOON else "good"]

    def _clock(self) -> Line:
        words, line = self.words, self._line()
        if line is None or line.clock_offset is None:
            # A line that is down has told nothing, and is not waited for.
            why = "exchange.not_asked" if line is None else "exchange.no_clock"
            return "clock_offset", words(why), self.palette["faint"]
        text = words("exchange.offset", seconds=f"{abs(line.clock_offset):.1f}")
        return "clock_offset", text, self.palette["attention" if abs(line.clock_offset) > _WARNED else "good"]

    def _log(self, known: "Preflight") -> Line:
        words, log = self.words, known.log
        if log.verified_at is None:
            verified, style = words("exchange.log_unverified"), "faint"
        else:
            key = "exchange.log_sound" if log.sound else "exchange.log_broken"
            verified, style = words(key, at=words.time(log.verified_at)), "good" if log.sound else "trouble"
        exported = words("common.none") if log.exported_at is None else words.day(log.exported_at)
        text = f"{verified}   {words('exchange.log_exported', day=exported)}"
        return "log", text, self.palette[style]

    def _messages(self, known: "Preflight") -> Iterator[Line]:
        words, strong = self.words, self.palette["strong"]
        # In the order of the kinds, which is that of the papers.
        kinds = "  ".join(
            f"{words.name('kinds.short', kind)} {known.ready[kind]:,}" for kind in Kind if known.ready.get(kind)
        )
        yield "waiting", f"{words('exchange.count', count=f'{known.leaving:,}')}   {kinds}".rstrip(), strong
        yield "asking_about", words("exchange.to_ask", count=f"{known.to_ask:,}"), None
        reasons = words("exchange.between").join(self._reasons(known))
        total = words("exchange.count", count=f"{known.waiting.total:,}")
        yield "held_back", f"{total}   {reasons}".rstrip(), None
        yield "to_receive", words("exchange.to_receive_unknown"), None

    def _reasons(self, known: "Preflight") -> Iterator[str]:
        # What waits for its day comes first: it is the rule, and the others are exceptions.
        waiting = known.waiting
        if waiting.day and waiting.first_day is not None:
            first = self.words("common.day", month=waiting.first_day.month, day=waiting.first_day.day)
            yield self.words("exchange.wait.day", count=f"{waiting.day:,}", day=first)
        for name in ("earlier", "hand", "alarm"):
            if count := getattr(waiting, name):
                yield self.words(f"exchange.wait.{name}", count=f"{count:,}")

    def _day(self, moment: datetime) -> str:
        day = clock.day_in_japan(moment).isoformat()
        return display_date(day, era=True) if self.words.language == "ja" else day
