"""A TOML file that a person writes: read whole, and where an item of it stands, so that errors name file and line.

This module imports nothing heavy, because the login screen needs the settings.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from console.errors import SettingsMissing, SettingsUnreadable

# Such a file has a few kilobytes. Whatever else has its name, even a device, is not read to its end.
_LONGEST_FILE: Final = 64 * 1024
# A file in which more lines bear one name was not written by a person, and a longer value is not looked through.
_MOST_PLACES: Final = 64
_MOST_LINES_OF_VALUE: Final = 32


def read_text(path: Path) -> str:
    """Return the text of the file at `path`. Raises SettingsMissing, SettingsUnreadable."""
    try:
        with path.open("rb") as stream:
            # One byte more than is allowed, to notice a longer file without reading it whole.
            raw = stream.read(_LONGEST_FILE + 1)
    except FileNotFoundError:
        raise SettingsMissing(path=str(path)) from None
    except OSError:
        raise SettingsUnreadable(path=str(path), line="?") from None
    if len(raw) > _LONGEST_FILE:
        raise SettingsUnreadable(path=str(path), line="?")
    try:
        # TOML is UTF-8. Editors on Windows put a byte order mark before it.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsUnreadable(path=str(path), line=str(raw[: error.start].count(b"\n") + 1)) from None


def parse(text: str, path: Path) -> dict[str, Any]:
    """Return what `text`, the content of `path`, says. Raises SettingsUnreadable with the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # In Python 3.11 the error holds the line only in its text.
        line = re.search(r"line (\d+)", str(error))
        raise SettingsUnreadable(path=str(path), line=line[1] if line else "?") from None
    except RecursionError:
        # Thousands of brackets inside each other.
        raise SettingsUnreadable(path=str(path), line="?") from None


def place_of(text: str, path: Path, name: str) -> str:
    """Return where the item of the dotted `name` stands in `text`, as `PATH:LINE`; the path alone where it does not."""
    line = _line_of(text, name)
    return str(path) if line is None else f"{path}:{line}"


def _line_of(text: str, name: str) -> int | None:
    # An item is on the first line with which the file, cut off after it, holds that item: so dotted keys, inline
    # tables and texts of several lines are understood as the parser understands them.
    # As an editor counts lines: `splitlines` would also cut at characters that may stand within a name.
    lines = [f"{line}\n" for line in text.split("\n")]
    last = name.rpartition(".")[2]
    places = [number for number, line in enumerate(lines) if last in line][:_MOST_PLACES]
    for number in places:
        for end in range(number + 1, min(number + _MOST_LINES_OF_VALUE, len(lines)) + 1):
            data = _parsed("".join(lines[:end]))
            # None amid a value of several lines: the file is no TOML before its last one.
            if data is not None and _holds(data, name):
                return number + 1
            if data is not None:
                break
    return None


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _holds(data: Mapping[str, Any], name: str) -> bool:
    node: object = data
    for part in name.split("."):
        if isinstance(node, list) and part.isdigit():
            # One of several tables `[[name]]`, by its number.
            node = {str(at): each for at, each in enumerate(node)}
        if not isinstance(node, Mapping) or part not in node:
            return False
        node = node[part]
    return True
