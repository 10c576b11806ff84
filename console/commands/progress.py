"""One line on stderr that says how far the work is, while a person looks at it."""

import sys
from types import TracebackType
from typing import Self

from rich.cells import set_cell_size

from console.words import Words

_CLEAR_LINE = "\r\x1b[K"
_WIDTH = 79


class ProgressLine:
    """Rewrites one line; writes nothing when stderr is not a terminal, and leaves nothing behind."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw("")

    def counted(self, done: int, total: int) -> None:
        """Show `done` of `total`."""
        self._draw(self._words("commands.progress.counted", done=done, total=total))

    def timed(self, done: int, total: int, per_second: float, remaining_seconds: float | None) -> None:
        """Show `done` of `total` with the rate and, once it is known, the time that is left in seconds."""
        key = "commands.progress.timed" if remaining_seconds is None else "commands.progress.remaining"
        self._draw(
            self._words(
                key,
                done=done,
                total=total,
                rate=f"{per_second:.0f}",
                seconds=f"{remaining_seconds or 0:.0f}",
            )
        )

    def _draw(self, text: str) -> None:
        if not self._shown:
            return
        try:
            sys.stderr.write(_CLEAR_LINE + set_cell_size(text, _WIDTH).rstrip())
            sys.stderr.flush()
        except OSError:
            # The terminal has gone away; the work goes on without telling.
            self._shown = False
