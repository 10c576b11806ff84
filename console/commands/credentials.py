"""The PIN of the person a script acts as: from a file of their own, never from arguments or the environment."""

import os
import stat
from pathlib import Path

from console.errors import PinFileExposed, PinFileUnreadable

_LONGEST_PIN = 1024


def read_pin(path: Path) -> str:
    """Return the first and only line of the file at `path`.

    Raises PinFileExposed unless it is ours and of mode 0600 or 0400, PinFileUnreadable when it is no regular file
    with one line of UTF-8. Mode and owner are those of the opened file, so that no other can be put in its place.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise PinFileUnreadable(name=path.name) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise PinFileUnreadable(name=path.name)
        if stat.S_IMODE(found.st_mode) not in {0o600, 0o400} or found.st_uid != os.geteuid():
            raise PinFileExposed(name=path.name)
        raw = os.read(handle, _LONGEST_PIN + 1)
    finally:
        os.close(handle)
    return _single_line(raw, path.name)


def _single_line(raw: bytes, name: str) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise PinFileUnreadable(name=name) from None
    line = text.removesuffix("\n").removesuffix("\r")
    if not line or len(raw) > _LONGEST_PIN or not line.isprintable():
        raise PinFileUnreadable(name=name)
    return line
