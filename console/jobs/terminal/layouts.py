"""The layouts (取込様式) of a terminal: which it has, which of them two persons confirmed, and beginning one.

A layout decides what a file is taken to say, so it carries a protection as some settings do: its digest comes into
force by an officer and a second person (`console.jobs.terminal.protections`), and no other content of it is used.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.configuration import toml_file
from console.configuration.handins import place_of
from console.configuration.layout_text import LAYOUTS, LayoutText, file_of
from console.errors import SettingsFault
from console.files import new_file
from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import settings_in_force
from store.errors import FileUnreadable
from store.message.errors import LayoutFault, LayoutInvalid, LayoutMissing, LayoutUnconfirmed, LayoutUnreadable
from store.message.files.drafting import BEGINNING_BYTES, drafted
from store.rights import Right
from store.settings_in_force import SettingInForce

PREFIX: Final = "layouts."
"""Begins the name under which a layout is kept and logged, among the settings that carry a protection."""
NEVER: Final = "none"
"""Stands in an entry for a layout that was not confirmed before."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class KnownLayout:
    """A layout of the terminal: the digest of its file and of what is in force, each None where there is none.

    `fault` is why the file cannot come into force.
    """

    name: str
    given: str | None
    in_force: str | None
    fault: LayoutFault | None = None

    @property
    def setting(self) -> str:
        """The name under which it is kept and logged."""
        return PREFIX + self.name

    @property
    def pending(self) -> bool:
        """Whether the file is not what two persons confirmed."""
        return self.given != self.in_force or self.fault is not None


def known(terminal: Terminal) -> list[KnownLayout]:
    """Return the layouts that have a file, by name."""
    with terminal.database.reading() as reading:
        held = settings_in_force.in_force(reading, terminal.vault.rows, terminal.name)
    return [_known(terminal.home, name, held.get(PREFIX + name)) for name in _names(terminal.home)]


def sound(terminal: Terminal) -> dict[str, str]:
    """Return the digests of all layouts by their names as settings. Raises the LayoutFault of the first wrong one."""
    # All or none: two persons agree on what they saw, and not on a part of it.
    texts = [_read(terminal.home, name) for name in _names(terminal.home)]
    for text in texts:
        text.parsed()
    return {PREFIX + text.name: text.digest for text in texts}


def changes(digests: Mapping[str, str], held: Mapping[str, SettingInForce]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the former digest and the new one of each layout for which `held` is not what its file says."""
    for name, digest in digests.items():
        former = held[name].value if name in held else NEVER
        if former != digest:
            yield name, former, digest


def chosen(terminal: Terminal, name: str, *, even_unconfirmed: bool = False) -> LayoutText:
    """Return the layout of that name for the reading of files.

    Raises LayoutMissing, LayoutUnreadable, LayoutInvalid, and LayoutUnconfirmed unless two persons confirmed just this.
    """
    # Read once: what is checked here is what the import goes by, whatever happens to the file.
    text = _read(terminal.home, name)
    text.parsed()
    if not even_unconfirmed:
        with terminal.database.reading() as reading:
            held = settings_in_force.in_force(reading, terminal.vault.rows, terminal.name)
        if not _holds(text, held):
            raise LayoutUnconfirmed(layout=name)
    return text


def of_file(terminal: Terminal, file: Path, name: str | None, *, even_unconfirmed: bool = False) -> LayoutText | None:
    """Return the layout `name` for the reading of `file`, without a name that of the place where it was handed in.

    None stands for files that hold records as they are. Raises what `place_of` and `chosen` do.
    """
    place = place_of(terminal.settings.handin, file)
    wanted = name or (place.layout if place is not None else "")
    return chosen(terminal, wanted, even_unconfirmed=even_unconfirmed) if wanted else None


def draft(terminal: Terminal, session: Session, file: Path, name: str) -> Path:
    """Begin the layout `name` from a file of the system for which it is meant; return the new file.

    It holds nothing of the records but the header. Raises RightMissing, LayoutInvalid for the name, FileUnreadable,
    FileNotRecords, FileExists, FileUnwritable.
    """
    admit(terminal, session, Right.ENTER)
    if _NAME.fullmatch(name) is None:
        raise LayoutInvalid(item="NAME", wanted="[a-z0-9-], 1–32", place="--name")
    if not file.is_file():
        raise FileUnreadable(file=file.name)
    try:
        with file.open("rb") as stream:
            beginning = stream.read(BEGINNING_BYTES)
    except OSError as error:
        raise FileUnreadable(file=file.name) from error
    text = drafted(beginning, file.name)
    path = terminal.home / file_of(name)
    # Made with the first layout: a terminal that needs none has no such directory.
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with new_file(path) as out:
        out.write(text.encode())
    return path


def _holds(text: LayoutText, held: Mapping[str, SettingInForce]) -> bool:
    setting = held.get(PREFIX + text.name)
    return setting is not None and setting.value == text.digest


def _known(home: Path, name: str, held: SettingInForce | None) -> KnownLayout:
    in_force = None if held is None else held.value
    try:
        text = _read(home, name)
        text.parsed()
    except LayoutFault as fault:
        return KnownLayout(name, None, in_force, fault)
    return KnownLayout(name, text.digest, in_force)


def _names(home: Path) -> list[str]:
    return sorted(path.stem for path in (home / LAYOUTS).glob("*.toml") if _NAME.fullmatch(path.stem))


def _read(home: Path, name: str) -> LayoutText:
    # Names come from the directory and never the other way round, so no name leads out of it.
    if name not in _names(home):
        raise LayoutMissing(layout=name, known=", ".join(_names(home)) or "-")
    path = file_of(name)
    try:
        return LayoutText(name, toml_file.read_text(home / path))
    except SettingsFault as fault:
        raise LayoutUnreadable(place=f"{path}:{fault.facts.get('line', '?')}") from None
