"""The terminal's key in a file, in the terminal's directory or elsewhere."""

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
    """The key in a file. During a change of the key, the former one lies beside it."""

    def __init__(self, directory: Path, file: Path | None = None) -> None:
        super().__init__(directory)
        self.file = directory / _FILE if file is None else file
        self._former = self.file.with_name(f"{self.file.stem}-former{self.file.suffix}")

    @property
    def own_files(self) -> frozenset[Path]:
        """The file with the key, and the one with the former key."""
        return frozenset({self.file, self._former})

    def read(self) -> Keys:
        """Read both files. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        key = read_key_file(self.file, size=KEY_BYTES)
        return Keys(key, read_key_file(self._former, size=KEY_BYTES) if self._former.exists() else None)

    def mark(self) -> Mark:
        """Return the identity of the file and the time of its writing."""
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
        """Put a new key in place of the old one, which lies beside it from now on."""
        if self._former.exists() and self._former.read_bytes() == self.file.read_bytes():
            # A change was interrupted before the new key was in place, so nothing is wrapped by a new key yet.
            self._former.unlink()
        if not self._former.exists():
            # First the old key gets its second name, durably, then the new one replaces it. At every moment both names
            # together hold each key that anything is wrapped by.
            os.link(self.file, self._former)
            sync_directory(self.file.parent)
            replace_key_file(self.file, os.urandom(KEY_BYTES))

    def end_change(self) -> None:
        """Destroy the former key."""
        destroy_key_file(self._former)
        draft_of(self.file).unlink(missing_ok=True)
        # The same key in a new file changes the mark. So every open vault notices that the former key is gone.
        replace_key_file(self.file, read_key_file(self.file, size=KEY_BYTES))


class KeyElsewhere(KeyFile):
    """The key in a file outside the database's directory `apart_from`, at a path that nobody else can redirect."""

    def __init__(self, directory: Path, file: Path, *, apart_from: Path | None) -> None:
        super().__init__(directory, file)
        self._apart_from = apart_from
        self._installed = False

    def read(self) -> Keys:
        """Check the path and the file, then read it.

        Raises KeyInDatabase, KeyPathLinked, KeyPathOpen, KeyFileForeign, KeyFileExposed, KeyFileLoose, KeyFileMissing,
        KeyFileDamaged.
        """
        self._check_way()
        self._check_file()
        return super().read()

    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Write a new file, or accept one that already holds the same key. Raises as `read`, and KeyFileExists."""
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
        # The paths are resolved, because a link could hide that the key lies in the database's directory. No copy of
        # that directory may contain the key.
        if self._apart_from is not None and self.file.resolve().is_relative_to(self._apart_from.resolve()):
            raise KeyInDatabase(file=self.file.name)
        check_way(self.file.parent)

    def _check_file(self) -> None:
        try:
            status = self.file.lstat()
        except OSError:
            # Reading the file raises the fitting error.
            return
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            raise KeyPathLinked(path=str(self.file))
        if status.st_uid != os.geteuid():
            raise KeyFileForeign(file=self.file.name)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileExposed(file=self.file.name)
        if mode != _MODE:
            raise KeyFileLoose(file=self.file.name, found=f"{mode:04o}")


def mark_of(file: Path) -> Mark:
    """Return the identity of the file and the time of its writing; an empty mark when there is none."""
    try:
        status = file.stat()
    except OSError:
        return ()
    # The time counts as well: a new file may get the inode number of the one that it replaced.
    return status.st_ino, status.st_mtime_ns
