"""The files of private keys: read only when nobody else can read them, and written through to the disk."""

import os
from pathlib import Path
from typing import Final

from transport.errors import IdentityDamaged, IdentityExposed, IdentityMissing

_OTHERS: Final = 0o077
_MOST_KEY_FILE_BYTES: Final = 64 * 1024


def read_private(directory: Path, name: str) -> bytes:
    """Read a file that only its owner may read.

    Raises IdentityMissing, IdentityDamaged, IdentityExposed.
    """
    # O_NOFOLLOW: a symbolic link could lead to a file that somebody else controls.
    try:
        handle = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise IdentityMissing(name=name) from error
    except OSError as error:
        raise IdentityDamaged(name=name) from error
    with open(handle, "rb") as stream:  # noqa: PTH123  # The file is already open and has to stay the same.
        # The open file is checked, not its path: the file could be exchanged between a check of the path and the read.
        status = os.fstat(handle)
        if status.st_mode & _OTHERS or status.st_uid != os.geteuid():
            raise IdentityExposed(name=name)
        return stream.read(_MOST_KEY_FILE_BYTES)


def write_new(path: Path, content: bytes, *, mode: int = 0o400) -> None:
    """Write a new file that only its owner may read, through to the disk. Raises OSError, also when it exists."""
    # The mode is given at creation: with a later chmod the key would be readable for a moment.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(handle, "wb") as stream:  # noqa: PTH123  # Created together with its mode, in one step.
        stream.write(content)
        stream.flush()
        os.fsync(handle)


def sync_directory(path: Path) -> None:
    """Write the entries of a directory through to the disk: without this, a synced file may lose its name."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
