"""How far an exchange is (進行): each step, and the seconds while the line is opened."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from console.screens.exchange.outcome import CONNECT, Way
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit

if TYPE_CHECKING:
    from console.jobs.progress import Progress

_LABEL: Final = 16
_STATE: Final = 11
# The phases that every exchange goes through; the others are shown once they have begun.
_USUAL: Final = {"send": ("ask", "send", "receive"), "receive": ("receive",), "read_again": ("receive",)}


class StepsPanel(Surface):
    """The steps of the exchange that is under way."""

    # As many lines as there can be steps, and a blank one above and below.
    DEFAULT_CSS = "StepsPanel { height: 7; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__(id="steps")
        self._way: Way = "send"
        self._phases: dict[str, Progress] = {}
        self._began = 0.0
        self._connected: float | None = None

    def begin(self, way: Way) -> None:
        """Begin anew."""
        self._way, self._phases, self._connected = way, {}, None
        # Monotonic: a clock that is set meanwhile must not make the seconds jump.
        self._began = time.monotonic()
        self.refresh()

    def report(self, progress: "Progress") -> None:
        """Take in how far the job is; this may be called from any thread."""
        now = time.monotonic()
        if progress.phase == CONNECT:
            self._began, self._connected = now, None
            return
        if self._connected is None:
            self._connected = now - self._began
        self._phases[progress.phase] = progress

    def draw_line(self, y: int) -> Ink:
        """Draw a step."""
        lines = list(self._lines())
        # A blank line separates the steps from the title.
        return self.ink().put_all(lines[y - 1]) if 0 < y <= len(lines) else self.ink()

    def _lines(self) -> Iterator[Pieces]:
        words = self.words
        waited = int(time.monotonic() - self._began if self._connected is None else self._connected)
        state = "under_way" if self._connected is None else "done"
        yield self._line(CONNECT, state, words("common.seconds", count=waited))
        # A copy, because the job's thread may begin a phase while these are drawn.
        phases = dict(self._phases)
        # While the line is opened once more, what went before is done.
        latest = None if self._connected is None else next(reversed(phases), None)
        for phase in dict.fromkeys((*(name for name in phases if name == "recover"), *_USUAL[self._way])):
            if phase not in phases:
                # Nobody knows before what the peer has.
                yield self._line(phase, "to_come", words("exchange.unknown_count") if phase == "receive" else "")
            else:
                yield self._line(phase, "under_way" if phase == latest else "done", self._count(phases[phase]))

    def _count(self, progress: "Progress") -> str:
        if progress.total:
            return f"{progress.done:,} / {progress.total:,}"
        return self.words("exchange.count", count=f"{progress.done:,}")

    def _line(self, phase: str, state: str, count: str) -> Pieces:
        words, palette = self.words, self.palette
        styles = {"done": palette["good"], "under_way": palette["strong"], "to_come": palette["faint"]}
        return [
            (f"   {fit(words(f'exchange.phases.{phase}'), _LABEL)}", palette["faint"]),
            (fit(words(f"exchange.step.{state}"), _STATE), styles[state]),
            (count, palette["strong"] if state == "under_way" else None),
        ]
