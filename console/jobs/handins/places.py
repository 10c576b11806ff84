"""The files that lie in the hand-in places (受渡し場所), and what became of each, without reading any of them.

Asking for names, sizes and times is all that a list costs: what became of a file is looked up under those. A file that
was never read is one that nobody took in, whatever it holds.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwuid
from stat import S_ISREG
from typing import Final

from console.configuration.handins import HandinSettings, refuse_unfit
from console.errors import ConsoleError, HandinForeign
from console.jobs.admission import admit
from console.jobs.handins import keeping
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import FileSuffixUnknown
from store.handins import outcomes
from store.handins.outcomes import FileOutcome
from store.handins.states import FileState
from store.message.errors import FileSpreadsheet
from store.message.files.completeness import CHECKSUM_SUFFIX
from store.message.files.reading import CSV, JSON_LINES
from store.rights import Right

MOST_FILES: Final = 2000
"""So many files of a place are listed, the newest; the others are counted."""
# By their names: a workbook under another one is found out when it is read.
_SPREADSHEETS: Final = frozenset({".xls", ".xlsx", ".xlsm", ".ods", ".zip"})


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file in a hand-in place: its size in bytes, how long ago it was written (seconds), and what became of it.

    `code` names the error for which it is or would be refused. `outcome` is there once somebody took it in.
    """

    path: Path
    place: HandinSettings
    size: int
    age: float
    state: FileState
    code: str | None = None
    outcome: FileOutcome | None = None


@dataclass(frozen=True, slots=True)
class BarePlace:
    """A place without files: nothing lies there, or nothing can be taken in from there, and `fault` says why."""

    place: HandinSettings
    fault: ConsoleError | None = None


@dataclass(frozen=True, slots=True)
class Handins:
    """The files of all places, first those that wait, and the places without any; `more` files are not listed."""

    places: int
    files: list[HandedIn]
    bare: list[BarePlace]
    more: int = 0

    @property
    def waiting(self) -> list[HandedIn]:
        """The files that nobody took in, in each place the oldest last."""
        return [file for file in self.files if file.state is FileState.WAITING]


def handed_in(terminal: Terminal, session: Session) -> Handins:
    """Return what lies in the hand-in places of the settings. Raises RightMissing."""
    admit(terminal, session, Right.ENTER)
    places = terminal.settings.handin
    bare, files, more = list[BarePlace](), list[HandedIn](), 0
    for place in places:
        try:
            refuse_unfit(place)
            entries = sorted(_regular(place), key=lambda entry: entry.modified, reverse=True)
        except ConsoleError as fault:
            bare.append(BarePlace(place, fault))
            continue
        if not entries:
            bare.append(BarePlace(place))
        # Whoever never clears a directory up is not to fill the memory of the console.
        more += max(0, len(entries) - MOST_FILES)
        files += _known(terminal, place, entries[:MOST_FILES])
    # A stable sort: within both halves the places stand as in the settings, and the newest file first.
    return Handins(len(places), sorted(files, key=lambda file: file.state is not FileState.WAITING), bare, more)


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    size: int
    modified: int
    owner: int


def _regular(place: HandinSettings) -> Iterator[_Entry]:
    """Yield the files of a place: no directories, no links, which may lead out of it, and no hidden ones."""
    # As the import resolves it, so that both speak of the same file.
    directory = Path(place.directory).resolve()
    with os.scandir(directory) as entries:
        for entry in entries:
            # Systems write under a hidden name until the file is whole; a checksum belongs to the file beside it.
            if entry.name.startswith(".") or entry.name.endswith(CHECKSUM_SUFFIX):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                # Taken away since the directory was asked.
                continue
            if S_ISREG(status.st_mode):
                yield _Entry(directory / entry.name, status.st_size, status.st_mtime_ns, status.st_uid)


def _known(terminal: Terminal, place: HandinSettings, entries: Iterable[_Entry]) -> Iterator[HandedIn]:
    looks = {entry: keeping.look_of(terminal, entry.path, entry.size, entry.modified) for entry in entries}
    with terminal.database.reading() as reading:
        found = outcomes.outcomes_by_look(reading, terminal.vault.rows, list(looks.values()))
    # The clock of the terminal, also for files that a machine with another clock wrote.
    now = clock.now().timestamp()
    for entry, look in looks.items():
        outcome = found.get(look)
        code = _refusal(place, entry) if outcome is None else outcome.code
        state = FileState.WAITING if outcome is None else outcome.state
        if outcome is None and code is not None:
            state = FileState.REFUSED
        yield HandedIn(entry.path, place, entry.size, now - entry.modified / 1e9, state, code, outcome)


def _refusal(place: HandinSettings, entry: _Entry) -> str | None:
    """Return the code of the error that a file will meet by its name or its owner alone."""
    # An import refuses it as well: here the person is told before reading anything.
    try:
        owner = getpwuid(entry.owner).pw_name
    except KeyError:
        owner = ""
    if owner != place.owner:
        return HandinForeign.code
    suffix = entry.path.suffix.lower()
    if suffix in _SPREADSHEETS:
        return FileSpreadsheet.code
    # A layout reads files of any name.
    return None if place.layout or suffix in {CSV, JSON_LINES} else FileSuffixUnknown.code
