"""Filling paragraphs in cells of a terminal: Japanese breaks between any two characters, English at blanks."""

import re
from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len

WIDTH: Final = 78
# A word of letters, or a wide character; what closes a sentence or a bracket never begins a line.
_PIECES: Final = re.compile(r"(?:[^\s\u2e80-\uffee]+|[\u2e80-\uffee])[、。，．）」』】〉》・ー：；？！]*|\s+")
# A list's lines go on below their text, not below their mark.
_MARK: Final = re.compile(r"(?:\d+\.|-) |\d+  ")


def filled(paragraph: str, indent: str = "") -> Iterator[str]:
    """Yield a paragraph as lines of at most `WIDTH` cells, each after `indent`."""
    mark = _MARK.match(paragraph)
    hanging = indent + " " * (cell_len(mark[0]) if mark else 0)
    line = indent
    for piece in _PIECES.findall(paragraph):
        if cell_len(line) + cell_len(piece.rstrip()) > WIDTH and line.strip():
            yield line.rstrip()
            line = hanging
        # No line begins with the blank at which the one before was broken.
        if piece.strip() or line != hanging or not line:
            line += piece
    yield line.rstrip()
