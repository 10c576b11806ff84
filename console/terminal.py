"""An opened terminal: the directory that `renkei init` made, with everything in it that the jobs work on.

The heavy libraries are imported here, so this module is imported after the login screen was painted.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from console.errors import SettingsInvalid
from console.keysource import KEYS, key_source
from console.settings import Settings
from store import clock
from store.database import Database
from store.errors import KeyFileDamaged
from store.log import Log, Origin, SigningKeys
from store.log.terminals import from_texts, to_texts
from store.message.checks.values import check_digit
from store.people import Pepper
from store.sealing.keyfile import read_whole_key_file, write_key_file
from store.sealing.sources import KeySource, PassphraseParts
from store.sealing.vault import Vault
from transport.parties.identity import Identity
from transport.parties.keyring import KeyRing

if TYPE_CHECKING:
    from store.errors import StoreError

PEPPER_KEY: Final = KEYS / "pepper.key"
LINE_KEYS: Final = KEYS / "line"
LOG_KEYS: Final = KEYS / "log"
_ORIGIN: Final = KEYS / "origin"
_LONGEST_ORIGIN: Final = 256


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Entries that no checkpoint signs yet: which checkpoint they come `after`, and when this process saw them first.

    `seen_at` is in seconds of the monotonic clock.
    """

    after: int
    seen_at: float


class Terminal:
    """One municipality's terminal. It may be used from several threads; `close` it when done."""

    def __init__(
        self, home: Path, settings: Settings, database: Database, vault: Vault, pepper: Pepper, key_source: KeySource
    ) -> None:
        self.home = home
        self.settings = settings
        self.database = database
        self.vault = vault
        self.key_source = key_source
        self.pepper = pepper
        self.log = Log(self.name, SigningKeys(home / LOG_KEYS), origin=read_origin(home))
        self.halted: StoreError | None = None
        """Why no new work may begin here, as found by `console.jobs.checkpoints`; None when all is well."""
        self.unsigned: Unsigned | None = None
        """What waits for a checkpoint, as `console.jobs.checkpoints` saw it last; None when nothing does."""

    @classmethod
    def open(cls, home: Path, parts: PassphraseParts | None = None) -> "Terminal":
        """Open the terminal at `home`, whose key two persons may have to give their `parts` for.

        Raises a HomeFault, SettingsFault, KeyFileFault or DatabaseFault; each says which part cannot be used and why.
        """
        settings = Settings.load(home)
        _refuse_unknown_municipality(settings)
        source = key_source(settings, home, parts)
        vault = Vault.open(source, terminal_id=queue_name(settings, home))
        pepper = Pepper.open(home / PEPPER_KEY)
        return cls(home, settings, Database.open(settings.database_url(home)), vault, pepper, source)

    @property
    def name(self) -> str:
        """Which of the municipality's terminals this is, as it signs."""
        return self.settings.terminal.id

    @cached_property
    def keys(self) -> KeyRing:
        """The terminal's keys for the line over time."""
        return KeyRing(self.home / LINE_KEYS, self.vault.cover)

    @property
    def identity(self) -> Identity:
        """The terminal's keys for the line in use now. Raises an IdentityFault."""
        return self.keys.in_use(clock.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def queue_name(settings: Settings, home: Path) -> str:
    """Return the name of the queue that the terminal at `home` works on: that of the terminal that began it.

    Sealed values are bound to it, and their row's id is one among all terminals: whoever of them opens a value, it
    opens in its own row of its own queue alone.
    """
    origin = read_origin(home)
    return settings.terminal.id if origin is None else origin.name


def write_origin(home: Path, name: str, root: bytes) -> None:
    """Keep who began the queue that the terminal at `home` shares."""
    write_key_file(home / _ORIGIN, "\n".join(to_texts({name: root})).encode("ascii"))


def read_origin(home: Path) -> Origin | None:
    """Return who began the queue, where that was another terminal. Raises KeyFileExposed, KeyFileDamaged."""
    if not (home / _ORIGIN).exists():
        return None
    read = from_texts(read_whole_key_file(home / _ORIGIN, most=_LONGEST_ORIGIN).decode("ascii", "replace").splitlines())
    if read is None or len(read) != 1:
        raise KeyFileDamaged(file=_ORIGIN.name)
    ((name, root),) = read.items()
    return Origin(name, root)


def _refuse_unknown_municipality(settings: Settings) -> None:
    """Refuse a code whose check digit is wrong: no record would pass. The rule stands in the store, once."""
    code = settings.municipality.code
    if check_digit(code) != code[-1]:
        raise SettingsInvalid(setting="municipality.code", wanted=code[:-1] + check_digit(code))
