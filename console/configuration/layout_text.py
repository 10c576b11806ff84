"""A layout (取込様式) as its file has it: read once, so that one import goes by one content.

This module imports nothing heavy, because the reader process of a large file needs it.
"""

import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from console.configuration import toml_file
from store.message.errors import LayoutInvalid, LayoutUnreadable
from store.message.files.layouts import RecordLayout, layout_from

LAYOUTS: Final = Path("layouts")


def file_of(name: str) -> Path:
    """Return the file of a layout, below the terminal's directory."""
    return LAYOUTS / f"{name}.toml"


class LayoutText(NamedTuple):
    """A layout as it was when it was chosen: whatever happens to its file, one import goes by one content."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """What the log has of it."""
        return sha256(self.text.encode()).hexdigest()

    def parsed(self) -> RecordLayout:
        """Return the layout. Raises LayoutInvalid, LayoutUnreadable, with the place."""
        path = file_of(self.name)
        try:
            return layout_from(self.name, tomllib.loads(self.text))
        except LayoutInvalid as fault:
            place = toml_file.place_of(self.text, path, fault.facts["item"])
            raise LayoutInvalid(place=place, **fault.facts) from None
        except (ValueError, RecursionError) as error:
            line = re.search(r"line (\d+)", str(error))
            raise LayoutUnreadable(place=f"{path}:{line[1]}" if line else str(path)) from None
