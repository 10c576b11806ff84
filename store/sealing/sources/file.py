"""The terminal's key in a file: in the terminal's directory, or elsewhere."""

import os
import stat
from pathlib import Path
from typing import Final

from store.errors import KeyFileExists, KeyFileExposed, KeyFileForeign, KeyFileLoose, KeyInDatabase, KeyPathLinked
from store.sealing.keyfile import (
    destroy_key_file,
    draft_of,
    read_key_file,
    replace_key_file,
    sync_directory,
    write_key_file,
)
from store.sealing.sources.paths import check_way
from store.sealing.sources.source import KEY_BYTES, Keys, KeySource, Mark

_FILE: Final = "terminal.key"
_MODE: Final = 0o400


class KeyFile(KeySource):
    """The key in a file; while it is being changed, the former one lies beside it."""

    def __init__(self, directory: Path, file: Path | None = None) -> None:
        super().__init__(directory)
        self.file = directory / _FILE if file is None else file
        self._former = self.file.with_name(f"{self.file.stem}-former{self.file.suffix}")

    @property
    def own_files(self) -> frozenset[Path]:
        """Both files."""
        return frozenset({self.file, self._former})

    def read(self) -> Keys:
        """Read both files. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        key = read_key_file(self.file, size=KEY_BYTES)
        return Keys(key, read_key_file(self._former, size=KEY_BYTES) if self._former.exists() else None)

    def mark(self) -> Mark:
        """Return which file it is, and when it was written."""
        return mark_of(self.file)

    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Write a new file of mode 0400. Raises KeyFileExists."""
        write_key_file(self.file, key)
        if former is not None:
            write_key_file(self._former, former)

    @property
    def changing(self) -> bool:
        """Whether there is a former key."""
        return self._former.exists()

    def begin_change(self) -> None:
        """Put a new key in the file's place, the former one beside it."""
        if self._former.exists() and self._former.read_bytes() == self.file.read_bytes():
            # Interrupted before the new key was in its place: nothing was wrapped by it.
            self._former.unlink()
        if not self._former.exists():
            os.link(self.file, self._former)
            sync_directory(self.file.parent)
            replace_key_file(self.file, os.urandom(KEY_BYTES))

    def end_change(self) -> None:
        """Destroy the former key."""
        destroy_key_file(self._former)
        draft_of(self.file).unlink(missing_ok=True)
        # Who has the vault open sees by the file that there is no former key any more.
        replace_key_file(self.file, read_key_file(self.file, size=KEY_BYTES))


class KeyElsewhere(KeyFile):
    """The key in a file outside the database's directory `apart_from`, at a path that nobody else can bend."""

    def __init__(self, directory: Path, file: Path, *, apart_from: Path | None) -> None:
        super().__init__(directory, file)
        self._apart_from = apart_from
        self._installed = False

    def read(self) -> Keys:
        """Check the way and the file, then read it.

        Raises KeyInDatabase, KeyPathLinked, KeyPathOpen, KeyFileForeign, KeyFileExposed, KeyFileLoose, KeyFileMissing,
        KeyFileDamaged.
        """
        self._check_way()
        self._check_file()
        return super().read()

    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Write a new file, or take the one that holds the same key already. Raises as `read`, and KeyFileExists."""
        self._check_way()
        if former is None and self.file.exists():
            if self.read().current != key:
                raise KeyFileExists(file=self.file.name)
            return
        super().install(key, former)
        self._installed = True

    def uninstall(self) -> None:
        """Destroy the files that `install` made."""
        if self._installed:
            for file in sorted(self.own_files):
                if file.exists():
                    destroy_key_file(file)

    def _check_way(self) -> None:
        # Resolved, for a way to the database through links would hide that both lie in one place.
        if self._apart_from is not None and self.file.resolve().is_relative_to(self._apart_from.resolve()):
            raise KeyInDatabase(file=self.file.name)
        check_way(self.file.parent)

    def _check_file(self) -> None:
        try:
            found = self.file.lstat()
        except OSError:
            # Reading says what is the matter.
            return
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISLNK(found.st_mode):
            raise KeyPathLinked(path=str(self.file))
        if found.st_uid != os.geteuid():
            raise KeyFileForeign(file=self.file.name)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileExposed(file=self.file.name)
        if mode != _MODE:
            raise KeyFileLoose(file=self.file.name, found=f"{mode:04o}")


def mark_of(file: Path) -> Mark:
    """Return which file stands there and when it was written; nothing when none does."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns
