"""Upgrading a terminal's database to the version of the program: only when somebody asks for it, never by itself."""

from dataclasses import dataclass
from pathlib import Path

from console.settings import Settings
from console.terminal import Terminal
from store.database import Database
from store.log import Event
from store.sealing.sources import PassphraseParts


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The database's revision before and after; both are the same when there was nothing to do."""

    before: str
    after: str


def upgrade(home: Path, *, owner_url: str | None = None, parts: PassphraseParts | None = None) -> Upgraded:
    """Upgrade the database of the terminal at `home`, completely or not at all, and record it.

    Nobody can log on before the upgrade, so it asks for no person: anybody who can read the terminal's directory may do
    it. Raises DatabaseNewer, other DatabaseFaults, SettingsFaults and KeyFileFaults.
    """
    before, after = Database.upgrade(Settings.load(home).database_url(home), owner_url=owner_url)
    if before != after:
        # Only now: the log lies in the same database, which this program could not open at its former revision.
        with Terminal.open(home, parts) as terminal, terminal.database.writing() as tx:
            detail = {"from": before, "to": after}
            terminal.log.append(tx, Event.TERMINAL_UPGRADED, actor=None, session=None, detail=detail)
    return Upgraded(before, after)
