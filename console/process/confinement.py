"""The console confines itself to what it needs, where the kernel can (Landlock, Linux 5.13 and later).

Whoever finds a way out of the screens, or makes a library do something, is then still held to this: no program but our
own interpreter is started, nothing is written but below the terminal's directory and where media are mounted, nothing
is read but that, the system and what other systems hand in, nobody is listened to, and no port is called but those of
the peer. It cannot be taken back, and holds for every thread and process that is started later: so it comes first.

Numbers and structures are those of linux/landlock.h.
"""

import ctypes
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from console.settings import Settings

MEDIA: Final = (Path("/media"), Path("/mnt"), Path("/run/media"))
"""Where media are mounted, by the Filesystem Hierarchy Standard 3.0 and by udisks."""
# What the interpreter, its libraries and the name service read.
_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev", "/run/systemd/resolve")
_DEVICES: Final = ("/dev/tty", "/dev/null", "/dev/pts")

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # System calls, alike on every architecture.
_GET_VERSION: Final = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REFER, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 13, 1 << 14
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_FILES: Final = (1 << 13) - 1  # All rights of the first version: execute, write, read, remove, make.
_READ: Final = _READ_FILE | _READ_DIR
# Without REFER a file cannot be renamed into another directory, not even below the terminal's own.
_LEAST_VERSION: Final = 2
_SINCE_TRUNCATE, _SINCE_NET = 3, 4


class Confinement(NamedTuple):
    """What the kernel holds the console to."""

    files: bool
    network: bool


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64), ("handled_access_net", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    _fields_ = (("allowed_access", ctypes.c_uint64), ("port", ctypes.c_uint64))


class Needs(NamedTuple):
    """What is read, what is written besides, and which ports are called; None where that is not known in time."""

    reads: tuple[Path, ...]
    writes: tuple[Path, ...]
    ports: frozenset[int] | None


def possible() -> Confinement:
    """Return what this kernel can hold a process to."""
    version = _version()
    return Confinement(version >= _LEAST_VERSION, version >= _SINCE_NET)


def needs_of(home: Path, settings: Settings) -> Needs:
    """Return what the console of the terminal at `home` needs."""
    database = settings.database_file(home)
    writes = [home, *MEDIA, *map(Path, _DEVICES)]
    reads = [Path(place.directory) for place in settings.handin]
    if database is not None:
        writes.append(database.parent)
    else:
        from urllib.parse import parse_qsl, urlsplit

        # Certificates for the connection to the database.
        reads += [Path(value) for _, value in parse_qsl(urlsplit(settings.store.url).query) if value.startswith("/")]
    if settings.keys.file:
        # A medium of keys is changed in place when the key changes.
        writes.append(Path(settings.keys.file).parent)
    if directory := os.environ.get("CREDENTIALS_DIRECTORY"):
        reads.append(Path(directory))
    with suppress(OSError):
        # A console of the machine itself has another device than one that came over the network.
        writes.append(Path(os.ttyname(sys.stdin.fileno())))
    if settings.rehearsal:
        # A rehearsal exports beside its world, where nobody has to mount anything.
        writes.append(home.absolute().parent)
    return Needs(tuple(reads), tuple(writes), None if database is None else _ports(database))


def confine(needs: Needs) -> Confinement:
    """Hold this process, and all that it starts, to what it needs; return what the kernel can hold it to.

    Call it before any thread is started. Raises OSError where the kernel refuses what it says it can.
    """
    confinement = possible()
    if not confinement.files:
        return Confinement(files=False, network=False)
    confinement = confinement._replace(network=confinement.network and needs.ports is not None)
    handled = _FILES | _REFER | (_TRUNCATE if _version() >= _SINCE_TRUNCATE else 0)
    ruleset = _Ruleset(handled, _BIND_TCP | _CONNECT_TCP if confinement.network else 0)
    # A kernel that knows nothing of the network knows only the first field.
    size = ctypes.sizeof(ruleset) if confinement.network else ctypes.sizeof(ctypes.c_uint64)
    handle = _call(_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    try:
        for path in (*map(Path, _SYSTEM), *_code(), *needs.reads):
            _allow(handle, path, _READ)
        for path in needs.writes:
            _allow(handle, path, handled & ~_EXECUTE)
        for path in _programs():
            _allow(handle, path, _READ_FILE | _EXECUTE)
        for port in needs.ports if confinement.network and needs.ports is not None else ():
            rule = _NetPort(_CONNECT_TCP, port)
            _call(_ADD_RULE, handle, _NET_PORT, ctypes.byref(rule), 0)
        _call(_RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)
    return confinement


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Allow `rights` below a directory, or on a file; what is not there needs no rule."""
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not path.is_dir():
                rights &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
            rule = _PathBeneath(rights, opened)
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(opened)


def _code() -> Iterator[Path]:
    """Yield where Python and our own modules lie: some are imported when they are first used."""
    yield from (Path(place) for place in {sys.prefix, sys.base_prefix, *filter(None, sys.path)})
    yield Path(__file__).parents[1]


def _programs() -> Iterator[Path]:
    """Yield the one program that may be started, our own interpreter, and the loader that the kernel starts it with."""
    interpreter = Path(sys.executable).resolve()
    yield interpreter
    yield from {path.resolve() for path in Path("/lib64").glob("ld-linux*") if path.exists()}
    yield from {path.resolve() for path in Path("/lib").glob("ld-linux*") if path.exists()}


def _ports(database: Path) -> frozenset[int]:
    """Return the ports of every version of the peer, those to come as well.

    Read without the store, whose import the first paint does not wait for. A row that somebody changed is found where
    it is used; here it can only open a port that no peer answers with the right key.
    """
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as reading,
    ):
        return frozenset(int(port) for (port,) in reading.execute("SELECT port FROM peer_version"))
    return frozenset()


def _version() -> int:
    """Return the version of Landlock's interface; 0 where the kernel has none, or was started without it."""
    version: int = _libc().syscall(_CREATE_RULESET, None, 0, _GET_VERSION)
    return max(version, 0)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc().syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
