"""A file of one-line records that never grows beyond a bound: the technical logs of a terminal and of an agency."""

import fcntl
import os
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1 << 20
"""A record has some 200 bytes: thousands of them, in two files of this size at most."""
_ATTEMPTS: Final = 8


def append_record(path: Path, line: str) -> None:
    """Append `line`, whole or not at all; a full file becomes `NAME.1` first, in the place of the one before.

    Raises OSError.
    """
    data = line.encode("utf-8", "replace")
    for _ in range(_ATTEMPTS):
        # O_APPEND: several processes write here. O_NOFOLLOW: a link must not lead a record into another file.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            # The system releases the lock when the process ends, in whatever way.
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_at(path, handle):
                # Another process has put a new file in its place meanwhile.
                continue
            if os.fstat(handle).st_size + len(data) > MOST_BYTES:
                path.replace(path.with_name(f"{path.name}.1"))
                continue
            _append(handle, data)
        finally:
            os.close(handle)
        return


def _append(handle: int, data: bytes) -> None:
    size = os.fstat(handle).st_size
    if os.write(handle, data) < len(data):
        # The disk is full. Half a record would make the next one unreadable as well, so it is taken back.
        os.ftruncate(handle, size)


def _is_at(path: Path, handle: int) -> bool:
    opened = os.fstat(handle)
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino)
