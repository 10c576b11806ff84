"""Which lines of a list are on the screen, and what stands on each: a row, or the heading of a group of rows."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Spot(NamedTuple):
    """What stands on a line: the row, by its index, or the heading of its group (`row` is the one that begins it)."""

    row: int
    heading: bool


class Window:
    """The lines of `rows` rows, of which as many are on the screen as there is room for, from the line `top` on.

    `starts` are the indices of the rows above which a heading stands, in order; where there are any, the first is 0.
    Each answer takes a search in the starts, so that a list of any length scrolls at once.
    """

    def __init__(self, rows: int = 0, starts: Sequence[int] = (), top: int = 0) -> None:
        self.starts = starts
        self._rows = rows
        self.top = top
        # A heading whose rows go on below stays in sight, on the first line, where it covers a row.
        self._pinned = 1 if starts else 0

    def spot(self, y: int) -> Spot | None:
        """Return what stands on the line `y` of the screen, from 0; None below the last row."""
        line = self.top + y
        index = self._above(line)
        if index >= self._rows:
            return None
        if (y == 0 and self._pinned) or self._line(index) != line:
            return Spot(self.starts[bisect_right(self.starts, index) - 1], heading=True)
        return Spot(index, heading=False)

    def y_of(self, index: int) -> int:
        """Return the line of the screen on which a row stands; lines above and below the screen count on."""
        return self._line(index) - self.top

    def shown(self, height: int) -> range:
        """Return the indices of the rows on a screen of `height` lines."""
        return range(self._above(self.top + self._pinned), min(self._above(self.top + height), self._rows))

    def follow(self, cursor: int, height: int) -> bool:
        """Move so that the row `cursor` is on the screen, and tell whether that took a move.

        It moves no further than it must, and shows no empty lines while there are rows to fill them.
        """
        before, line, lines = self.top, self._line(cursor), self._rows + len(self.starts)
        self.top = max(0, min(max(before, line - height + 1), line - self._pinned, max(0, lines - height)))
        return self.top != before

    def _line(self, index: int) -> int:
        # The headings of its own group and of those before stand above a row.
        return index + bisect_right(self.starts, index)

    def _above(self, line: int) -> int:
        """Return how many rows stand above a line, which is also the index of the row at it or next below it."""
        # The heading of group `n` is on line `starts[n] + n`.
        return line - bisect_right(range(len(self.starts)), line - 1, key=lambda group: self.starts[group] + group)
