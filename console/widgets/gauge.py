"""A bar that fills while a job runs, with what is done, the rate, and the time that remains."""

from typing import TYPE_CHECKING

from rich.cells import split_graphemes

from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit

if TYPE_CHECKING:
    from console.jobs.progress import Progress


class Reported(Surface):
    """A widget that draws the last report of a job, and bears the class `running` while there is one."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._progress: Progress | None = None
        self._drawn: Progress | None = None

    def on_mount(self) -> None:
        """Draw at most five times a second: the job's thread may report thousands of times."""
        self.set_interval(0.2, self._look)

    def report(self, progress: "Progress") -> None:
        """Take in how far the job is; this may be called from any thread."""
        # Setting one attribute needs no lock: the screen draws the last report that it finds.
        self._progress = progress

    def finish(self) -> None:
        """Forget the job that has ended."""
        self._progress = self._drawn = None
        self.remove_class("running")

    def _look(self) -> None:
        if self._progress is not self._drawn:
            self._drawn = self._progress
            self.add_class("running")
            self.refresh()


# Textual takes the style sheet of the first base: a gauge is one line high.
class Gauge(OneLine, Reported):
    """The bar. It is the ground under its own text, so it needs one line and no character of doubtful width.

    `topic` is the catalogue that names the phases of the job. It is hidden while no job runs.
    """

    DEFAULT_CSS = "Gauge { display: none; } Gauge.running { display: block; }"

    def __init__(self, topic: str, *, id: str = "gauge") -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._topic = topic

    def draw_line(self, _y: int) -> Ink:
        """Draw the bar; while no job runs, draw nothing."""
        progress, width = self._drawn, self.size.width
        if progress is None:
            return self.ink()
        text = fit(f" {self._describe(progress)}", width)
        # A total of 0 means that it is not known.
        share = progress.done / progress.total if progress.total else 0.0
        # The text is divided at the share that is done, and each part is drawn on its own ground.
        done = fit_cells(text, round(width * min(1.0, share)))
        return self.ink("bar_done").put(done).put(text[len(done) :], self.palette["bar_left"])

    def _describe(self, progress: "Progress") -> str:
        words = self.words
        parts = [words(f"{self._topic}.phases.{progress.phase}")]
        if not progress.total:
            # No share of an unknown total: "100 / 100" would say at every page that it is over.
            parts += [words("common.so_far", count=f"{progress.done:,}")] if progress.done else []
        else:
            parts.append(f"{progress.done:,} / {progress.total:,}")
            parts.append(f"{progress.done * 100 // progress.total}%")
        if progress.per_second:
            parts.append(words("common.rate", rate=f"{progress.per_second:,.0f}"))
        if progress.remaining_seconds is not None:
            parts.append(words("common.remaining", time=words.span(progress.remaining_seconds)))
        return "  ".join(parts)


def fit_cells(text: str, cells: int) -> str:
    """Return the longest beginning of `text` that takes at most `cells` cells."""
    taken = end = 0
    for _start, stop, size in split_graphemes(text)[0]:
        if taken + size > cells:
            break
        taken, end = taken + size, stop
    return text[:end]
