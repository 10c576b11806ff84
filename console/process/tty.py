"""The locale and the terminal (tty) that the console runs on: refused when unfit, given back as they were."""

import os
import select
import sys
import termios
import threading
from typing import Any, Final

from console.errors import SurroundingsFault

# Empty for a locale that names no codeset, such as C: there Python's UTF-8 mode decides.
_USABLE_CODESETS: Final = frozenset({"utf8", ""})
_UNPAINTABLE: Final = frozenset({"", "dumb", "unknown"})
_LOCAL_MODES: Final = 3  # The index in a termios list of the flags ECHO, ICANON and ISIG.
# Writing to a terminal that nobody reads blocks for ever; one that is read takes the few bytes at once.
_WIPE_SECONDS: Final = 0.3
# Clear what is shown (the Linux console has no second screen that would hide it), go back to the main screen, show the
# cursor, wrap lines, and switch off all reports of mouse, focus, size and paste.
_LEAVE_SCREEN: Final = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l"
    b"\x1b[0m\x1b[H\x1b[2J\x1b[?1049l\x1b[?25h"
)


class TerminalMissing(SurroundingsFault):
    """Standard input, output or error is no terminal: the person logs on at one, or uses a command."""


class TerminalDumb(SurroundingsFault):
    """The terminal's type `term` cannot paint a screen: the person uses another one, or a command."""


class LocaleUnusable(SurroundingsFault):
    """The codeset of `locale` is not UTF-8: the custodian sets another locale."""


class Tty:
    """The terminal, silenced from the making of this object until `give_back`: no echo, no keys that interrupt.

    Otherwise, before the first screen is painted, a fast typist's PIN would be echoed in clear, and Ctrl+C would break
    the start off.
    """

    def __init__(self) -> None:
        # A second descriptor of the terminal, which stays usable when `cut_painter` has redirected the first.
        self._own = os.dup(2)
        self._modes_before: list[Any] = termios.tcgetattr(0)
        silent = termios.tcgetattr(0)
        silent[_LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(0, termios.TCSANOW, silent)

    @property
    def hung_up(self) -> bool:
        """Whether the other end of the terminal is gone."""
        # Asked of the kernel: reading would take keys away from Textual, and a signal may never come.
        poll = select.poll()
        poll.register(0, 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def cut_painter(self) -> None:
        """Let only this object write to the screen from now on: a late paint of Textual would undo a wipe."""
        # Textual paints on standard error. Redirected and not closed: a closed number would go to the next opened file.
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def wipe(self) -> None:
        """Clear the screen and leave it; give up soon on a terminal that nobody reads."""
        writer = threading.Thread(target=_write, args=(self._own, _LEAVE_SCREEN), daemon=True)
        writer.start()
        writer.join(_WIPE_SECONDS)

    def give_back(self) -> None:
        """Let the terminal echo and interrupt as it did before, and drop the keys that nobody took."""
        try:
            termios.tcsetattr(0, termios.TCSANOW, self._modes_before)
            # What is left may be a PIN, which the shell would show and run as a command.
            termios.tcflush(0, termios.TCIFLUSH)
        except termios.error:
            # The terminal is gone; there is nothing to give back.
            return


def check_surroundings() -> None:
    """Raise TerminalMissing, TerminalDumb or LocaleUnusable if the console cannot run here; change nothing."""
    # All three: without a terminal on any of them Textual runs for ever at full load, or paints escapes into a file.
    if not all(os.isatty(descriptor) for descriptor in (0, 1, 2)):
        raise TerminalMissing
    term = os.environ.get("TERM", "")
    if term in _UNPAINTABLE:
        raise TerminalDumb(term=_printable(term))
    # Python sets LC_CTYPE to C.UTF-8 itself (PEP 538) where the locale that was asked for is not installed, so that
    # value says nothing about the terminal.
    ctype = os.environ.get("LC_CTYPE", "").replace("C.UTF-8", "")
    locale = os.environ.get("LC_ALL") or ctype or os.environ.get("LANG") or ""
    codeset = locale.partition(".")[2].partition("@")[0].replace("-", "").lower()
    if codeset not in _USABLE_CODESETS:
        raise LocaleUnusable(locale=_printable(locale))


def draws_japanese() -> bool:
    """Tell whether the terminal has Japanese glyphs; the Linux console has none."""
    return os.environ.get("TERM") != "linux"


def describe_in_both_languages(error: SurroundingsFault) -> str:
    """Return the one line about `error`, in both languages: which one the person reads is not known yet."""
    # Only a refusal needs the catalogues. A good start gets past this module, and silences the terminal, without them.
    from console.words import LANGUAGES, Words

    faults = (Words(language).fault(error.code, error.facts) for language in LANGUAGES)
    return "renkei: " + " / ".join(f"{fault.cause} {fault.remedy}" for fault in faults)


def print_line(line: str) -> None:
    """Write one line to standard error, as commands do: whatever the codeset of the locale, and safe to show."""
    from console.words.visible import visible

    sys.stderr.buffer.write(f"{visible(line)}\n".encode())
    sys.stderr.flush()


def _write(descriptor: int, data: bytes) -> None:
    try:
        os.write(descriptor, data)
    except OSError:
        return


def _printable(text: str) -> str:
    # An environment variable may hold escape sequences, and may be of any length.
    return "".join(character if character.isprintable() else "?" for character in text[:40])
