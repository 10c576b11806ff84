"""Upgrading a terminal's database to the version of the program: only when somebody asks for it, never by itself."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from console.keysource import key_source
from console.settings import Settings
from console.terminal import log_at, queue_name
from store import first_seals, migrations
from store.comparison import Comparison
from store.database import Database
from store.errors import LogBroken
from store.log import Event
from store.sealing.sources import PassphraseParts
from store.sealing.vault import Vault


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The database's revision before and after; both are the same when there was nothing to do.

    `unsealed` are rows that did not agree with the log: nobody decides on them.
    """

    before: str
    after: str
    unsealed: Comparison = field(default_factory=Comparison)


def upgrade(home: Path, *, owner_url: str | None = None, parts: PassphraseParts | None = None) -> Upgraded:
    """Upgrade the database of the terminal at `home`, completely or not at all, and record it.

    Nobody can log on before the upgrade, so it asks for no person: anybody who can read the terminal's directory may do
    it. Rows that have no seals yet are sealed as far as the log agrees with them. Raises LogBroken, DatabaseNewer,
    other DatabaseFaults, SettingsFaults and KeyFileFaults.
    """
    settings = Settings.load(home)
    vault = Vault.open(key_source(settings, home, parts), terminal_id=queue_name(settings, home))
    log = log_at(home, settings)
    unsealed = Comparison()

    def finish(tx: Connection, before: str) -> None:
        nonlocal unsealed
        if int(before) < first_seals.SINCE:
            # The log decides which rows are right, so it has to be right itself.
            verification = log.verify(tx)
            if not verification.ok:
                raise LogBroken(first_bad=verification.first_bad or 0)
            unsealed = first_seals.seal_rows(tx, vault)
        elif int(before) < first_seals.STAFF_SINCE:
            unsealed = first_seals.reseal_people(tx, vault)
        detail: dict[str, str | int] = {"from": before, "to": migrations.HEAD}
        if not unsealed.ok:
            detail["bad"] = unsealed.differences
        log.append(tx, Event.TERMINAL_UPGRADED, actor=None, session=None, detail=detail)

    before, after = Database.upgrade(settings.database_url(home), owner_url=owner_url, finish=finish)
    return Upgraded(before, after, unsealed)
