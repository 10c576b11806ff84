"""The terminal's key as a credential of systemd (`LoadCredential=`, `LoadCredentialEncrypted=`; systemd.exec(5)).

Only the custodian can put a new key there. So a change of the key keeps the new key in a file of the terminal's
directory until the credential holds it. Then the file is destroyed.
"""

import os
import stat
from pathlib import Path
from typing import Final

from store.errors import (
    CredentialDiffers,
    CredentialExposed,
    CredentialMissing,
    CredentialsAbsent,
    CredentialsRelative,
    KeyFileDamaged,
)
from store.sealing.keyfile import destroy_key_file, draft_of, read_key_file, replace_key_file, write_key_file
from store.sealing.sources.file import mark_of
from store.sealing.sources.paths import check_way, is_ours
from store.sealing.sources.source import KEY_BYTES, Keys, KeySource, Mark

# Readable by the group is allowed: where systemd grants the service access by ACL, the file is root's, and the bits of
# the group show the mask of the ACL.
_TOO_MUCH: Final = stat.S_IWGRP | stat.S_IRWXO


def read_credential(path: Path) -> bytes:
    """Return the key in the credential at the absolute `path`.

    Raises KeyPathLinked, KeyPathOpen, CredentialMissing, CredentialExposed, KeyFileDamaged.
    """
    check_way(path.parent)
    try:
        # O_NONBLOCK: opening a FIFO that somebody put there would otherwise wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise CredentialMissing(name=path.name) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or not is_ours(status) or status.st_mode & _TOO_MUCH:
            raise CredentialExposed(name=path.name)
        key = os.read(handle, KEY_BYTES + 1)
    finally:
        os.close(handle)
    if len(key) != KEY_BYTES:
        raise KeyFileDamaged(file=path.name)
    return key


class Credential(KeySource):
    """The key in the credential `name` of the directory `credentials`, which `$CREDENTIALS_DIRECTORY` names."""

    def __init__(self, directory: Path, credentials: str | None, name: str) -> None:
        super().__init__(directory)
        self._credentials = credentials
        self._name = name
        self._next = directory / "terminal-next.key"
        self._former = directory / "terminal-former.key"

    @property
    def own_files(self) -> frozenset[Path]:
        """The files that a change of the key leaves in the terminal's directory for a while."""
        return frozenset({self._next, self._former})

    def read(self) -> Keys:
        """Read the credential. Raises CredentialsAbsent, CredentialsRelative, and as `read_credential`."""
        installed = self._installed()
        # During a change the file's key is the present one already, and the credential still holds the former one.
        if self._next.exists():
            key = read_key_file(self._next, size=KEY_BYTES)
            return Keys(key, None if key == installed else installed)
        return Keys(installed, read_key_file(self._former, size=KEY_BYTES) if self._former.exists() else None)

    def mark(self) -> Mark:
        """Return the marks of the credential and of both files."""
        installed = () if self._credentials is None else mark_of(Path(self._credentials) / self._name)
        return (*installed, *mark_of(self._next), *mark_of(self._former))

    def chosen_key(self, drawn: bytes) -> bytes:  # noqa: ARG002  # The base class names it.
        """Return the key in the credential."""
        return self._installed()

    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Check that the credential is `key`; the program cannot write it. Raises CredentialDiffers, and as `read`."""
        if self._installed() != key:
            raise CredentialDiffers(name=self._name)
        if former is not None:
            write_key_file(self._former, former)

    @property
    def changing(self) -> bool:
        """Whether a new key is waiting to be installed, or a former one to be destroyed."""
        return self._next.exists() or self._former.exists()

    def begin_change(self) -> None:
        """Write a new key for the custodian to install."""
        if not self.changing:
            replace_key_file(self._next, os.urandom(KEY_BYTES))

    def end_change(self) -> None:
        """Destroy the file with the new key once the credential holds it."""
        if self._next.exists() and self.to_install is None:
            destroy_key_file(self._next)
        if self._former.exists():
            destroy_key_file(self._former)
        draft_of(self._next).unlink(missing_ok=True)

    @property
    def to_install(self) -> Path | None:
        """The file with the new key, until the credential holds it."""
        if not self._next.exists() or read_key_file(self._next, size=KEY_BYTES) == self._installed():
            return None
        return self._next

    def _installed(self) -> bytes:
        if self._credentials is None:
            raise CredentialsAbsent(name=self._name)
        if not self._credentials.startswith("/"):
            raise CredentialsRelative
        return read_credential(Path(self._credentials) / self._name)
