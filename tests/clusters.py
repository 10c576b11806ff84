"""A private PostgreSQL server for the tests: on a socket in a directory of its own, gone when they end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy.engine import make_url

from store.database import Database

ON_SQLITE: Final = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""For tests of what SQLite alone does; all others of the store run on both engines."""
ON_POSTGRESQL: Final = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
"""For tests of what PostgreSQL alone does."""

SQLITE_FIRST: Final = pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True
)
"""For tests of many steps, whose statements other tests of the store hand to both engines each time."""

WORKER: Final = "renkei"
OWNER: Final = "renkei-owner"
_MEMORY: Final = "/dev/shm"
_PLACES: Final = "/usr/lib/postgresql"
_DEADLINE_SECONDS: Final = 60


class ClusterMissing(Exception):
    """PostgreSQL is not installed here, or nobody is there who could run it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server. Whoever asks for a role gets in: the socket's directory is the tests' own."""

    programs: Path
    socket: Path
    user: str
    _numbers: Iterator[int] = field(default_factory=count)
    _shared: dict[str, str] = field(default_factory=dict)

    def new_database(self, owner: str = WORKER) -> str:
        """Make an empty database that belongs to `owner`; return its URL for the role that works."""
        return self._new_database(owner, "template1")

    def new_store(self) -> str:
        """Make a database with the store's tables, quicker than the store itself would; return its URL."""
        first = "store" not in self._shared
        template = self.shared_database("store")
        if first:
            Database.create(template).close()
        return self.copy_of(template)

    def shared_database(self, name: str) -> str:
        """Return the URL of the database of that name, for the tests to fill once and to copy then."""
        if name not in self._shared:
            self._shared[name] = self.new_database()
        return self._shared[name]

    def copy_of(self, url: str) -> str:
        """Copy a database that nobody is connected to; return the copy's URL."""
        return self._new_database(WORKER, make_url(url).database or "")

    def _new_database(self, owner: str, template: str) -> str:
        name = f"renkei-{next(self._numbers)}"
        self.sql(f'CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    def administrator_of(self, url: str) -> str:
        """Return how the administrator connects to a database, for psycopg."""
        return f"host={self.socket} dbname={make_url(url).database} user={self.user}"

    def places_of(self, url: str) -> list[Path]:
        """Return the directories that hold a database and what all share, its log of writes among them."""
        name = make_url(url).database
        number = self.sql(f"SELECT oid FROM pg_database WHERE datname = '{name}'")
        data = self.socket / "data"
        return [
            data / "base" / str(number),
            *(path for path in data.iterdir() if path.is_dir() and path.name != "base"),
        ]

    def set(self, setting: str) -> None:
        """Change a setting of the running server, such as "fsync = off"."""
        self.sql(f"ALTER SYSTEM SET {setting}")
        self.sql("SELECT pg_reload_conf()")
        name, _, wanted = setting.partition(" = ")
        while self.sql(f"SHOW {name}") != wanted:
            pass

    def url(self, database: str, role: str = WORKER) -> str:
        """Return the URL of a database for a role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket}"

    def sql(self, statement: str, database: str = "postgres") -> object:
        """Run a statement as the administrator; return the first value of its first row, if it has any."""
        import psycopg

        where = f"host={self.socket} dbname={database} user={self.user}"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@contextmanager
def running(directory: Path | None = None) -> Iterator[Cluster]:
    """Run a new server while the block lasts, in `directory` if its disk matters. Raises ClusterMissing."""
    programs = _programs()
    user = _unprivileged()
    # Not pytest's own directory: a socket's path may not be longer than 107 bytes.
    # In memory where there is such a place: the server syncs its files as it does anywhere, and waits for no disk.
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="renkei-pg-", dir=directory or memory, ignore_cleanup_errors=True) as name:
        place = Path(name)
        shutil.chown(place, user)
        data = place / "data"
        _run(user, programs / "initdb", "-D", data, "-U", user, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{place}' -c max_connections=60"
        control = (programs / "pg_ctl", "-D", data, "-w", "-s")
        _run(user, *control, "-l", place / "server.log", "-o", options, "start")
        try:
            cluster = Cluster(programs, place, user)
            cluster.sql(f'CREATE ROLE "{OWNER}" LOGIN')
            cluster.sql(f'CREATE ROLE "{WORKER}" LOGIN')
            yield cluster
        finally:
            _run(user, *control, "-m", "immediate", "stop")


def _programs() -> Path:
    for place in sorted(Path(_PLACES).glob("*/bin"), reverse=True):
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    found = shutil.which("initdb")
    if found is None:
        raise ClusterMissing
    return Path(found).resolve().parent


def _unprivileged() -> str:
    """Return who runs the server, which refuses to be root: who runs the tests, else the system's own postgres."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ClusterMissing


def _run(user: str, *command: str | Path) -> None:
    mine = os.geteuid() == pwd.getpwnam(user).pw_uid
    who = () if mine else ("setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups")
    subprocess.run(
        [*who, *map(str, command)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        timeout=_DEADLINE_SECONDS,
    )
