"""The directory of a reference agency: its settings, keys, database and technical log."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from transport import wire
from transport.agency.database import AgencyDatabase
from transport.errors import AgencyBusy, AgencyExists, AgencyMissing
from transport.parties.identity import Identity
from transport.parties.key_files import write_new
from transport.parties.keyring import KeyRing
from transport.record_file import append_record

_SETTINGS: Final = "agency.json"
_IDENTITY: Final = "identity"
_DATABASE: Final = "agency.db"
_TECHNICAL_LOG: Final = "technical.log"
_LOCK: Final = "agency.lock"


@dataclass(frozen=True, slots=True)
class AgencySettings:
    """Where the agency listens (port 0: any free port at each start), and the name of its version."""

    address: str
    port: int
    version: str


class AgencyHome:
    """A directory that was prepared for an agency."""

    def __init__(self, path: Path) -> None:
        """Read the settings of the agency prepared at `path`. Raises AgencyMissing."""
        self._path: Final = path
        try:
            raw = (path / _SETTINGS).read_bytes()
            value = wire.only(wire.decode(raw, "settings"), "address", "port", "version")
            self.settings: Final = AgencySettings(
                wire.text(value["address"], "address", 64),
                wire.whole(value["port"], "port", most=65535),
                wire.name(value["version"], "version"),
            )
        except (OSError, wire.WireError) as error:
            raise AgencyMissing from error

    @classmethod
    def create(cls, path: Path, settings: AgencySettings) -> "AgencyHome":
        """Make the directory (mode 0700, or one that is empty) with its settings and an empty database.

        Raises AgencyExists.
        """
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise AgencyExists
        AgencyDatabase.create(path / _DATABASE)
        raw = wire.encode({"address": settings.address, "port": settings.port, "version": settings.version})
        # The settings come last: without them the directory does not count as an agency.
        write_new(path / _SETTINGS, raw, mode=0o600)
        return cls(path)

    @property
    def identity_directory(self) -> Path:
        """The directory of the keys."""
        return self._path / _IDENTITY

    @cached_property
    def keys(self) -> KeyRing:
        """All identities of the agency over time."""
        return KeyRing(self.identity_directory)

    def identity(self, at: datetime) -> Identity:
        """Return the agency's identity in use at the moment `at`. Raises IdentityFault leaves."""
        return self.keys.in_use(at)

    @contextmanager
    def database(self) -> Iterator[AgencyDatabase]:
        """Open the database and close it afterwards. Raises AgencyUnsafe, AgencyVersionUnknown."""
        database = AgencyDatabase(self._path / _DATABASE)
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only server on this directory. Raises AgencyBusy."""
        # The system releases the lock when the process ends, in whatever way. A file with a process id would be left
        # behind by a kill.
        handle = os.open(self._path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AgencyBusy from error
            yield
        finally:
            os.close(handle)

    def record_incident(self, code: str, cause: BaseException | None = None) -> str:
        """Write an incident into the technical log and return its number. Only code and type of error are written.

        The text of an error might hold personal data.
        """
        number = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        line = f"{number} {code} {type(cause).__name__ if cause else '-'}\n"
        append_record(self._path / _TECHNICAL_LOG, line)
        return number
