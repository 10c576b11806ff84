"""Bringing a terminal's database to the version of the program, when somebody asks for it and never by itself."""

from dataclasses import dataclass
from pathlib import Path

from console.settings import Settings
from console.terminal import Terminal
from store.database import Database
from store.log import Event
from store.sealing.sources import PassphraseParts


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The database's version before and after; the same when there was nothing to do."""

    before: str
    after: str


def upgrade(home: Path, *, owner_url: str | None = None, parts: PassphraseParts | None = None) -> Upgraded:
    """Upgrade the database of the terminal at `home`, whole or not at all, and record it.

    Nobody can log on before that, so whoever may read the terminal's directory does it. Raises DatabaseNewer, other
    DatabaseFaults, SettingsErrors and KeyFileFaults.
    """
    before, after = Database.upgrade(Settings.load(home).database_url(home), owner_url=owner_url)
    if before != after:
        with Terminal.open(home, parts) as terminal, terminal.database.writing() as tx:
            told = {"from": before, "to": after}
            terminal.log.append(tx, Event.TERMINAL_UPGRADED, actor=None, session=None, detail=told)
    return Upgraded(before, after)
