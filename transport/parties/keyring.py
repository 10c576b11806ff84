"""All identities of one party over time: what was sealed to a former one still opens, and a coming one waits.

The first generation is in the ring's directory itself. Each later one is beside it under its number: `line`, `line.2`,
`line.3`. A later generation is made ahead of time and handed to the other side, which registers it. It takes over by
itself at the moment that its file `used_from` names. Nothing is ever removed, because an envelope may arrive late.
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
from transport.parties.key_files import sync_directory, write_new

USED_FROM: Final = "used_from"
# The first generation has no file `used_from`: it is used from the earliest moment there is.
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Generation:
    """One identity of the party, its number (from 1), and the moment from which it is used."""

    number: int
    identity: Identity
    used_from: datetime


class KeyRing:
    """The generations of one party. The directory is read at each call: another process may have made a generation."""

    def __init__(self, directory: Path, cover: KeyCover | None = None) -> None:
        self._directory: Final = directory
        self._cover = cover
        # A generation never changes once it is published, so its files are read only once.
        self._loaded: Final[dict[int, Generation]] = {}

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, the oldest first. Raises IdentityFault leaves."""
        return tuple(self._generation(number) for number in self._numbers())

    def in_use(self, at: datetime) -> Identity:
        """Return the identity that signs and calls at the moment `at`. Raises IdentityFault leaves."""
        # The first generation is used from the beginning of time, so there is always one.
        used = [generation for generation in self.generations() if generation.used_from <= at]
        return max(used, key=lambda generation: generation.used_from).identity

    def coming(self, at: datetime) -> Generation | None:
        """Return the generation that has not taken over yet at the moment `at`. Raises IdentityFault leaves."""
        return next((generation for generation in self.generations() if generation.used_from > at), None)

    def identities(self) -> tuple[Identity, ...]:
        """Return every identity to which an envelope may be sealed, including those that arrive late or early."""
        return tuple(generation.identity for generation in self.generations())

    def prepare(
        self,
        use: Use,
        *,
        used_from: datetime,
        now: datetime,
        authority: RehearsalAuthority | None = None,
        record: Callable[[int], object] | None = None,
    ) -> Generation:
        """Make the next generation, completely or not at all; it takes over at `used_from`.

        `record` is called with its number once it is on the disk but before it is published. If `record` raises, the
        generation is removed.

        Raises IdentityPending while another one waits, IdentityFault leaves.
        """
        # Only one generation may wait: its keys have to be in use before the next ones are agreed on.
        waiting = self.coming(now)
        if waiting is not None:
            raise IdentityPending(since=f"{waiting.used_from:%Y-%m-%d %H:%M}Z")
        # Nothing is ever removed, so the numbers have no gaps.
        number = len(self._numbers()) + 1
        # A draft has a name that no generation has: what a crash leaves half made never counts as one.
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
        # Renaming publishes all files at once. It fails when another process has published the same number meanwhile.
        try:
            draft.rename(final)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
            raise IdentityExists(name=final.name) from error
        sync_directory(final.parent)

    def _numbers(self) -> list[int]:
        return sorted([1, *self._later_numbers()])

    def _later_numbers(self) -> Iterator[int]:
        pattern = re.compile(re.escape(self._directory.name) + r"\.([1-9][0-9]{0,3})")
        for name in os.listdir(self._directory.parent):  # noqa: PTH208  # Only names are needed, without a Path for each.
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
    write_new(path, text.encode("ascii"))
    sync_directory(path.parent)
