"""Codes to choose from: a person marks one by an arrow key, by its number, or by the beginning of its code or name."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.style import Style

from console.widgets.page import Pieces
from console.widgets.palette import Palette
from console.widgets.text import width_of

_NUMBERED: Final = 9  # A single digit tells nine codes apart.
_GAP: Final = "   "
_NO_MATCH: Final = 2  # The rank of a code that does not match, behind those that do.


class Choices:
    """The codes of one item with their names, and the code that is marked.

    `name` returns the name of a code in the current language; `others` returns other texts that the code can be found
    by, such as its name in the other language.
    """

    def __init__(
        self,
        codes: Sequence[str],
        name: Callable[[str], str],
        others: Callable[[str], Sequence[str]] = lambda _code: (),
    ) -> None:
        self._codes = codes
        self._name = name
        self._others = others
        # The codes in sight: those that match what was typed.
        self._matching = list(codes)
        self._marked: str | None = None

    @property
    def marked(self) -> str | None:
        """The code that is marked."""
        return self._marked

    @property
    def numbered(self) -> bool:
        """Whether the codes have numbers, so that a digit marks one."""
        return len(self._codes) <= _NUMBERED

    def mark(self, code: str | None) -> None:
        """Mark a code, or none, with all codes in sight."""
        self._matching = list(self._codes)
        self._marked = code

    def move(self, step: int) -> None:
        """Mark the next of the codes in sight, or the previous one; after the last follows the first."""
        if not self._matching:
            return
        if self._marked not in self._matching:
            self._marked = self._matching[0 if step > 0 else -1]
        else:
            at = self._matching.index(self._marked) + step
            self._marked = self._matching[at % len(self._matching)]

    def find(self, text: str) -> None:
        """Mark the best match for `text`: the number of a code, or the beginning of the code or of a name."""
        wanted = text.strip().casefold()
        if self.numbered and wanted.isdecimal():
            number = int(wanted)
            self.mark(self._codes[number - 1] if 0 < number <= len(self._codes) else None)
            return
        # Within a rank the codes keep their order, which is that of the law or of the table.
        ranked = sorted((self._rank(code, wanted), at, code) for at, code in enumerate(self._codes))
        self._matching = [code for rank, _at, code in ranked if rank < _NO_MATCH]
        self._marked = self._matching[0] if wanted and self._matching else None

    def _rank(self, code: str, wanted: str) -> int:
        """Return 0 where the code begins with the text, 1 where a name does."""
        # A part from the middle would find what nobody meant: the 1 of a year in the name of a convention.
        names = (self._name(code).casefold(), *(other.casefold() for other in self._others(code)))
        if code.casefold().startswith(wanted):
            return 0
        return 1 if any(name.startswith(wanted) for name in names) else _NO_MATCH

    def lines(self, width: int, rows: int, palette: Palette, taken: Sequence[str] = ()) -> Sequence[Pieces]:
        """Return the codes in sight in at most `rows` lines of `width` cells, around the mark in a long list.

        The codes in `taken` are chosen already, and shown as such.
        """
        lines: list[list[tuple[str, str]]] = [[]]
        used = 0
        for code in self._matching:
            text = self._text(code, taken)
            if lines[-1] and used + width_of(text) > width:
                lines.append([])
                used = 0
            lines[-1].append((code, text))
            used += width_of(text) + len(_GAP)
        # The marked code is kept in the middle, so that its neighbours on both sides can be seen.
        here = next((at for at, line in enumerate(lines) if any(code == self._marked for code, _ in line)), 0)
        first = max(0, min(here - rows // 2, len(lines) - rows))
        return [list(self._styled(line, palette)) for line in lines[first : first + rows]]

    def _text(self, code: str, taken: Sequence[str]) -> str:
        # The sign repeats what the colour says: no meaning is carried by colour alone.
        head = ">" if code == self._marked else " "
        number = f"{self._codes.index(code) + 1} " if self.numbered else ""
        done = "* " if code in taken else ""
        return f"{head}{number}{done}{self._name(code)}"

    def _styled(self, line: Sequence[tuple[str, str]], palette: Palette) -> Iterator[tuple[str, Style | None]]:
        for code, text in line:
            yield text, palette["strong"] if code == self._marked else None
            yield _GAP, None
