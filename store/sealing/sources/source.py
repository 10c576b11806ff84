"""What the vault needs from any source of the terminal's key."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from store.errors import KeyPartsUnwanted
from store.sealing.sources.parts import PassphraseParts

KEY_BYTES: Final = 32
"""The length of the terminal's key."""

Mark = tuple[int, ...]
"""A cheap sign of the keys that a source would give now: equal marks mean equal keys, another mark perhaps others."""


class Keys(NamedTuple):
    """The terminal's key, and during a change of it the former one, as long as anything still needs that."""

    current: bytes
    former: bytes | None


class KeySource(ABC):
    """One way in which the terminal gets its key.

    `directory` belongs to the terminal. It holds what the key wraps, and what a change of the key leaves for a while.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def pseudonym_file(self) -> Path:
        """The file with the pseudonym key, wrapped by the terminal's key."""
        return self.directory / "pseudonym.key"

    @property
    @abstractmethod
    def own_files(self) -> frozenset[Path]:
        """The files that hold the key in any form. No backup may contain them."""

    @abstractmethod
    def read(self) -> Keys:
        """Return the keys. Raises a KeyFileFault."""

    @abstractmethod
    def mark(self) -> Mark:
        """Return a value that changes whenever `read` would give other keys."""

    @property
    def refused(self) -> int:
        """How many refusals no entry of the log records yet; always 0 for a source that asks nobody."""
        return 0

    def mark_refusals_recorded(self, number: int) -> None:  # noqa: B027  # Most sources refuse nobody.
        """Note that a durable entry of the log records so many refusals."""

    @abstractmethod
    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Put the key of a new or restored terminal in its place. Raises a KeyFileFault."""

    def uninstall(self) -> None:  # noqa: B027  # Most sources put nothing there.
        """Take back what `install` put outside the terminal's directory."""

    @contextmanager
    def provisional(self) -> Iterator[None]:
        """Take back what was installed if the block fails, since no terminal was made then."""
        try:
            yield
        except BaseException:
            # An interrupt as well: otherwise the next attempt would meet a key of no terminal, and refuse it.
            self.uninstall()
            raise

    def chosen_key(self, drawn: bytes) -> bytes:
        """Return the key for a new terminal: the one just `drawn`, unless the source brings its own."""
        return drawn

    @property
    @abstractmethod
    def changing(self) -> bool:
        """Whether a change of the key has begun and not ended."""

    @abstractmethod
    def begin_change(self) -> None:
        """Give a new key from now on, with the former one beside it; an interrupted change goes on.

        Call it while nobody else may write. Once it returns, a power failure loses neither key.
        """

    @abstractmethod
    def end_change(self) -> None:
        """Destroy the former key, which nothing needs any more, as far as the program is able to."""

    @property
    def to_install(self) -> Path | None:
        """The file with a new key that the custodian still has to install; None when there is none."""
        return None

    def set_new_parts(self, parts: PassphraseParts) -> None:  # noqa: ARG002  # Only one source uses them.
        """Make the next change of the key wrap it under these `parts`. Raises KeyPartsUnwanted, a KeyPartsFault."""
        raise KeyPartsUnwanted
