"""All identities of one party over time: what was sealed to a former one still opens, and a coming one waits its turn.

The first generation lies in the ring's directory itself, each later one beside it under its number: `line`, `line.2`,
`line.3`. A later generation is made ahead of its time and handed to the other side, which registers it; it takes over
by itself at the moment that its file `used_from` names. Nothing is removed: an envelope may come late.
"""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from transport import wire
from transport.errors import IdentityDamaged, IdentityExists, IdentityPending
from transport.parties.authority import RehearsalAuthority, Use
from transport.parties.identity import Identity, KeyCover

USED_FROM: Final = "used_from"
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Generation:
    """One identity of the party, counted from 1, and the moment from which it is used."""

    number: int
    identity: Identity
    used_from: datetime


class KeyRing:
    """The generations of one party. They are looked up anew at each call: another process may have made one."""

    def __init__(self, directory: Path, cover: KeyCover | None = None) -> None:
        self._directory: Final = directory
        self._cover = cover
        self._loaded: Final[dict[int, Generation]] = {}

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, the oldest first. Raises IdentityFault leaves."""
        return tuple(self._generation(number) for number in self._numbers())

    def in_use(self, at: datetime) -> Identity:
        """Return the identity that signs and calls at the moment `at`. Raises IdentityFault leaves."""
        used = [one for one in self.generations() if one.used_from <= at]
        return max(used, key=lambda one: one.used_from).identity

    def coming(self, at: datetime) -> Generation | None:
        """Return the generation that has not taken over yet at the moment `at`. Raises IdentityFault leaves."""
        return next((one for one in self.generations() if one.used_from > at), None)

    def identities(self) -> tuple[Identity, ...]:
        """Return every identity to which something may be sealed that comes late, or early."""
        return tuple(one.identity for one in self.generations())

    def prepare(
        self,
        use: Use,
        *,
        used_from: datetime,
        now: datetime,
        authority: RehearsalAuthority | None = None,
        record: Callable[[int], object] | None = None,
    ) -> Generation:
        """Make the next generation, complete or not at all; it takes over at `used_from`.

        `record` is called with its number when it is on the disk, before it counts: when that raises, it is gone.

        Raises IdentityPending while another one waits, IdentityFault leaves.
        """
        waiting = self.coming(now)
        if waiting is not None:
            raise IdentityPending(since=f"{waiting.used_from:%Y-%m-%d %H:%M}Z")
        number = len(self._numbers()) + 1
        draft = self._directory.with_name(f".{self._directory.name}.{number}.{secrets.token_hex(4)}")
        try:
            Identity.create(draft, self.in_use(now).name, use, authority=authority, cover=self._cover)
            _write_through(draft / USED_FROM, wire.to_time(used_from))
            if record is not None:
                record(number)
            self._publish(draft, number)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return self._generation(number)

    def _publish(self, draft: Path, number: int) -> None:
        final = self._place(number)
        try:
            draft.rename(final)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
            raise IdentityExists(name=final.name) from error
        _sync_directory(final.parent)

    def _numbers(self) -> list[int]:
        return sorted([1, *self._later_numbers()])

    def _later_numbers(self) -> Iterator[int]:
        pattern = re.compile(re.escape(self._directory.name) + r"\.([1-9][0-9]{0,3})")
        for name in os.listdir(self._directory.parent):  # noqa: PTH208, names alone are wanted, and fast
            match = pattern.fullmatch(name)
            if match is not None:
                yield int(match[1])

    def _place(self, number: int) -> Path:
        return self._directory if number == 1 else self._directory.with_name(f"{self._directory.name}.{number}")

    def _generation(self, number: int) -> Generation:
        if number not in self._loaded:
            place = self._place(number)
            used_from = _BEGINNING if number == 1 else _read_moment(place / USED_FROM)
            self._loaded[number] = Generation(number, Identity.load(place, self._cover), used_from)
        return self._loaded[number]


def _read_moment(path: Path) -> datetime:
    try:
        return wire.from_time(path.read_text(encoding="ascii"), USED_FROM)
    except (OSError, ValueError) as error:
        raise IdentityDamaged(name=f"{path.parent.name}/{path.name}") from error


def _write_through(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
    with open(handle, "w", encoding="ascii") as stream:  # noqa: PTH123, created with its mode in one step
        stream.write(text)
        stream.flush()
        os.fsync(handle)
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
