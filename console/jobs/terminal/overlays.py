"""What the terminal's directory would lay over the dated tables, and what two persons have brought into force of it.

A file in `tables/` has the name and the form of a table of the package. It changes what passes as lawful, so it is a
setting that carries a protection: until an officer and a second person confirm it, what was in force before holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.terminal import Terminal
from store import settings_in_force
from store.message import overlays
from store.message.errors import TableFault, TableUnreadable
from store.settings_in_force import TABLES_PREFIX, SettingInForce, as_logged

TABLES: Final = Path("tables")
_MOST_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class OverlaidTable:
    """A table that the terminal amends, or would amend.

    `given` and `in_force` are the texts, empty where the package's own table holds. `codes` are those of which the two
    say different things. `fault` is why the file cannot come into force.
    """

    name: str
    given: str
    in_force: str
    codes: tuple[str, ...] = ()
    fault: TableFault | None = None
    since: int | None = None
    officer: str | None = None
    second: str | None = None

    @property
    def setting(self) -> str:
        """The name under which it is kept and logged."""
        return TABLES_PREFIX + self.name

    @property
    def pending(self) -> bool:
        """Whether the file is not in force, or is gone and still in force."""
        return self.given != self.in_force or self.fault is not None


def known(terminal: Terminal) -> list[OverlaidTable]:
    """Return the tables that the terminal amends or would amend, by name."""
    with terminal.database.reading() as reading:
        held = settings_in_force.in_force(reading, terminal.vault.rows, terminal.name)
    # A file may be new, changed, wrong or gone, and what is in force may have no file any more: each has its line.
    texts, faults = _examined(terminal.home)
    in_force = {name.removeprefix(TABLES_PREFIX): each for name, each in held.items() if name.startswith(TABLES_PREFIX)}
    named = {*texts, *faults, *in_force}
    found = [_of(name, texts.get(name, ""), in_force.get(name), faults.get(name)) for name in named]
    return sorted((each for each in found if each.given or each.in_force or each.fault), key=lambda each: each.name)


def sound(home: Path) -> dict[str, str]:
    """Return the files in the directory `tables/`, which come into force together. Raises the first TableFault."""
    texts = {path.name: _read(path) for path in files(home)}
    overlays.check(texts)
    return texts


def changes(texts: Mapping[str, str], held: Mapping[str, SettingInForce]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the former text and the new one of each table for which `held` is not what the files say."""
    # A file that is gone is a change as well: the package's table takes its place.
    former = settings_in_force.laid_over(held)
    for name in sorted({*texts, *former}):
        if texts.get(name, "") != former.get(name, ""):
            yield TABLES_PREFIX + name, former.get(name, ""), texts.get(name, "")


def digest(text: str) -> str:
    """Return what the log has of a text that is laid over a table."""
    return as_logged(TABLES_PREFIX, text)


def _of(name: str, text: str, held: SettingInForce | None, fault: TableFault | None) -> OverlaidTable:
    if held is None:
        return OverlaidTable(name, text, "", _differing(name, text, "", fault), fault)
    codes = _differing(name, text, held.value, fault)
    return OverlaidTable(name, text, held.value, codes, fault, held.since, held.officer, held.second)


def _differing(name: str, text: str, former: str, fault: TableFault | None) -> tuple[str, ...]:
    if fault is not None or text == former:
        return ()
    try:
        before, after = (overlays.said_of(name, each) if each else {} for each in (former, text))
    except TableFault:
        # What was in force has a form that this version of the program does not know.
        return ()
    return tuple(code for code in {**before, **after} if before.get(code) != after.get(code))


def _examined(home: Path) -> tuple[dict[str, str], dict[str, TableFault]]:
    """Return the files that can be read, and by the name of its file each fault that keeps them out of force."""
    texts: dict[str, str] = {}
    faults: dict[str, TableFault] = {}
    for path in files(home):
        try:
            texts[path.name] = _read(path)
        except TableFault as fault:
            faults[path.name] = fault
    # All of them together, as they would come into force: one may point at what another brings.
    try:
        overlays.check(texts)
    except TableFault as fault:
        faults[fault.facts["table"]] = fault
    return texts, faults


def files(home: Path) -> list[Path]:
    """Return the files that are to be laid over the tables, by name; they are there only where a table is amended."""
    # A leading dot is a draft of an editor.
    return sorted(path for path in (home / TABLES).glob("[!.]*") if path.is_file())


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            # One byte more than is allowed, to notice a longer file without reading it whole.
            raw = stream.read(_MOST_BYTES + 1)
    except OSError:
        raise TableUnreadable(table=path.name, line="?") from None
    if len(raw) > _MOST_BYTES:
        raise TableUnreadable(table=path.name, line="?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableUnreadable(table=path.name, line=str(raw[: error.start].count(b"\n") + 1)) from None
