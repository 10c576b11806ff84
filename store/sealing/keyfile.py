"""Key files: written whole or not at all, readable by their owner alone."""

import os
import stat
from pathlib import Path
from typing import Final

from store.errors import KeyFileDamaged, KeyFileExists, KeyFileExposed, KeyFileMissing

_MODE: Final = 0o400
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def write_key_file(path: Path, key: bytes) -> None:
    """Write `key` to a new file of mode 0400; after return it survives a power failure.

    The directory is made with mode 0700 when it is missing. Raises KeyFileExists.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A half-written key under the final name could never be told from a whole one: link it when done.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # What an interrupted call of a process with the same number left.
    draft.unlink(missing_ok=True)
    try:
        _write_synced(draft, key)
        os.link(draft, path)
    except FileExistsError:
        raise KeyFileExists(file=path.name) from None
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(path.parent)


def replace_key_file(path: Path, key: bytes) -> None:
    """Put `key` in the place of the file `path` at once; after a power failure one of the two stands there, whole."""
    draft = draft_of(path)
    # What an interrupted call left.
    draft.unlink(missing_ok=True)
    try:
        _write_synced(draft, key)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def supersede_key_file(path: Path, key: bytes) -> None:
    """Put `key` in the place of the file `path` as `replace_key_file` does, and destroy the bytes that stood there."""
    former = path.with_name(f".{path.name}.former")
    if former.exists():
        # An interrupted call left it; it is the file itself where that call had not replaced it yet.
        former.unlink() if former.samefile(path) else destroy_key_file(former)
    os.link(path, former)
    replace_key_file(path, key)
    destroy_key_file(former)


def destroy_key_file(path: Path) -> None:
    """Overwrite a file, which helps on a disk that writes in place, and remove its name."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def draft_of(path: Path) -> Path:
    """Return under which name `replace_key_file` writes."""
    return path.with_name(f".{path.name}.next")


def read_key_file(path: Path, *, size: int) -> bytes:
    """Return the key of exactly `size` bytes. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
    key = read_whole_key_file(path, most=size)
    if len(key) != size:
        raise KeyFileDamaged(file=path.name)
    return key


def read_whole_key_file(path: Path, *, most: int) -> bytes:
    """Return what a private file of at most `most` bytes holds. Raises as `read_key_file`."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise KeyFileExposed(file=path.name)
            key = file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise KeyFileMissing(file=path.name) from None
    if len(key) > most:
        raise KeyFileDamaged(file=path.name)
    return key


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - the mode has to be right from the first moment
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Let the names in a directory survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
