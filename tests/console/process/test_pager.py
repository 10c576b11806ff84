"""The pager's keys, and that a terminal is as it was afterwards; no other program is started."""

import os
import pty
import termios

import pytest

from console.process.pager import keys_of, show_pages

LINES = [f"line {number}" for number in range(10)]


def _shown(keys: str, rows: int = 5) -> list[str]:
    pressed = iter([key.encode() for key in keys])
    written: list[str] = []
    show_pages(
        LINES, os.terminal_size((80, rows)), prompt="MORE", write=written.append, read_key=lambda: next(pressed, b"")
    )
    assert next(pressed, None) is None, "every key was wanted"
    return [text.partition("\n")[0] for text in written if text.startswith("line")]


@pytest.mark.parametrize(
    ("keys", "firsts"),
    [
        ("  ", ["line 0", "line 4", "line 8"]),
        ("\r\n", ["line 0", "line 4", "line 8"]),
        (" b q", ["line 0", "line 4", "line 0", "line 4"]),
        ("bq", ["line 0", "line 0"]),
        ("q", ["line 0"]),
        ("\x03", ["line 0"]),
        ("\x1b", ["line 0"]),
        # What a pager like `less` would open a shell or an editor for does nothing.
        ("!v|:\x1aq", ["line 0"]),
        ("", ["line 0"]),
    ],
)
def test_keys(keys: str, firsts: list[str]) -> None:
    assert _shown(keys) == firsts


def test_a_wide_line_takes_the_rows_that_it_needs() -> None:
    lines = ["あ" * 45, "b" * 80, "c" * 81, "d" * 1000, "e"]
    written: list[str] = []
    keys = iter([b" ", b" ", b" "])
    size = os.terminal_size((80, 4))
    show_pages(lines, size, prompt="MORE", write=written.append, read_key=lambda: next(keys, b""))
    pages = [text.split("\n")[:-1] for text in written if text.endswith("\n")]
    # The fourth is higher than the screen, and a page all the same.
    assert pages == [lines[:2], lines[2:3], lines[3:4], lines[4:]]


def test_what_fits_the_screen_asks_for_nothing() -> None:
    assert _shown("", rows=11) == ["line 0"]


def test_keys_come_one_by_one_without_echo_or_signals() -> None:
    own, terminal = pty.openpty()
    try:
        before = termios.tcgetattr(terminal)
        with keys_of(terminal) as read_key:
            assert not termios.tcgetattr(terminal)[3] & (termios.ECHO | termios.ISIG | termios.ICANON)
            os.write(own, b"\x1aq")
            assert (read_key(), read_key()) == (b"\x1a", b"q")
        assert termios.tcgetattr(terminal) == before
    finally:
        os.close(own)
        os.close(terminal)
