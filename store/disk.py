"""What the operating system reports when a disk does not take a write, as errors of the store."""

import errno
from typing import Final

from store.errors import DiskFailed, DiskFull

# A quota (EDQUOT) and a limit on file size (EFBIG) have the same remedy as a full disk: somebody makes room.
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# A failing disk often shows first as a file system that the kernel has remounted read-only (EROFS).
_FAILED: Final = frozenset({errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.EUCLEAN})


def disk_fault(error: BaseException) -> DiskFull | DiskFailed | None:
    """Return the fault of the disk behind `error`; None when it has another cause, such as a wrong name or mode."""
    code = error.errno if isinstance(error, OSError) else None
    if code in NO_ROOM:
        return DiskFull()
    return DiskFailed() if code in _FAILED else None
