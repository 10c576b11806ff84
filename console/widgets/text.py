"""The one way for text onto the screen.

Data may hold anything: control characters steer the terminal, direction codes turn a number around, square brackets
are markup to Textual. Text that is drawn becomes a segment here and nowhere else, which a test of the imports shows.
Here unsafe characters become visible symbols, and nothing is ever read as markup. Widths are counted in cells, because
East Asian characters take two.
"""

from collections.abc import Iterable, Iterator
from itertools import takewhile, zip_longest
from typing import Final, Literal

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.widgets.palette import PLAIN_GROUNDS
from console.words.visible import visible

Align = Literal["left", "right"]

# Two full stops replace what was cut: the ellipsis character is two cells wide in some Japanese terminals.
CUT: Final = ".."
# Closing marks do not begin a line, and opening marks do not end a line (the core of 行頭禁則 and 行末禁則).
_NOT_FIRST: Final = frozenset("、。，．・：；？！」』）】〉》〕］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.;:!?)]}%")
_NOT_LAST: Final = frozenset("「『（【〈《〔［｛([{")


def width_of(text: str) -> int:
    """Return how many cells `text` takes when its unsafe characters are made visible."""
    return cell_len(visible(text))


def fit(text: str, width: int, align: Align = "left") -> str:
    """Return `text`, made safe, in exactly `width` cells.

    It is cut between graphemes (characters as people see them) or filled with blanks.
    """
    safe = visible(text)
    spans, total = split_graphemes(safe)
    if total > width:
        # A character of two cells may not fit into the last cell of the room: then a blank fills it after the mark.
        room = max(0, width - len(CUT))
        taken = end = 0
        for _start, stop, cells in spans:
            if taken + cells > room:
                break
            taken, end = taken + cells, stop
        safe = (safe[:end] + CUT)[: end + width - taken]
        total = taken + min(len(CUT), width - taken)
    filling = " " * (width - total)
    return filling + safe if align == "right" else safe + filling


def cut_before(text: str, width: int) -> str:
    """Return `text`, made safe, in at most `width` cells: what is too long loses its beginning."""
    safe = visible(text)
    spans, total = split_graphemes(safe)
    if total <= width:
        return safe
    for _start, stop, cells in spans:
        total -= cells
        if total + len(CUT) <= width:
            return CUT + safe[stop:]
    return CUT[: max(0, width)]


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells: Latin text between words, Japanese between characters."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _wrap_paragraph(visible(paragraph), max(2, width))
    return lines


def beside(label: str, cells: int, text: str, width: int) -> Iterator[tuple[str, str]]:
    """Yield `label` in `cells` cells, and `text` in the rest of `width`; what has no room goes on below."""
    lines = zip_longest(wrap(label, cells - 1), wrap(text, width - cells), fillvalue="")
    return ((fit(head, cells), line) for head, line in lines)


def _wrap_paragraph(text: str, width: int) -> Iterator[str]:
    line, used = "", 0
    for piece, cells in _pieces(text, width):
        if used + cells > width and line:
            yield line.rstrip(" ")
            # The blank at which a line is broken is not carried over to the next.
            line, used = ("", 0) if piece == " " else (piece, cells)
        else:
            line, used = line + piece, used + cells
    yield line.rstrip(" ")


def _pieces(text: str, width: int) -> Iterator[tuple[str, int]]:
    """Yield what must stay together, with its width: a Latin word, or a wide character and the marks next to it."""
    piece, cells = "", 0
    for start, stop, size in split_graphemes(text)[0]:
        character = text[start:stop]
        # Two Latin characters belong to one word. A blank is a piece of its own, so that a line can end there.
        clings = bool(piece) and (
            character[0] in _NOT_FIRST
            or piece[-1] in _NOT_LAST
            or (character != " " and piece[-1] != " " and character.isascii() and piece[-1].isascii())
        )
        # A word longer than the line is broken after all.
        if piece and (not clings or cells + size > width):
            yield piece, cells
            piece, cells = "", 0
        piece, cells = piece + character, cells + size
    if piece:
        yield piece, cells


class Ink:
    """Builds one line of the screen from pieces of text, each in a style that is laid over the style of the line."""

    def __init__(self, base: Style) -> None:
        self._base = base
        self._plain = base.bgcolor in PLAIN_GROUNDS
        self._segments: list[Segment] = []
        self._width = 0

    @property
    def width(self) -> int:
        """The number of cells that are written."""
        return self._width

    def put(self, text: str, style: Style | None = None) -> "Ink":
        """Write `text` at the end of the line."""
        # The line where data becomes a segment: nothing may pass it unchanged.
        safe = visible(text)
        if safe:
            # Bold and underlined stay: they are what tells such words apart there.
            over = style.without_color if style and self._plain else style
            self._segments.append(Segment(safe, self._base + over if over else self._base))
            self._width += cell_len(safe)
        return self

    def put_all(self, pieces: Iterable[tuple[str, Style | None]]) -> "Ink":
        """Write several pieces of text."""
        for text, style in pieces:
            self.put(text, style)
        return self

    def gap_to(self, column: int) -> "Ink":
        """Fill with blanks up to `column`."""
        return self.put(" " * max(0, column - self._width))

    def strip(self, width: int) -> Strip:
        """Return the line in exactly `width` cells."""
        # Neighbours in one style become one piece: a piece brings its colours along, 40 bytes each time.
        return Strip(self._segments, self._width).adjust_cell_length(width, self._base).simplify()


def cells_alike(segments: Iterable[Segment], others: Iterable[Segment]) -> int:
    """Return how many cells the segments take with which both begin."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(segments, others, strict=False))
    return sum(cell_len(segment.text) for segment, _ in alike)
