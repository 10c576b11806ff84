"""The file that one side hands to the other before the first exchange, and whenever its keys change."""

from pathlib import Path
from typing import Final

from console.errors import PeerFileUnusable
from console.files import new_file
from transport.parties.introduction import Introduction

# A certificate and two keys take a few kilobytes of JSON.
_MOST_FILE_BYTES: Final = 64 * 1024


def read_introduction(file: Path) -> Introduction:
    """Read what the other side handed over. Raises PeerFileUnusable."""
    try:
        with file.open("rb") as stream:
            # Cut off rather than read whole: a longer file is no identity, and would only fill the memory.
            return Introduction.from_json(stream.read(_MOST_FILE_BYTES).strip())
    except (OSError, ValueError) as error:
        raise PeerFileUnusable(file=file.name) from error


def write_introduction(file: Path, introduction: Introduction) -> None:
    """Write what the other side registers into a new file. Raises FileExists, FileUnwritable, DiskFull, DiskFailed."""
    with new_file(file) as stream:
        stream.write(introduction.to_json().encode("ascii") + b"\n")
