"""What happens before anything else: a clean environment, Python's isolated mode, no memory images.

Textual and Python read many environment variables, some of which run code, write files or type keys. So the program
starts itself again with a short list of variables. This module runs twice at each start, so it imports only small parts
of the standard library.
"""

import os
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# A list of what is kept, not of what is removed: a later version of Textual or Python may read new variables.
# SSH_USER_AUTH names the file in which sshd says which key it accepted; CREDENTIALS_DIRECTORY is set by systemd.
KEPT: Final = frozenset(
    {
        "COLORTERM", "CREDENTIALS_DIRECTORY", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "PATH", "RENKEI_HOME",
        "SSH_CONNECTION", "SSH_USER_AUTH", "TERM", "TMPDIR", "TZ",
        # By these a shell asks what could come next; they hold what was typed, and choose nothing but the answer.
        "_RENKEI_COMPLETE", "COMP_CWORD", "COMP_WORDS",
    }
)  # fmt: skip
COMPLETION_VARIABLE: Final = "_RENKEI_COMPLETE"
# Without animations a page over SSH takes 7 kB instead of 175 kB. Without the kitty keyboard protocol, input methods
# send plain text.
SET: Final = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_DISABLE_KITTY_KEY": "1"}
# Options of prctl(2). Dumpable at 0, no other process of the same user can attach to this one or read its memory.
# Without new privileges, nothing that it starts becomes another user by its file's mode (`sudo`, `su`), and neither do
# its children: whoever finds a way out of the console is still nobody but its account.
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38


@dataclass(frozen=True, slots=True)
class Opening:
    """A call that opens the console: the terminal's directory and the language, where they were named."""

    home: Path | None
    language: str | None


def isolate(arguments: Sequence[str]) -> None:
    """Start the program again in Python's isolated mode with a clean environment, unless it already runs that way.

    Isolated mode ignores PYTHON* variables (PYTHONINSPECT opens a prompt, PYTHONPATH brings foreign code), the
    person's own site directory and the current directory. UTF-8 mode makes file names independent of the locale.
    """
    clean = clean_environment(os.environ)
    # The comparison ends the restarting: cleaning a clean environment changes nothing.
    if sys.flags.isolated and sys.flags.utf8_mode and clean == dict(os.environ):
        return
    command = [sys.executable, "-I", "-X", "utf8", "-m", "console", *arguments]
    os.execve(sys.executable, command, clean)  # noqa: S606  # The same program again; no shell is involved.


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environment` that the program may see, together with those that it sets itself."""
    return {name: value for name, value in environment.items() if name in KEPT} | SET


def harden() -> None:
    """Leave no memory image, and gain no rights: no core file, no look inside for others, no way to another account.

    A core file of the console holds the text of its screens, and with it names and addresses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Imported here, where the program runs for the second time; the first run ends before.
    import ctypes

    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def opening(arguments: Sequence[str]) -> Opening | None:
    """Return what to open if `arguments` hold nothing but --home and --language; None if they are for the command line.

    It parses them without click, which would take too long to import before the console is painted. What it does not
    understand is left to click, which says what is wrong.
    """
    # A shell that completes passes no arguments, and wants no console.
    if COMPLETION_VARIABLE in os.environ:
        return None
    options: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not equals:
            value = rest.pop(0) if rest else ""
        if name not in ("--home", "--language") or not value or value.startswith("-"):
            return None
        options[name] = value
    home, language = options.get("--home") or os.environ.get("RENKEI_HOME"), options.get("--language")
    if language not in (None, "ja", "en"):
        return None
    return Opening(Path(home) if home else None, language)
