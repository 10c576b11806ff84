"""What persons know, for scripts: from files of their own, never from arguments or the environment."""

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from console.errors import (
    AccessFault,
    PartFileExposed,
    PartFileUnreadable,
    PinFileExposed,
    PinFileUnreadable,
)
from console.words import Words
from store.sealing.sources import PassphraseParts

_LONGEST: Final = 1024
_STANDARD_INPUT: Final = "-"


def read_pin(path: Path) -> str:
    """Return the PIN in the file at `path`. Raises PinFileExposed, PinFileUnreadable."""
    return _read_line(path, PinFileExposed, PinFileUnreadable)


def read_parts(paths: Sequence[Path], words: Words) -> PassphraseParts | None:
    """Return the two parts of a passphrase, one from each file; None when no file was named.

    Raises PartFileExposed, PartFileUnreadable, and wrong usage for any other number of files.
    """
    if not paths:
        return None
    if len(paths) != 2 or paths[0].absolute() == paths[1].absolute():  # noqa: PLR2004 - two persons
        raise click.UsageError(words("commands.usage.parts"), click.get_current_context(silent=True))
    first, second = (_read_line(path, PartFileExposed, PartFileUnreadable) for path in paths)
    return PassphraseParts(first, second)


def _read_line(path: Path, exposed: type[AccessFault], unreadable: type[AccessFault]) -> str:
    """Return the first and only line of the file at `path`.

    Raises `exposed` unless it is ours and of mode 0600 or 0400, `unreadable` when it is no regular file with one line
    of UTF-8. Mode and owner are those of the opened file, so that no other can be put in its place.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise unreadable(name=path.name) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise unreadable(name=path.name)
        if stat.S_IMODE(found.st_mode) not in {0o600, 0o400} or found.st_uid != os.geteuid():
            raise exposed(name=path.name)
        raw = os.read(handle, _LONGEST + 1)
    finally:
        os.close(handle)
    line = _single_line(raw)
    if line is None:
        raise unreadable(name=path.name)
    return line


def _single_line(raw: bytes) -> str | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    line = text.removesuffix("\n").removesuffix("\r")
    return line if line and len(raw) <= _LONGEST and line.isprintable() else None


def read_discreetly(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return an option's text; for `-` what comes on standard input, without the white space around it."""
    return sys.stdin.read().strip() if value == _STANDARD_INPUT else value
