"""What the system says when a disk does not take what is to be written, told as errors of ours."""

import errno
from typing import Final

from store.errors import DiskFailed, DiskFull

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FAILED: Final = frozenset({errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.EUCLEAN})


def disk_fault(error: BaseException) -> DiskFull | DiskFailed | None:
    """Return what `error` says of the disk; None when it is about something else, such as a wrong name or mode."""
    code = error.errno if isinstance(error, OSError) else None
    if code in NO_ROOM:
        return DiskFull()
    return DiskFailed() if code in _FAILED else None
