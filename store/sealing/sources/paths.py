"""Whether a path leads where it says: no hands but root's and ours can put something else there."""

import os
import stat
from pathlib import Path
from typing import Final

from store.errors import KeyPathLinked, KeyPathOpen

_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def check_way(directory: Path) -> None:
    """Look at every directory from the root down to `directory`, an absolute path.

    Raises KeyPathLinked where one is a symbolic link, KeyPathOpen where one is not root's or ours, or where others can
    write, but for those with the sticky bit, in which they cannot replace what is ours. What is missing ends the way.
    """
    for place in (*reversed(directory.parents), directory):
        try:
            found = place.lstat()
        except OSError:
            return
        if stat.S_ISLNK(found.st_mode):
            raise KeyPathLinked(path=str(place))
        sticky = found.st_mode & stat.S_ISVTX and place != directory
        if not is_ours(found) or (found.st_mode & _WRITABLE_BY_OTHERS and not sticky):
            raise KeyPathOpen(path=str(place))


def is_ours(found: os.stat_result) -> bool:
    """Tell whether root or the user of this process owns it."""
    return found.st_uid in {0, os.geteuid()}
