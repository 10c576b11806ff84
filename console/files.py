"""Files and directories that appear whole or not at all, and that only their owner can read."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from console.errors import FileExists, FileUnwritable, HomeNotEmpty, HomeUnwritable
from store.disk import disk_fault
from store.sealing.keyfile import sync_directory


@contextmanager
def drafted(home: Path) -> Iterator[Path]:
    """Yield a draft directory that is renamed to `home` when the block ends, and removed when anything in it fails.

    Raises HomeNotEmpty, HomeUnwritable, DiskFull, DiskFailed.
    """
    refuse_occupied(home)
    # It lies beside `home`, because only a rename within one file system is atomic; the random part lets a second
    # attempt pass by a draft that a crash left.
    draft = home.with_name(f".{home.name}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(mode=0o700)
        yield draft
        # Everything below must be on the disk before the name is, or a power failure could leave half a terminal under
        # its final name. An empty `home` is replaced by the rename; one that somebody filled meanwhile makes it fail.
        _sync_tree(draft)
        draft.rename(home)
        sync_directory(home.parent)
    except OSError as error:
        raise disk_fault(error) or HomeUnwritable(path=str(home), reason=reason_of(error)) from error
    finally:
        # After the rename there is nothing of that name any more, and this does nothing.
        shutil.rmtree(draft, ignore_errors=True)


def refuse_occupied(home: Path) -> None:
    """Raise HomeNotEmpty or HomeUnwritable unless a terminal can be made at `home`."""
    try:
        occupied = any(home.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise HomeUnwritable(path=str(home), reason=reason_of(error)) from error
    if occupied:
        raise HomeNotEmpty(home=str(home))


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, and sync it to the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The mode is given at creation: a later chmod would leave a moment in which others could open the file.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123  # The file is created with its mode in one step.
        stream.write(text)
        stream.flush()
        os.fsync(handle)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that appears as `path` when the block ends: complete, synced to the disk, and its owner's only.

    Raises FileExists, FileUnwritable, DiskFull, DiskFailed.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(handle, "wb") as stream:  # noqa: PTH123  # The file is created with its mode in one step.
            yield stream
            stream.flush()
            os.fsync(handle)
        # A link fails when the name is taken, whereas a rename would silently replace somebody's file.
        os.link(draft, path)
        sync_directory(path.parent)
    except FileExistsError:
        raise FileExists(file=path.name) from None
    except OSError as error:
        raise disk_fault(error) or FileUnwritable(file=path.name, reason=reason_of(error)) from error
    finally:
        draft.unlink(missing_ok=True)


def reason_of(error: OSError) -> str:
    """Return the name of an error's number, such as EACCES: the system's own text is in the system's language."""
    return errno.errorcode.get(error.errno or 0, "?")


def _sync_tree(directory: Path) -> None:
    """Sync a directory and all directories below it, so that the names in them survive a power failure."""
    # The files' contents need no sync here: whatever writes a file into a draft syncs it.
    for path in (directory, *directory.rglob("*")):
        if path.is_dir():
            sync_directory(path)
