"""One-time codes that were drawn on the screens: each in a file of the terminal's directory, for whoever prints it.

The officer at the screen asked for it and must not read it, and the screen has no shell. A custodian hands the file
out on paper, or the second person does who has an account on the machine.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from console.errors import FileUnwritable
from console.files import write_private
from console.terminal import Terminal
from store.disk import disk_fault

DIRECTORY: Final = "codes"


def file_of(terminal: Terminal, person_id: str) -> Path:
    """Return where the code of a person is."""
    return terminal.home / DIRECTORY / f"{person_id}.code"


def writing(terminal: Terminal, person_id: str) -> Callable[[str], None]:
    """Return what writes a person's code into its file, through to the disk, in the place of a code before.

    It raises FileUnwritable, DiskFull, DiskFailed.
    """
    file = file_of(terminal, person_id)

    def write(code: str) -> None:
        draft = file.with_suffix(".draft")
        try:
            file.parent.mkdir(mode=0o700, exist_ok=True)
            # A crash may have left one.
            with suppress(FileNotFoundError):
                draft.unlink()
            write_private(draft, code + "\n")
            # Whole or not at all: half a code would lock its person out.
            draft.replace(file)
        except OSError as error:
            raise disk_fault(error) or FileUnwritable(file=file.name) from error

    return write


def remove(terminal: Terminal, person_id: str) -> None:
    """Remove the file with a person's code, if there is one."""
    # One that cannot be removed opens nothing: the PIN is another one by now, or the hours are over.
    with suppress(OSError):
        os.unlink(file_of(terminal, person_id))  # noqa: PTH108  # As `write_private` does it.
