"""What the vault asks of any source of the terminal's key."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from store.errors import KeyPartsUnwanted
from store.sealing.sources.parts import PassphraseParts

KEY_BYTES: Final = 32
"""How long the terminal's key is."""

Mark = tuple[int, ...]
"""Stands for the keys that a source would give now, and is cheap to take: another mark, perhaps other keys."""


class Keys(NamedTuple):
    """The terminal's key, and while it is being changed the former one, where anything still needs it."""

    current: bytes
    former: bytes | None


class KeySource(ABC):
    """One way in which the terminal gets its key.

    `directory` belongs to the terminal: there lies what the key wraps, and what a change of the key leaves for a while.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def pseudonym_file(self) -> Path:
        """Where the pseudonym key lies, wrapped by the terminal's key."""
        return self.directory / "pseudonym.key"

    @property
    @abstractmethod
    def own_files(self) -> frozenset[Path]:
        """The files that hold the key in whatever form: no backup may."""

    @abstractmethod
    def read(self) -> Keys:
        """Return the keys. Raises a KeyFileFault."""

    @abstractmethod
    def mark(self) -> Mark:
        """Return what changes whenever `read` would give other keys."""

    @property
    def refused(self) -> int:
        """How often it was refused since the log was last told; there is nothing to refuse where nobody is asked."""
        return 0

    def refused_told(self, told: int) -> None:  # noqa: B027 - most have nothing to tell
        """Note that a durable entry of the log tells of so many refusals."""

    @abstractmethod
    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Put the key of a new terminal, or of one that is restored, in its place. Raises a KeyFileFault."""

    def uninstall(self) -> None:  # noqa: B027 - most put nothing there
        """Take back what `install` put outside of the terminal's directory."""

    @contextmanager
    def provisional(self) -> Iterator[None]:
        """Take back what was installed when the block fails: the terminal was not made then."""
        try:
            yield
        except BaseException:
            self.uninstall()
            raise

    def chosen_key(self, drawn: bytes) -> bytes:
        """Return the key for a new terminal: the one just `drawn`, unless the source brings its own."""
        return drawn

    @property
    @abstractmethod
    def changing(self) -> bool:
        """Whether a change of the key was begun and has not ended."""

    @abstractmethod
    def begin_change(self) -> None:
        """Give a new key from now on, with the former one beside it; go on with a change that was interrupted.

        To be called while nobody else may write. After return a power failure loses neither key.
        """

    @abstractmethod
    def end_change(self) -> None:
        """Destroy the former key, which nothing needs any more, as far as it is the program's to destroy."""

    @property
    def to_install(self) -> Path | None:
        """The file with the new key that the custodian has still to install where it belongs; None otherwise."""
        return None

    def wrap_anew(self, parts: PassphraseParts) -> None:  # noqa: ARG002 - one source wants them
        """Let the next change of the key wrap it under these `parts`. Raises KeyPartsUnwanted, KeyPartsFaults."""
        raise KeyPartsUnwanted
