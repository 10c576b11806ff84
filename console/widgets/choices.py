"""The codes among which somebody chooses: marked by arrow, number, or the beginning of code or name."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.style import Style

from console.widgets.page import Pieces
from console.widgets.palette import Palette
from console.widgets.text import width_of

_NUMBERED: Final = 9  # as many as one digit tells apart
_GAP: Final = "   "


class Choices:
    """The codes of one item with their names, and the one that is marked.

    `name` gives a code's name in the language in hand; `other` what it may be looked for by besides.
    """

    def __init__(
        self, codes: Sequence[str], name: Callable[[str], str], other: Callable[[str], str] = lambda _code: ""
    ) -> None:
        self._codes = codes
        self._name = name
        self._other = other
        self._found = list(codes)
        self._marked: str | None = None

    @property
    def marked(self) -> str | None:
        """The code that is marked."""
        return self._marked

    @property
    def numbered(self) -> bool:
        """Whether the codes have numbers."""
        return len(self._codes) <= _NUMBERED

    def mark(self, code: str | None) -> None:
        """Mark a code, with all codes in sight."""
        self._found = list(self._codes)
        self._marked = code

    def move(self, step: int) -> None:
        """Mark the next code of those in sight, or the one before."""
        if not self._found:
            return
        if self._marked not in self._found:
            self._marked = self._found[0 if step > 0 else -1]
        else:
            at = self._found.index(self._marked) + step
            self._marked = self._found[at % len(self._found)]

    def find(self, text: str) -> None:
        """Mark the first code that the text means: its number, or a part of its code or name."""
        wanted = text.strip().casefold()
        if self.numbered and wanted.isdecimal():
            number = int(wanted)
            self.mark(self._codes[number - 1] if 0 < number <= len(self._codes) else None)
            return
        # What begins with the text comes before what has it somewhere.
        ranked = sorted((self._rank(code, wanted), at, code) for at, code in enumerate(self._codes))
        self._found = [code for rank, _at, code in ranked if rank < _NOWHERE]
        self._marked = self._found[0] if wanted and self._found else None

    def _rank(self, code: str, wanted: str) -> int:
        names = (self._name(code).casefold(), self._other(code).casefold())
        if code.casefold().startswith(wanted):
            return 0
        if any(name.startswith(wanted) for name in names):
            return 1
        return 2 if any(wanted in name for name in names) else _NOWHERE

    def lines(self, width: int, rows: int, palette: Palette, taken: Sequence[str] = ()) -> Sequence[Pieces]:
        """Return the codes in sight as lines; of a long list those around the mark. `taken` are chosen already."""
        lines: list[list[tuple[str, str]]] = [[]]
        used = 0
        for code in self._found:
            told = self._told(code, taken)
            if lines[-1] and used + width_of(told) > width:
                lines.append([])
                used = 0
            lines[-1].append((code, told))
            used += width_of(told) + len(_GAP)
        here = next((at for at, line in enumerate(lines) if any(code == self._marked for code, _ in line)), 0)
        first = max(0, min(here - rows // 2, len(lines) - rows))
        return [list(self._styled(line, palette)) for line in lines[first : first + rows]]

    def _told(self, code: str, taken: Sequence[str]) -> str:
        # The mark says in a character what its colour says as well.
        head = ">" if code == self._marked else " "
        number = f"{self._codes.index(code) + 1} " if self.numbered else ""
        done = "* " if code in taken else ""
        return f"{head}{number}{done}{self._name(code)}"

    def _styled(self, line: Sequence[tuple[str, str]], palette: Palette) -> Iterator[tuple[str, Style | None]]:
        for code, told in line:
            yield told, palette["strong"] if code == self._marked else None
            yield _GAP, None


_NOWHERE: Final = 3
