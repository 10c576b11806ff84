"""Lines on stderr that say how far the work is and for whom it waits, when stderr is a terminal."""

import sys
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.cells import set_cell_size

from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.progress import Progress

_CLEAR_LINE = "\r\x1b[K"
# A terminal of 80 cells wraps a full line, and a wrapped line can no longer be rewritten from its beginning.
_WIDTH = 79


def show_waiting(words: Words, process: str) -> None:
    """Say on stderr, when it is a terminal, for which process this one waits."""
    if sys.stderr.isatty():
        # A terminal that has gone away must not end the work.
        with suppress(OSError):
            sys.stderr.write(f"{_CLEAR_LINE}{visible(words('commands.progress.waiting', process=process))}\n")
            sys.stderr.flush()


class ProgressLine:
    """Rewrites one line and clears it at the end; writes nothing when stderr is not a terminal."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw("")

    def show(self, at: "Progress") -> None:
        """Show how much is done, at which rate, and how much time is left once that is known."""
        known = "running" if at.remaining_seconds is None else "remaining"
        # A total of 0 is not known: nobody reads "8 of 0".
        known = known if at.total else "counting"
        text = self._words(
            # An import counts bytes of its files, which say nothing to people: only the percentage is shown.
            f"commands.progress.{at.phase if at.phase == 'import' else known}",
            done=at.done,
            total=at.total,
            percent=f"{100 * at.done / max(at.total, 1):.0f}",
            rate=f"{at.per_second:.0f}",
            seconds=f"{at.remaining_seconds or 0:.0f}",
        )
        self._draw(text)

    def _draw(self, text: str) -> None:
        if not self._shown:
            return
        try:
            sys.stderr.write(_CLEAR_LINE + set_cell_size(visible(text), _WIDTH).rstrip())
            sys.stderr.flush()
        except OSError:
            # The terminal has gone away. The work goes on without showing its progress.
            self._shown = False
