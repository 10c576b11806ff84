"""Writing to electromagnetic media (電磁的記録媒体): completely or not at all, and read back past the cache.

A directory is written under a temporary name, synced, renamed without replacing anything, and then read back from the
medium itself and compared. Somebody who prepared the medium cannot redirect the writing: nothing is opened through a
symbolic link, and at the end the path still has to name the same directory that was opened at the beginning.
"""

import ctypes
import errno
import mmap
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from transport.errors import MediumFailed, MediumFull, MediumLies, MediumMissing, MediumOccupied, MediumReadOnly

_BUFFER_BYTES: Final = 1 << 20
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_RENAME_NOREPLACE: Final = 1
_DIRECTORY_MODE: Final = 0o755
_FILE_MODE: Final = 0o644
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
# The errors of file systems that cannot rename without replacing (FUSE), or cannot read past the cache.
_UNKNOWN: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})

# Python has no call for renameat2. With use_errno, ctypes keeps the error number of the call for this thread.
_libc: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Written:
    """A directory on the medium: its name, and how many files and bytes were read back.

    `past_cache`: whether the file system allowed reading them from the medium itself.
    """

    name: str
    files: int
    bytes: int
    past_cache: bool


class Medium:
    """The directory of a medium, held open from beginning to end.

    Everything is done relative to the open directory, so that another mount at the path cannot receive a part of it.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, which has to be a directory and not a link to one. Raises MediumMissing."""
        self._path = path
        try:
            self._handle = os.open(path, _DIRECTORY)
        except OSError as error:
            raise MediumMissing(path=path.name) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    @property
    def device(self) -> int:
        """The number of the device that holds the directory."""
        return os.fstat(self._handle).st_dev

    @property
    def free(self) -> int:
        """How many bytes may still be written."""
        disk = os.fstatvfs(self._handle)
        return disk.f_bavail * disk.f_frsize

    def write(self, name: str, files: Iterable[tuple[str, Iterator[bytes]]], *, leave: int = 0) -> Written:
        """Write the directory `name` with its `files`, which are read once and in order; `leave` bytes stay free.

        Raises MediumOccupied, MediumFull, MediumReadOnly, MediumFailed (it broke, or was pulled out), MediumLies (it
        returns other bytes than were written). After an error nothing is left behind, as far as the medium can still be
        reached.
        """
        # A hidden name with a random part: a draft that a pulled medium keeps is recognised and never in the way.
        draft = f".{name}.{secrets.token_hex(4)}.partial"
        placed = draft
        with self._faults_named():
            self._refuse_occupied(name)
            os.mkdir(draft, _DIRECTORY_MODE, dir_fd=self._handle)
            try:
                sums = self._fill(draft, files, leave)
                self._place(draft, name)
                placed = name
                read, past_cache = self._read_back(name, sums)
                # Last of all: an unmounted medium can still be written and read through the open directory.
                self._refuse_moved()
            # Also on Ctrl+C: half a directory must not be taken for a whole one.
            except BaseException:
                self._remove(placed)
                raise
        return Written(name, len(sums), read, past_cache)

    def _fill(self, draft: str, files: Iterable[tuple[str, Iterator[bytes]]], leave: int) -> dict[str, str]:
        sums: dict[str, str] = {}
        with _opened(draft, self._handle) as directory:
            _let_others_read(directory, _DIRECTORY_MODE)
            for name, pieces in files:
                sums[name] = self._write_file(directory, name, pieces, leave)
            # The files are synced; their names, and the name of the directory, need a sync of their directories.
            os.fsync(directory)
        os.fsync(self._handle)
        return sums

    def _write_file(self, directory: int, name: str, pieces: Iterator[bytes], leave: int) -> str:
        digest = sha256()
        with open(os.open(name, _NEW, _FILE_MODE, dir_fd=directory), "wb") as file:  # noqa: PTH123  # Opened relative to a handle.
            _let_others_read(file.fileno(), _FILE_MODE)
            for piece in pieces:
                # Asked before each piece: the whole size is not known while the contents are still being made.
                if leave and self.free - len(piece) < leave:
                    raise MediumFull(path=self._path.name)
                file.write(piece)
                digest.update(piece)
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest()

    def _place(self, draft: str, name: str) -> None:
        """Give the draft its final name without replacing anything."""
        renamed = _libc.renameat2(self._handle, draft.encode(), self._handle, name.encode(), _RENAME_NOREPLACE)
        if renamed != 0:
            fault = ctypes.get_errno()
            if fault == errno.EEXIST:
                raise MediumOccupied(name=name)
            if fault not in _UNKNOWN:
                raise OSError(fault, os.strerror(fault))
            # The file system cannot do both in one step. Looking first leaves a moment in which another program could
            # make the name; os.rename then replaces at most an empty directory.
            self._refuse_occupied(name)
            os.rename(draft, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        os.fsync(self._handle)

    def _read_back(self, name: str, sums: dict[str, str]) -> tuple[int, bool]:
        total, past_cache = 0, True
        with _opened(name, self._handle) as directory:
            if sorted(_names(directory)) != sorted(sums):
                raise MediumLies(name=name)
            for file, expected in sums.items():
                digest, size, direct = _digest_past_cache(directory, file)
                if digest != expected:
                    raise MediumLies(name=file)
                total, past_cache = total + size, past_cache and direct
        return total, past_cache

    def _refuse_occupied(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=self._handle, follow_symlinks=False)
            raise MediumOccupied(name=name)

    def _refuse_moved(self) -> None:
        """Refuse when the path no longer names the directory that was written: it was unmounted or exchanged."""
        now, then = self._path.lstat(), os.fstat(self._handle)
        if (now.st_dev, now.st_ino) != (then.st_dev, then.st_ino):
            raise MediumFailed(path=self._path.name)

    def _remove(self, name: str) -> None:
        # Errors are suppressed: the error that led here is the one to report, and the medium may be gone.
        with suppress(OSError):
            with _opened(name, self._handle) as directory:
                for file in _names(directory):
                    os.unlink(file, dir_fd=directory)
            os.rmdir(name, dir_fd=self._handle)
            os.fsync(self._handle)

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            path = self._path.name
            if error.errno in _FULL:
                raise MediumFull(path=path) from error
            if error.errno in _READ_ONLY:
                raise MediumReadOnly(path=path) from error
            raise MediumFailed(path=path) from error


def _let_others_read(handle: int, mode: int) -> None:
    """Set the mode whatever the process's mask says: an auditor reads the medium under another account."""
    # A file system without modes refuses, and has none that would keep anybody out.
    with suppress(OSError):
        os.fchmod(handle, mode)


@contextmanager
def _opened(name: str, parent: int) -> Iterator[int]:
    handle = os.open(name, _DIRECTORY, dir_fd=parent)
    try:
        yield handle
    finally:
        os.close(handle)


def _names(directory: int) -> list[str]:
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]


def _digest_past_cache(directory: int, name: str) -> tuple[str, int, bool]:
    """Return digest and size of a file as the medium returns it, and whether the cache was bypassed."""
    # Where O_DIRECT is not possible, this at least drops the pages that the cache holds of the file.
    plain = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(name, plain, dir_fd=directory), "rb", buffering=0) as file:  # noqa: PTH123  # Opened relative to a handle.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    try:
        handle, direct = os.open(name, plain | os.O_DIRECT, dir_fd=directory), True
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        handle, direct = os.open(name, plain, dir_fd=directory), False
    digest, size = sha256(), 0
    # O_DIRECT needs memory that is aligned to a page; an anonymous mapping is.
    with open(handle, "rb", buffering=0) as file, mmap.mmap(-1, _BUFFER_BYTES) as buffer:  # noqa: PTH123  # An open handle.
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            size += count
    return digest.hexdigest(), size, direct
