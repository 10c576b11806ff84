"""A disk after a power cut: what was synced is there; of what was not, each sector is there or is not.

Files are told apart from their names. A write, a truncation or a new length that was not synced may have reached the
disk in any part and any order, in sectors of 512 bytes, each of which is whole: the one thing that disks promise. A
sector that was written several times may stand there as it was after any of them. Names appear and vanish in the order
of the calls, as journaling file systems keep them, but may be behind. Sectors that two files share, and disks that lie
about syncing, are not modelled.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

SECTOR: Final = 512
# How likely an unsynced sector is to have reached the disk: drawn for each cut, so that nothing, all, and most of it
# are as frequent as halves.
_CHANCES: Final = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Created:
    """A name that is new; it is empty."""

    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at an offset."""

    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A new length."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """All of a file is on the disk, and its name: SQLite's own layer syncs the directory with a new file's first."""

    name: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A name that is gone; `synced` when its directory was synced after it."""

    name: str
    synced: bool


Operation = Created | Written | Truncated | Synced | Deleted


@dataclass
class _File:
    """What of a file is on the disk, and what has been done to it since."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Written | Truncated] = field(default_factory=list)

    def sync(self) -> None:
        for item in self.pending:
            _apply(self.durable, item)
        self.pending.clear()

    def after_cut(self, draw: random.Random) -> bytes:
        """Return what of it may stand on the disk."""
        chance = draw.choice(_CHANCES)
        cached = bytearray(self.durable)
        sectors: dict[int, bytes] = {}
        sizes = [len(cached)]
        for item in self.pending:
            _apply(cached, item)
            sizes.append(len(cached))
            if isinstance(item, Written):
                for start in range(item.offset // SECTOR * SECTOR, item.offset + len(item.data), SECTOR):
                    if draw.random() < chance:
                        sectors[start] = bytes(cached[start : start + SECTOR])
        size = sizes[-1] if draw.random() < chance else draw.choice(sizes)
        found = self.durable[:size].ljust(size, b"\0")
        for start, data in sectors.items():
            found[start : start + len(data)] = data
        return bytes(found[:size])


class Disk:
    """Files as they stand at the beginning, all of them synced, and what operations make of them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._now = {name: _File(bytearray(content)) for name, content in files.items()}
        self._durable = dict(self._now)
        self._renamed: list[tuple[str, _File | None]] = []

    def run(self, operations: Sequence[Operation]) -> None:
        """Do these operations."""
        for operation in operations:
            self._do(operation)

    def after_cut(self, draw: random.Random) -> dict[str, bytes]:
        """Return the files that may be found when the power goes now and comes back."""
        names = dict(self._durable)
        for name, file in self._renamed[: draw.randint(0, len(self._renamed))]:
            _rename(names, name, file)
        return {name: file.after_cut(draw) for name, file in names.items()}

    def _do(self, operation: Operation) -> None:
        match operation:
            case Created(name):
                self._now[name] = _File()
                self._renamed.append((name, self._now[name]))
            case Written(name) | Truncated(name):
                self._now[name].pending.append(operation)
            case Synced(name):
                self._now[name].sync()
                if any(file is self._now[name] for _, file in self._renamed):
                    self._settle_names()
            case Deleted(name, synced):
                self._now.pop(name)
                self._renamed.append((name, None))
                if synced:
                    self._settle_names()

    def _settle_names(self) -> None:
        for name, file in self._renamed:
            _rename(self._durable, name, file)
        self._renamed.clear()


def _rename(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _apply(content: bytearray, written: Written | Truncated) -> None:
    if isinstance(written, Truncated):
        del content[written.size :]
        content.extend(bytes(written.size - len(content)))
        return
    if len(content) < written.offset:
        content.extend(bytes(written.offset - len(content)))
    content[written.offset : written.offset + len(written.data)] = written.data
