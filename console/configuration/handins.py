"""Where systems hand their files in (受渡し場所): which directory, whose files they are, what for, by which layout.

This module imports nothing heavy, because the login screen needs the settings.
"""

import os
import pwd
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.errors import HandinExposed, HandinForeign, HandinOwnerless, HandinUnreadable


def _text(pattern: str, wanted: str, **default: Any) -> Any:
    """Return a field for a text that the whole `pattern` matches, as other settings are declared."""
    return field(metadata={"pattern": re.compile(pattern), "wanted": wanted}, **default)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandinSettings:
    """A directory in which one system hands its files in.

    `owner` is the account under which that system writes: the files of another account are not taken in there.
    `layout` is how the files are read, where the import names none; without it they are records as the guide has them.
    """

    directory: str = _text(r"/[^\x00-\x1f\x7f]*", "/…")
    owner: str = _text(r"[a-z_][a-z0-9_-]{0,31}", "[a-z0-9_-], 1–32")
    purpose: str = _text(r"[^\x00-\x1f\x7f-\x9f]{1,40}", "1–40")
    layout: str = _text(r"|[a-z0-9][a-z0-9-]{0,31}", "[a-z0-9-], 1–32", default="")


def place_of(places: Iterable[HandinSettings], file: Path) -> HandinSettings | None:
    """Return the place in which `file` lies, of several the innermost; None for a file from elsewhere.

    Raises HandinForeign for a file of another account than the system's: whoever else can write there is no system that
    hands files in. Raises for the place what `refuse_unfit` does, before it is asked whose the file is.
    """
    # Where it really lies: a link that leads out of a place hands nothing in there.
    real = file.resolve()
    found = [place for place in places if real.is_relative_to(Path(place.directory).resolve())]
    place = max(found, key=lambda place: len(Path(place.directory).resolve().parts), default=None)
    if place is not None and real.exists():
        refuse_unfit(place)
        if not _is_owned(real, place.owner):
            raise HandinForeign(file=file.name, owner=place.owner)
    return place


def refuse_unfit(place: HandinSettings) -> None:
    """Refuse a place of which nothing would be taken in, or that does not show who handed in what lies there.

    Imports ask this and `check` does, so that neither believes what the other refuses. Raises HandinUnreadable,
    HandinOwnerless, HandinExposed.
    """
    directory = Path(place.directory)
    if not directory.is_dir() or not os.access(directory, os.R_OK | os.X_OK):
        raise HandinUnreadable(path=place.directory)
    try:
        pwd.getpwnam(place.owner)
    except KeyError:
        raise HandinOwnerless(path=place.directory, owner=place.owner) from None
    # Whoever can write there can take files away, give them other names and put former ones back, all of them with the
    # right owner; where the directory is sticky, only those of their own.
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise HandinExposed(path=place.directory)


def _is_owned(file: Path, owner: str) -> bool:
    try:
        return file.owner() == owner
    except (KeyError, OSError):
        # A number without an account is nobody's that the settings could name.
        return False
