"""Showing a long text page by page on a terminal, without any other program.

A pager such as `less` opens editors and shells, and the environment names which one is started. In a session that must
not leave the program neither may be, so the few keys of a pager are read here.
"""

import os
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.cells import cell_len

_ERASE_LINE: Final = "\r\x1b[K"
_FORWARD: Final = frozenset({b" ", b"f", b"\r", b"\n"})
_BACK: Final = frozenset({b"b"})
# Ctrl+C, Ctrl+D and Escape besides: while keys are read one by one, no key sends a signal.
_QUIT: Final = frozenset({b"q", b"\x03", b"\x04", b"\x1b", b""})


def show_pages(
    lines: Sequence[str],
    size: os.terminal_size,
    *,
    prompt: str,
    write: Callable[[str], object],
    read_key: Callable[[], bytes],
) -> None:
    """Show `lines` on a screen of that `size`, `prompt` below each page but the last.

    `read_key` returns b"" when no key will come any more.
    """
    # Where the pages before this one begin: pages differ in length, since a wide line takes several rows.
    before: list[int] = []
    first = 0
    while True:
        end = _end_of_page(lines, first, size)
        write("".join(f"{line}\n" for line in lines[first:end]))
        if end == len(lines):
            return
        write(prompt)
        while (key := read_key()) not in _FORWARD | _BACK | _QUIT:
            pass
        write(_ERASE_LINE)
        if key in _QUIT:
            return
        if key in _FORWARD:
            before.append(first)
            first = end
        elif before:
            first = before.pop()


def _end_of_page(lines: Sequence[str], first: int, size: os.terminal_size) -> int:
    """Return the line after the last one that fits below line `first`; a page has one line at least."""
    # One row is the prompt's.
    rows = size.lines - 1
    end = first
    while end < len(lines) and (rows := rows - _rows_of(lines[end], size.columns)) >= 0:
        end += 1
    return max(end, first + 1)


def _rows_of(line: str, columns: int) -> int:
    return max(1, -(-cell_len(line) // columns))


@contextmanager
def keys_of(terminal: int) -> Iterator[Callable[[], bytes]]:
    """Yield a function that reads one key of the open terminal; afterwards the terminal is as it was."""
    before = termios.tcgetattr(terminal)
    mode = termios.tcgetattr(terminal)
    # Each key at once, without an echo, and none of them a signal: Ctrl+Z would leave the program.
    mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
    termios.tcsetattr(terminal, termios.TCSADRAIN, mode)
    try:
        yield lambda: os.read(terminal, 1)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
