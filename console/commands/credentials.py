"""PINs (暗証番号) and parts of a passphrase for scripts, read from files that only their owner can read.

They are never taken from arguments or the environment: other users of the machine see a process's arguments, and every
child process gets a copy of its environment.
"""

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

from console.errors import (
    AccessFault,
    PartFileExposed,
    PartFileForeign,
    PartFileUnreadable,
    PinFileExposed,
    PinFileForeign,
    PinFileMisspelt,
    PinFileUnreadable,
)
from console.words import Words
from console.words.digits import are_misspelt
from store.sealing.sources import PassphraseParts

_LONGEST: Final = 1024
_STANDARD_INPUT: Final = "-"
_PERSONS: Final = 2
_OWNERS_ALONE: Final = frozenset({0o600, 0o400})


class _Faults(NamedTuple):
    """The errors of one sort of file."""

    exposed: type[AccessFault]
    foreign: type[AccessFault]
    unreadable: type[AccessFault]


_PIN: Final = _Faults(PinFileExposed, PinFileForeign, PinFileUnreadable)
_PART: Final = _Faults(PartFileExposed, PartFileForeign, PartFileUnreadable)


def read_pin(path: Path) -> str:
    """Return the PIN that the file at `path` holds.

    Raises PinFileExposed, PinFileForeign, PinFileUnreadable, PinFileMisspelt.
    """
    pin = _read_line(path, _PIN)
    if are_misspelt(pin):
        raise PinFileMisspelt(name=path.name)
    return pin


def read_parts(paths: Sequence[Path], words: Words) -> PassphraseParts | None:
    """Return the two parts of a passphrase, one from each file; None when no file was named.

    Raises PartFileExposed, PartFileForeign, PartFileUnreadable, and click.UsageError for any number of files but two.
    """
    if not paths:
        return None
    # The same file twice would mean that one person has the whole passphrase.
    if len(paths) != _PERSONS or paths[0].absolute() == paths[1].absolute():
        raise click.UsageError(words("commands.usage.parts"), click.get_current_context(silent=True))
    first, second = (_read_line(path, _PART) for path in paths)
    return PassphraseParts(first, second)


def _read_line(path: Path, faults: _Faults) -> str:
    """Return the first and only line of the file at `path`.

    Raises `foreign` unless the file is ours, `exposed` unless it has mode 0600 or 0400, and `unreadable` unless it is a
    regular file with one line of UTF-8.
    """
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise faults.unreadable(name=path.name) from None
    try:
        # Of the opened file, not of its path: between two looks at a path somebody could put another file there.
        opened = os.fstat(handle)
        if stat.S_ISREG(opened.st_mode):
            _refuse_open_file(opened, path.name, faults)
        line = _single_line(handle) if stat.S_ISREG(opened.st_mode) else None
    finally:
        os.close(handle)
    if line is None:
        raise faults.unreadable(name=path.name)
    return line


def _refuse_open_file(file: os.stat_result, name: str, faults: _Faults) -> None:
    # Two faults with two remedies: no mode helps where the file belongs to somebody else.
    if file.st_uid != os.geteuid():
        raise faults.foreign(name=name)
    if stat.S_IMODE(file.st_mode) not in _OWNERS_ALONE:
        raise faults.exposed(name=name)


def _single_line(handle: int) -> str | None:
    """Return the only line of an opened file; None for any other content. Blanks belong to a phrase and stay."""
    # One byte more than is allowed, to notice a longer file without reading all of it.
    raw = os.read(handle, _LONGEST + 1)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    line = text.removesuffix("\n").removesuffix("\r")
    return line if line and len(raw) <= _LONGEST and line.isprintable() else None


def read_discreetly(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return the text of an option; for `-` what comes on standard input, without the white space around it.

    Names and reasons are personal data. On standard input they appear neither in the list of processes nor in the
    history of the shell.
    """
    return sys.stdin.read().strip() if value == _STANDARD_INPUT else value
