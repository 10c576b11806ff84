"""What happens before anything else: a clean environment, Python's isolated mode, no memory images.

Textual and Python read many environment variables, some of which run code, write files or type keys. So the program
starts itself again with a short list of variables. This module imports the smallest parts of the standard library
alone, for it runs twice.
"""

import os
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# What the program may know of its surroundings. SSH_USER_AUTH names the key that sshd accepted; the credentials
# directory is systemd's.
KEPT: Final = frozenset(
    {
        "COLORTERM", "CREDENTIALS_DIRECTORY", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "PATH", "RENKEI_HOME",
        "SSH_CONNECTION", "SSH_USER_AUTH", "TERM", "TMPDIR", "TZ",
    }
)  # fmt: skip
# No animations: a page over SSH is 7 kB instead of 175 kB. No kitty keyboard: input methods send plain text.
SET: Final = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_DISABLE_KITTY_KEY": "1"}
_PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """A call that opens the console: on which directory, and in which language if one was named."""

    home: Path | None
    language: str | None


def isolate(arguments: Sequence[str]) -> None:
    """Start the program again in Python's isolated mode with a clean environment, unless it runs so already.

    Isolated mode ignores PYTHON* variables (PYTHONINSPECT opens a prompt, PYTHONPATH brings foreign code), the
    person's own site directory and the current directory.
    """
    clean = clean_environment(os.environ)
    if sys.flags.isolated and sys.flags.utf8_mode and clean == dict(os.environ):
        return
    command = [sys.executable, "-I", "-X", "utf8", "-m", "console", *arguments]
    os.execve(sys.executable, command, clean)  # noqa: S606  # The same program again; no shell is involved.


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of `environment` that the program may see, and the settings that it needs itself."""
    return {name: value for name, value in environment.items() if name in KEPT} | SET


def harden() -> None:
    """Leave no memory image: no core file, and no other process of the same user may look inside."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def opening(arguments: Sequence[str]) -> Opening | None:
    """Return what to open when `arguments` name no command and are nothing but --home and --language, else None."""
    said: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not equals:
            value = rest.pop(0) if rest else ""
        if name not in ("--home", "--language") or not value or value.startswith("-"):
            return None
        said[name] = value
    home, language = said.get("--home") or os.environ.get("RENKEI_HOME"), said.get("--language")
    if language not in (None, "ja", "en"):
        return None
    return Opening(Path(home) if home else None, language)
