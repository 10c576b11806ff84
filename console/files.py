"""Files and directories that appear whole or not at all, and are their owner's alone."""

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
    """Yield a directory that becomes `home` when the block has ended, and is gone when anything in it fails.

    Raises HomeNotEmpty, HomeUnwritable, DiskFull, DiskFailed.
    """
    refuse_occupied(home)
    draft = home.with_name(f".{home.name}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(mode=0o700)
        yield draft
        _sync_tree(draft)
        draft.rename(home)
        sync_directory(home.parent)
    except OSError as error:
        raise disk_fault(error) or HomeUnwritable(path=str(home), reason=error.strerror or "?") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def refuse_occupied(home: Path) -> None:
    """Raise HomeNotEmpty or HomeUnwritable unless a terminal can be made at `home`."""
    try:
        occupied = any(home.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise HomeUnwritable(path=str(home), reason=error.strerror or "?") from error
    if occupied:
        raise HomeNotEmpty(home=str(home))


def write_private(path: Path, text: str) -> None:
    """Write a new file that its owner alone can read, through to the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123 - created with its mode in one step
        stream.write(text)
        stream.flush()
        os.fsync(handle)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that appears as `path` when the block has ended: whole, on the disk, its owner's alone.

    Raises FileExists, FileUnwritable, DiskFull, DiskFailed.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(handle, "wb") as stream:  # noqa: PTH123 - created with its mode in one step
            yield stream
            stream.flush()
            os.fsync(handle)
        os.link(draft, path)
        sync_directory(path.parent)
    except FileExistsError:
        raise FileExists(file=path.name) from None
    except OSError as error:
        raise disk_fault(error) or FileUnwritable(file=path.name, reason=error.strerror or "?") from error
    finally:
        draft.unlink(missing_ok=True)


def _sync_tree(directory: Path) -> None:
    """Let the names of all that lies in a directory, at any depth, survive a power failure; contents already do."""
    for one in (directory, *directory.rglob("*")):
        if one.is_dir():
            sync_directory(one)
