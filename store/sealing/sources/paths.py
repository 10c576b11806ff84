"""Checks that a path leads where it says: only root and our own user can put something else there."""

import os
import stat
from pathlib import Path
from typing import Final

from store.errors import KeyPathLinked, KeyPathOpen

_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def check_way(directory: Path) -> None:
    """Check every directory from the root down to `directory`, an absolute path.

    Raises KeyPathLinked where one is a symbolic link; KeyPathOpen where one belongs to neither root nor us, or where
    others can write. Directories above with the sticky bit are allowed, since others cannot replace our entries there.
    The check ends at the first directory that is missing.
    """
    # Whoever can write in any directory on the way can put another directory, and so another key, in its place.
    for place in (*reversed(directory.parents), directory):
        try:
            status = place.lstat()
        except OSError:
            return
        if stat.S_ISLNK(status.st_mode):
            raise KeyPathLinked(path=str(place))
        # The last directory gets no such grace: others could put a key there before we do.
        sticky = status.st_mode & stat.S_ISVTX and place != directory
        if not is_ours(status) or (status.st_mode & _WRITABLE_BY_OTHERS and not sticky):
            raise KeyPathOpen(path=str(place))


def is_ours(status: os.stat_result) -> bool:
    """Tell whether root or the user of this process owns the file."""
    return status.st_uid in {0, os.geteuid()}
