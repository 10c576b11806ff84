"""Where the console may run, and that the terminal is silent while it does and as it was afterwards.

What a closed terminal means is in `test_signals`.
"""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.errors import SurroundingsFault
from console.process.tty import (
    LocaleUnusable,
    TerminalDumb,
    TerminalMissing,
    Tty,
    check_surroundings,
    describe_in_both_languages,
    draws_japanese,
    print_line,
)
from console.words import LANGUAGES, Words

NAMES = ("TERM", "LC_ALL", "LC_CTYPE", "LANG")
LOCAL_MODES = 3


@contextmanager
def terminal() -> Iterator[int]:
    """Put a terminal in place of this process's three streams; the value is its other end.

    No fixture: between a fixture and its test, pytest puts its own files in place of the streams.
    """
    other_end, own_end = os.openpty()
    kept = [(number, os.dup(number)) for number in (0, 1, 2)]
    for number, _ in kept:
        os.dup2(own_end, number)
    os.close(own_end)
    try:
        yield other_end
    finally:
        for number, descriptor in kept:
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(other_end)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def _local_modes() -> int:
    return int(termios.tcgetattr(0)[LOCAL_MODES])


def test_the_terminal_neither_echoes_nor_interrupts_until_it_is_given_back() -> None:
    with terminal():
        before = termios.tcgetattr(0)
        tty = Tty()
        assert _local_modes() & (termios.ECHO | termios.ICANON | termios.ISIG) == 0
        tty.give_back()

        assert termios.tcgetattr(0) == before
        assert before[LOCAL_MODES] & termios.ECHO


def test_keys_that_nobody_took_are_dropped() -> None:
    with terminal() as other_end:
        tty = Tty()
        os.write(other_end, b"rm -r")
        tty.give_back()
        os.write(other_end, b"ls\n")

        assert os.read(0, 100) == b"ls\n"


def test_a_wipe_clears_the_screen_even_after_the_painter_was_cut() -> None:
    with terminal() as other_end:
        tty = Tty()
        tty.cut_painter()
        os.write(2, b"REHEARSAL PERSON")
        tty.wipe()
        written = os.read(other_end, 1000)

    assert b"REHEARSAL" not in written
    # The screen is cleared, the main one is back, and the cursor is shown.
    assert written.index(b"\x1b[2J") < written.index(b"\x1b[?1049l") < written.index(b"\x1b[?25h")


def test_an_open_terminal_has_not_hung_up() -> None:
    with terminal():
        assert not Tty().hung_up


def test_a_terminal_with_a_known_type_will_do() -> None:
    with terminal():
        check_surroundings()


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_every_stream_has_to_be_a_terminal(tmp_path: Path, stream: int) -> None:
    with terminal(), (tmp_path / "file").open("w+b") as file:
        os.dup2(file.fileno(), stream)
        with pytest.raises(TerminalMissing):
            check_surroundings()


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_paint_is_refused(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    with terminal(), pytest.raises(TerminalDumb) as caught:
        check_surroundings()
    assert caught.value.facts == {"term": term}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LANG": "ja_JP.UTF-8"},
        {"LANG": "ja_JP.utf8@cjknarrow"},
        {"LANG": "C"},
        {"LC_ALL": "C.UTF-8", "LANG": "ja_JP.eucJP"},
    ],
)
def test_a_locale_of_utf_8_will_do(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with terminal():
        check_surroundings()


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"LANG": "ja_JP.eucJP"}, "ja_JP.eucJP"),
        ({"LC_ALL": "ja_JP.SJIS", "LANG": "ja_JP.UTF-8"}, "ja_JP.SJIS"),
        ({"LC_ALL": "", "LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "ja_JP.UTF-8"}, "de_DE.ISO-8859-1"),
        # Python sets this one itself, so what the person asked for is in LANG.
        ({"LC_CTYPE": "C.UTF-8", "LANG": "ja_JP.eucJP"}, "ja_JP.eucJP"),
        ({"LANG": "ja.\x1b[2J" + "x" * 100}, "ja.?[2J" + "x" * 33),
    ],
)
def test_any_other_locale_is_refused(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], shown: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with terminal(), pytest.raises(LocaleUnusable) as caught:
        check_surroundings()
    assert caught.value.facts == {"locale": shown}


def test_only_the_linux_console_has_no_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draws_japanese()
    monkeypatch.setenv("TERM", "linux")
    assert not draws_japanese()


@pytest.mark.parametrize("error", [TerminalMissing(), TerminalDumb(term="dumb"), LocaleUnusable(locale="ja_JP.eucJP")])
def test_a_refusal_is_one_line_in_both_languages(error: SurroundingsFault) -> None:
    line = describe_in_both_languages(error)

    assert line.startswith("renkei: ")
    assert "\n" not in line
    for language in LANGUAGES:
        assert Words(language).fault(error.code, error.facts).remedy in line


def test_a_line_is_written_whatever_is_in_it(capfd: pytest.CaptureFixture[str]) -> None:
    print_line("連携 \udcff\x1b[2J")

    assert capfd.readouterr().err == "連携 ‹DCFF›␛[2J\n"
