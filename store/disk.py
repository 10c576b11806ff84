"""What the operating system reports when a disk does not take a write, as errors of the store."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from store.errors import DiskFailed, DiskFull, DiskReadOnly

# A quota (EDQUOT) and a limit on file size (EFBIG) have the same remedy as a full disk: somebody makes room.
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_LITTLE: Final = 4096
_FAILED: Final = frozenset({errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.EUCLEAN})


def disk_fault(error: BaseException) -> DiskFull | DiskFailed | DiskReadOnly | None:
    """Return the fault of the disk behind `error`; None when it has another cause, such as a wrong name or mode."""
    code = error.errno if isinstance(error, OSError) else None
    if code in NO_ROOM:
        return DiskFull()
    if code == errno.EROFS:
        return DiskReadOnly()
    return DiskFailed() if code in _FAILED else None


def is_read_only(directory: Path) -> bool:
    """Tell whether the file system of `directory` takes no writes at all. Raises OSError."""
    return bool(os.statvfs(directory).f_flag & os.ST_RDONLY)


def try_write(directory: Path) -> None:
    """Write and sync a little in `directory`, leaving nothing. Raises the OSError of a disk that takes nothing."""
    # A quota and a file system that is read-only do not show in the room that the disk says it has.
    with tempfile.TemporaryFile(dir=directory) as stream:
        stream.write(bytes(_LITTLE))
        stream.flush()
        os.fsync(stream.fileno())
