"""A layer under SQLite that does what it is told and writes down what that was, in its order."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import apsw

from tests.faults.power_disk import Created, Deleted, Operation, Synced, Truncated, Written

BEGINNING: Final = 2
"""Events of a trace that tell what stood there before the first operation."""
_LAYER: Final = "renkei-recording"
Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A transaction that the program was told is kept: what the database says after it, and its newest log entry."""

    contents: str
    entry: tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys beside the database are now these. They have their own way to the disk: `store.sealing.keyfile`."""

    files: dict[str, bytes]


@dataclass
class Trace:
    """What happened in a directory, from files that were all on the disk; the first events say what they held."""

    before: dict[str, bytes]
    events: list[Operation | Kept | Keys] = field(default_factory=list)


class Recording(apsw.VFS):
    """Records what happens to the database file `database`, to what lies beside it, and to the directory `keys`.

    A subclass may fail an operation in `before`.
    """

    def __init__(self, database: Path, keys: Path, name: str = _LAYER) -> None:
        super().__init__(name, "")
        self.layer = name
        self._database, self._keys = database, keys
        names = {path.name: path.read_bytes() for path in database.parent.iterdir()}
        self.trace = Trace(names, [kept_at(database), Keys(self._read_keys())])

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802  # The name is that of apsw.
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        assert path is not None, "nothing of ours in temporary files"
        if not os.path.exists(path):  # noqa: PTH110  # The path of `apsw` is a text.
            self.note(Created(os.path.basename(path)))  # noqa: PTH119  # The path of `apsw` is a text.
        return _RecordedFile(self, name, flags)

    def xDelete(self, path: str, sync: bool) -> None:  # noqa: FBT001, N802  # The signature is that of apsw.
        super().xDelete(path, sync)
        self.note(Deleted(os.path.basename(path), sync))  # noqa: PTH119  # The path of `apsw` is a text.

    def kept(self) -> None:
        """Write down that a transaction was kept."""
        inner = apsw.Connection(str(self._database), vfs=self.layer)
        self.trace.events.append(_kept(lambda statement: inner.execute(statement).fetchall()))
        inner.close()

    def before(self, operation: Operation, file: apsw.VFSFile) -> None:
        """Be told what is about to be done with a file; an error of apsw's that is raised here becomes SQLite's."""

    def note(self, operation: Operation) -> None:
        """Write down what was done, and the keys when other ones stand there since."""
        keys = next(event for event in reversed(self.trace.events) if isinstance(event, Keys))
        if {path.name for path in self._keys.iterdir()} != keys.files.keys():
            self.trace.events.append(Keys(self._read_keys()))
        self.trace.events.append(operation)

    def _read_keys(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self._keys.iterdir()}


class _RecordedFile(apsw.VFSFile):
    def __init__(self, layer: Recording, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._layer, self._name = layer, Path(path).name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802  # The name is that of apsw.
        operation = Written(self._name, offset, bytes(data))
        self._layer.before(operation, self)
        super().xWrite(data, offset)
        self._layer.note(operation)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802  # The name is that of apsw.
        operation = Truncated(self._name, newsize)
        self._layer.before(operation, self)
        super().xTruncate(newsize)
        self._layer.note(operation)

    def xSync(self, flags: int) -> None:  # noqa: N802  # The name is that of apsw.
        operation = Synced(self._name)
        self._layer.before(operation, self)
        super().xSync(flags)
        self._layer.note(operation)


def kept_at(database: Path) -> Kept:
    """Return what a database says, as Python's own SQLite reads it."""
    with closing(sqlite3.connect(database)) as connection:
        return _kept(lambda statement: connection.execute(statement).fetchall())


def _kept(ask: Ask) -> Kept:
    tables = sorted(name for (name,) in ask("SELECT name FROM sqlite_schema WHERE type = 'table'"))
    # Each row ends up in a line of its own; their order is not the store's promise.
    text = [(table, sorted(map(repr, ask(f'SELECT * FROM "{table}"')))) for table in tables]
    ((seq, digest),) = ask("SELECT seq, hash FROM log_entry ORDER BY seq DESC LIMIT 1")
    return Kept(sha256(repr(text).encode()).hexdigest(), (seq, digest))
