"""The place where the console runs: the locale and the terminal, refused when unfit, given back as they were found."""

import os
import select
import sys
import termios
import threading
from typing import Any, Final

from console.errors import SurroundingsFault

_USABLE_CODESETS: Final = frozenset({"utf8", ""})
_UNPAINTABLE: Final = frozenset({"", "dumb", "unknown"})
_LOCAL_MODES: Final = 3  # where termios lists keep the flags ECHO, ICANON and ISIG
_WIPE_SECONDS: Final = 0.3
# Clear what is shown (the Linux console has no second screen to hide it), go back to the main screen, show the cursor,
# wrap lines, no reports of any kind.
_LEAVE_SCREEN: Final = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l"
    b"\x1b[0m\x1b[H\x1b[2J\x1b[?1049l\x1b[?25h"
)


class TerminalMissing(SurroundingsFault):
    """Input, output or the error stream is no terminal: the person logs on at one, or uses a command."""


class TerminalDumb(SurroundingsFault):
    """The terminal's type `term` cannot paint a screen: the person uses another one, or a command."""


class LocaleUnusable(SurroundingsFault):
    """The codeset of `locale` is not UTF-8: the custodian sets another locale."""


class Tty:
    """The terminal, silenced from now on: no echo, no keys that interrupt, until it is restored.

    Before the first screen is painted, a fast typist's PIN would be echoed in clear and Ctrl+C would break off.
    """

    def __init__(self) -> None:
        # An own way to the terminal, which stays when that of the painter is cut.
        self._own = os.dup(2)
        self._found: list[Any] = termios.tcgetattr(0)
        silent = termios.tcgetattr(0)
        silent[_LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(0, termios.TCSANOW, silent)

    @property
    def hung_up(self) -> bool:
        """Whether the other end of the terminal is gone."""
        poll = select.poll()
        poll.register(0, 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def cut_painter(self) -> None:
        """Let nothing reach the screen any more but what this object writes: a late paint would undo a wipe."""
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def wipe(self) -> None:
        """Clear the screen and leave it, without waiting long for a terminal that nobody reads."""
        writer = threading.Thread(target=_write, args=(self._own, _LEAVE_SCREEN), daemon=True)
        writer.start()
        writer.join(_WIPE_SECONDS)

    def give_back(self) -> None:
        """Let the terminal echo and interrupt as it did before; keys that nobody took are dropped."""
        try:
            termios.tcsetattr(0, termios.TCSANOW, self._found)
            termios.tcflush(0, termios.TCIFLUSH)
        except termios.error:
            # The terminal is gone; there is nothing to give back.
            return


def check_surroundings() -> None:
    """Raise TerminalMissing, TerminalDumb or LocaleUnusable where the console cannot run; change nothing."""
    if not all(os.isatty(descriptor) for descriptor in (0, 1, 2)):
        raise TerminalMissing
    term = os.environ.get("TERM", "")
    if term in _UNPAINTABLE:
        raise TerminalDumb(term=_printable(term))
    # Python itself sets LC_CTYPE to C.UTF-8 where the locale that was asked for is not installed: it tells nothing.
    ctype = os.environ.get("LC_CTYPE", "").replace("C.UTF-8", "")
    locale = os.environ.get("LC_ALL") or ctype or os.environ.get("LANG") or ""
    codeset = locale.partition(".")[2].partition("@")[0].replace("-", "").lower()
    if codeset not in _USABLE_CODESETS:
        raise LocaleUnusable(locale=_printable(locale))


def draws_japanese() -> bool:
    """Tell whether the terminal has Japanese glyphs: the Linux console has not."""
    return os.environ.get("TERM") != "linux"


def told_in_both_languages(error: SurroundingsFault) -> str:
    """Return the one line about `error`: which language the person reads is not known yet."""
    from console.words import LANGUAGES, Words

    told = (Words(language).fault(error.code, error.facts) for language in LANGUAGES)
    return "renkei: " + " / ".join(f"{one.cause} {one.remedy}" for one in told)


def say(line: str) -> None:
    """Write one line for the person where commands write theirs, whatever the locale's codeset."""
    sys.stderr.buffer.write(f"{line}\n".encode("utf-8", "replace"))
    sys.stderr.flush()


def _write(descriptor: int, data: bytes) -> None:
    try:
        os.write(descriptor, data)
    except OSError:
        return


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:40])
