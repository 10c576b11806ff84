"""An open terminal: the directory that `renkei init` made, and everything in it that the jobs work on.

This module imports the heavy libraries, so nothing may import it before the login screen has been painted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from console import protections
from console.errors import SettingFixed, SettingsInvalid
from console.keysource import KEYS, key_source
from console.settings import FILE_NAME, Settings, invalid, place_in
from store import clock, settings_in_force
from store.database import Database
from store.errors import DatabaseDamaged, IntegrityFault, KeyFileDamaged
from store.log import Log, Origin, SigningKeys
from store.log.terminals import from_texts, to_texts
from store.message import overlays
from store.message.declarations.values import check_digit
from store.message.errors import TableFault
from store.message.table_files import laid_over, lay_over
from store.people import Pepper
from store.sealing.keyfile import read_whole_key_file, write_key_file
from store.sealing.sources import KeySource, PassphraseParts
from store.sealing.vault import Vault
from store.settings_in_force import SETTINGS_IN_FORCE, SettingInForce
from transport.errors import IdentityFault
from transport.parties.identity import Identity, certified_name
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
    """One terminal of a municipality. Several threads may use it at once; `close` it when done."""

    def __init__(
        self, home: Path, settings: Settings, database: Database, vault: Vault, pepper: Pepper, key_source: KeySource
    ) -> None:
        self.home = home
        self.given = settings
        """What the settings file says, pending changes included."""
        self.settings = settings
        """The settings in force: see `take_settings`."""
        self.database = database
        self.vault = vault
        self.key_source = key_source
        self.pepper = pepper
        self.log = log_at(home, settings)
        # Not stored: every opening examines the log again, and a database that was set back could have forgotten it.
        self.halted: StoreError | None = None
        """Why no new work may begin here; None when all is well. `console.jobs.checkpoints` sets it."""
        self.tables_fault: StoreError | None = None
        """Why what two persons laid over the tables cannot be used; None when all is well. See `take_tables`."""
        self.unsigned: Unsigned | None = None
        """What waits for a checkpoint, as `console.jobs.checkpoints` saw it last; None when nothing does."""

    @classmethod
    def open(cls, home: Path, parts: PassphraseParts | None = None) -> "Terminal":
        """Open the terminal at `home`; `parts` are needed where two persons' passphrase wraps its key.

        Raises a HomeFault, SettingsFault, KeyFileFault or DatabaseFault; each says which part cannot be used and why.
        """
        settings = Settings.load(home)
        refuse_unknown_municipality(settings, home / FILE_NAME)
        refuse_other_name(settings, home)
        # The database is opened last: whatever fails before it leaves no connection open.
        source = key_source(settings, home, parts)
        queue = queue_name(settings, home)
        vault, pepper = Vault.open(source, terminal_id=queue), Pepper.open(home / PEPPER_KEY, queue=queue)
        terminal = cls(home, settings, Database.open(settings.database_url(home)), vault, pepper, source)
        try:
            terminal.take_settings()
            terminal.take_tables()
        except BaseException:
            terminal.close()
            raise
        return terminal

    def take_settings(self) -> None:
        """Take the settings in force: those of the file, but what carries a protection as two persons confirmed it.

        Another process may have brought a change into force, so a console does this again and again. Values that seal
        or log do not prove halt new work. Raises DatabaseFaults.
        """
        # The gates read this at each act, so that what somebody else wrote weakens nothing even for a moment.
        try:
            with self.database.reading() as reading:
                values = _values(settings_in_force.in_force(reading, self.vault.rows, self.name))
        except IntegrityFault as error:
            # People have to open the terminal to look into it. Until then everything protects as it does by default.
            self.halted = error
            values = {name: protections.default_of(name) for name in protections.names()}
        self.settings = protections.with_values(self.given, values)

    def take_tables(self) -> None:
        """Take what two persons laid over the dated tables: at the opening, and whenever somebody logs on.

        In between nothing changes, so that all work of a session goes by the same tables. What cannot be used, as after
        an upgrade, lets no new work begin; the package's own tables then only name what is shown.
        """
        # Nothing is laid over the tables before seal, log and check have all let it pass.
        self.tables_fault, texts = None, {}
        try:
            with self.database.reading() as reading:
                held = settings_in_force.in_force(reading, self.vault.rows, self.name)
                settings_in_force.refuse_missing(reading, self.name, held)
            texts = settings_in_force.laid_over(held)
            # What already lies there has passed; checking it takes some hundredths of a second.
            if texts != laid_over():
                overlays.check(texts)
        except (IntegrityFault, TableFault) as error:
            # Where values of settings are not proved, that has halted all work, and is told once.
            self.tables_fault, texts = None if self.halted is not None else error, {}
        lay_over(texts)

    @property
    def name(self) -> str:
        """The name under which this terminal signs, unique among those of the municipality."""
        return self.settings.terminal.id

    # Made when first used: most commands never touch the line.
    @cached_property
    def keys(self) -> KeyRing:
        """All generations of the terminal's keys for the line: former, in use and coming."""
        return KeyRing(self.home / LINE_KEYS, self.vault.cover)

    @property
    def identity(self) -> Identity:
        """The keys for the line that are in use now. Raises an IdentityFault."""
        # Asked each time and never cached: the next generation takes over by itself while the console is open.
        return self.keys.in_use(clock.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def _values(held: Mapping[str, SettingInForce]) -> dict[str, protections.Value]:
    """Return the values in force. Raises DatabaseDamaged where none was ever possible."""
    try:
        return {name: protections.read(name, held[name].value) for name in protections.names() if name in held}
    except SettingsInvalid:
        raise DatabaseDamaged(file=SETTINGS_IN_FORCE.name) from None


def queue_name(settings: Settings, home: Path) -> str:
    """Return the name of the queue that the terminal at `home` works on: the name of the terminal that began it.

    Sealed values are bound to this name and to the id of their row. Row ids are unique across all terminals of a queue,
    so a sealed value opens only in its own row of its own queue, whichever terminal opens it.
    """
    origin = read_origin(home)
    return settings.terminal.id if origin is None else origin.name


def log_at(home: Path, settings: Settings) -> Log:
    """Return the log as the terminal at `home` writes it. Raises KeyFileExposed, KeyFileDamaged."""
    return Log(settings.terminal.id, SigningKeys(home / LOG_KEYS), origin=read_origin(home))


def write_origin(home: Path, name: str, root: bytes) -> None:
    """Store the name and the first public key (32 bytes) of the terminal that began the queue shared by `home`."""
    write_key_file(home / _ORIGIN, "\n".join(to_texts({name: root})).encode("ascii"))


def read_origin(home: Path) -> Origin | None:
    """Return the terminal that began the queue; None when it is this one. Raises KeyFileExposed, KeyFileDamaged."""
    if not (home / _ORIGIN).exists():
        return None
    # Read as strictly as a key: replacing it would make this terminal trust the first key of another log.
    text = read_whole_key_file(home / _ORIGIN, most=_LONGEST_ORIGIN).decode("ascii", "replace")
    origins = from_texts(text.splitlines())
    if origins is None or len(origins) != 1:
        raise KeyFileDamaged(file=_ORIGIN.name)
    ((name, root),) = origins.items()
    return Origin(name, root)


def refuse_other_name(settings: Settings, home: Path) -> None:
    """Raise SettingFixed when the terminal at `home` was made under another name.

    Everything sealed and signed is bound to that name; without this, the keys would seem to be damaged.
    """
    try:
        name = certified_name(home / LINE_KEYS)
    except IdentityFault:
        # Whoever needs the keys of the line says what is wrong with them.
        return
    if name != settings.terminal.id:
        raise SettingFixed(setting="terminal.id", was=name, found=settings.terminal.id)


def refuse_unknown_municipality(settings: Settings, file: Path | None = None) -> None:
    """Raise SettingsInvalid for a municipality code whose check digit is wrong; `file` is where it was read."""
    # Every record names the municipality, so with a wrong code each of them would be refused later, one by one.
    code = settings.municipality.code
    if check_digit(code) != code[-1]:
        error = invalid("municipality.code", code, code[:-1] + check_digit(code))
        raise error if file is None else place_in(file, error)
