"""Key files: written whole or not at all, and readable only by their owner."""

import os
import stat
from pathlib import Path
from typing import Final

from store.errors import KeyFileDamaged, KeyFileExists, KeyFileExposed, KeyFileMissing

_MODE: Final = 0o400
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def write_key_file(path: Path, key: bytes) -> None:
    """Write `key` to a new file of mode 0400. It survives a power failure once this returns.

    A missing directory is made with mode 0700. Raises KeyFileExists.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Nobody could tell a half-written key under the final name from a whole one. So it is written under another name
    # and linked when complete; link() also refuses to replace an existing key, which rename() would do silently.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # An interrupted call may have left this file, in a process that had the same number.
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
    """Replace the file `path` by `key` in one step. After a power failure the old or the new key is there, whole."""
    draft = draft_of(path)
    # An interrupted call may have left it.
    draft.unlink(missing_ok=True)
    try:
        _write_synced(draft, key)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def supersede_key_file(path: Path, key: bytes) -> None:
    """Replace the file `path` by `key` as `replace_key_file` does, and destroy the bytes of the old file.

    The old file keeps a second name meanwhile, because replacing it would free its blocks without overwriting them.
    """
    former = path.with_name(f".{path.name}.former")
    if former.exists():
        # An interrupted call left it. If that call had not replaced the file yet, both names are the same file, whose
        # bytes must not be overwritten.
        former.unlink() if former.samefile(path) else destroy_key_file(former)
    os.link(path, former)
    replace_key_file(path, key)
    destroy_key_file(former)


def destroy_key_file(path: Path) -> None:
    """Overwrite a file and remove its name. Overwriting only helps on a disk that writes in place."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def draft_of(path: Path) -> Path:
    """Return the name under which `replace_key_file` writes."""
    return path.with_name(f".{path.name}.next")


def read_key_file(path: Path, *, size: int) -> bytes:
    """Return the key of exactly `size` bytes. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
    key = read_whole_key_file(path, most=size)
    if len(key) != size:
        raise KeyFileDamaged(file=path.name)
    return key


def read_whole_key_file(path: Path, *, most: int) -> bytes:
    """Return the content of a private file of at most `most` bytes. Raises as `read_key_file`."""
    try:
        with path.open("rb") as file:
            # The mode of the open file, not of the path: the path may name another file a moment later.
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise KeyFileExposed(file=path.name)
            # One byte more than allowed shows that the file is too long, without reading it all.
            key = file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise KeyFileMissing(file=path.name) from None
    if len(key) > most:
        raise KeyFileDamaged(file=path.name)
    return key


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    with open(descriptor, "wb") as file:  # noqa: PTH123  # The mode must be right from the start.
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power failure: syncing a file does not sync its name."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
