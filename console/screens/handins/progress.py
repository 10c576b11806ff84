"""How far a dry run or an import is: its steps in words, a bar, and rate and remaining time once they are known."""

from collections.abc import Iterator
from typing import Final, Protocol

from console.widgets.gauge import Reported
from console.widgets.page import Pieces
from console.widgets.text import Ink, fit

# What a screen is at, and the step of the job by its name in the catalogue.
_STEPS: Final = {"running": "examine", "taking_in": "import"}
# In cells: the numbers beside it have room on the smallest screen.
_BAR: Final = 50
_STEP: Final = 18
# What a rate says before is how long the file took to open.
_KNOWN_AFTER: Final = 2.0
_MEGA: Final = 1_000_000


class Running(Protocol):
    """A screen whose `stage` tells which step is under way."""

    stage: str


class ImportProgress(Reported):
    """Shows the steps and the bar while a job runs; the screen hides it at other times."""

    DEFAULT_CSS = "ImportProgress { height: 1fr; width: 1fr; }"

    def __init__(self, of: Running) -> None:
        super().__init__(id="progress")
        self._of = of

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        lines = list(self._lines())
        return self.ink().put_all(lines[y]) if y < len(lines) else self.ink()

    def _lines(self) -> Iterator[Pieces]:
        words, faint = self.words, self.palette["faint"]
        yield []
        yield from self._steps()
        yield []
        yield from self._bar()
        yield []
        yield [("  ", None), (words("handins.progress.others"), faint)]
        yield [("  ", None), (words("handins.progress.stop"), faint)]

    def _steps(self) -> Iterator[Pieces]:
        words, under_way = self.words, _STEPS.get(self._of.stage, "")
        # What comes before the step in hand is done, and what comes after it is not begun.
        state, style = "finished", "good"
        for step in _STEPS.values():
            if step == under_way:
                state, style = "begun", "strong"
            name = fit(words(f"handins.progress.{step}"), _STEP)
            yield [("  ", None), (name, None), (words(f"handins.progress.{state}"), self.palette[style])]
            if step == under_way:
                state, style = "later", "faint"

    def _bar(self) -> Iterator[Pieces]:
        progress, words = self._drawn, self.words
        if progress is None or not progress.total:
            # Of a total that is not known there is no share.
            return
        share = min(1.0, progress.done / progress.total)
        done = int(_BAR * share)
        yield [
            ("  [", None),
            ("#" * done, self.palette["key"]),
            ("." * (_BAR - done), self.palette["faint"]),
            (f"]  {int(100 * share)}%  {_mega(progress.done)} / {_mega(progress.total)}", None),
        ]
        # The job tells no time: what is done and the rate say how long it took.
        elapsed = progress.done / progress.per_second if progress.per_second else 0.0
        if elapsed < _KNOWN_AFTER:
            return
        parts = [words("handins.progress.rate", rate=_mega(progress.per_second))]
        parts.append(words("handins.progress.elapsed", time=words.span(elapsed)))
        if progress.remaining_seconds is not None:
            parts.append(words("handins.progress.left", time=words.span(progress.remaining_seconds)))
        yield [("  " + "   ".join(parts), self.palette["strong"])]


def _mega(count: float) -> str:
    # One unit for all of them: who compares what is done with the whole is not to convert it.
    return f"{count / _MEGA:,.1f}MB"
