"""Sealing at rest: every content under a key of its own, which the terminal's key wraps.

A sealed value opens only in the place it was sealed for: table, column, row, version and terminal
are its associated data (NIST SP 800-38D). The keys lie in files outside the database:

- the terminal's key wraps the row keys and the pseudonym key, and can be changed by wrapping anew: while that lasts the
  former key lies beside it and opens what is not wrapped anew yet;
- the pseudonym key, itself wrapped, makes pseudonyms and digests, and never changes, so that both
  stay comparable over the years.
"""

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import KeyFileDamaged, SealBroken
from store.keyfile import draft_of, read_key_file, replace_key_file, sync_directory, write_key_file

KEY_BYTES: Final = 32
"""How long the terminal's key is."""

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_WRAPPED_BYTES: Final = _NONCE_BYTES + KEY_BYTES + _TAG_BYTES
# A row key seals one value once, so a fixed nonce never repeats under it (SP 800-38D, section 8.2.1).
_ONLY_NONCE: Final = bytes(_NONCE_BYTES)
_CONTEXT: Final = b"renkei/seal/1"
_PSEUDONYM_FILE: Final = "pseudonym.key"


class Place(NamedTuple):
    """Where a sealed value belongs. `row` is the row's lasting name (a uid), `version` its revision."""

    table: str
    column: str
    row: str
    version: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value: AES-256-GCM ciphertext with its tag, and the row key as wrapped (60 bytes)."""

    ciphertext: bytes
    wrapped_key: bytes


class Vault:
    """Seals and opens with the terminal's key. It may be used from several threads at once."""

    def __init__(
        self, terminal_key: bytes, pseudonym_key: bytes, terminal_id: str, *, former_key: bytes | None = None
    ) -> None:
        self.terminal_id = terminal_id
        self._key_file: Path | None = None
        self._mark = (0, 0)
        self._take(terminal_key, former_key)
        self._pseudonym_key = _derive(pseudonym_key, b"renkei/pseudonym/1")
        self._digest_key = _derive(pseudonym_key, b"renkei/digest/1")

    @classmethod
    def create(cls, key_file: Path, *, terminal_id: str) -> Self:
        """Make the terminal's key in `key_file` and the wrapped pseudonym key beside it.

        Both are new random 256-bit keys in files of mode 0400. Raises KeyFileExists.
        """
        terminal_key, pseudonym_key = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
        wrapped = _wrap_pseudonym_key(terminal_key, pseudonym_key)
        write_key_file(key_file, terminal_key)
        write_key_file(key_file.with_name(_PSEUDONYM_FILE), wrapped)
        return cls.open(key_file, terminal_id=terminal_id)

    @classmethod
    def open(cls, key_file: Path, *, terminal_id: str) -> Self:
        """Read both keys. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        read = _read_keys(key_file)
        vault = cls(read.terminal, read.pseudonym, terminal_id, former_key=read.former)
        vault._key_file, vault._mark = key_file, read.mark
        return vault

    def seal(self, plain: bytes, *, place: Place) -> Sealed:
        """Seal `plain` for `place` under a new random key."""
        self.renew()
        return self._seal(plain, place)

    def seal_all(self, plains: Iterable[tuple[bytes, Place]]) -> list[Sealed]:
        """Seal many values, each under a new random key of its own."""
        self.renew()
        return [self._seal(plain, place) for plain, place in plains]

    def _seal(self, plain: bytes, place: Place) -> Sealed:
        bound = self._bind(place)
        row_key, nonce = os.urandom(KEY_BYTES), os.urandom(_NONCE_BYTES)
        return Sealed(
            AESGCM(row_key).encrypt(_ONLY_NONCE, plain, bound),
            nonce + self._wrapping.encrypt(nonce, row_key, b"wrap" + bound),
        )

    def unseal(self, sealed: Sealed, *, place: Place) -> bytes:
        """Return what was sealed for `place`. Raises SealBroken if anything about it differs."""
        bound = self._bind(place)
        row_key = self._unwrap(sealed.wrapped_key, bound)
        if row_key is None and self.renew():
            row_key = self._unwrap(sealed.wrapped_key, bound)
        try:
            if row_key is not None:
                return AESGCM(row_key).decrypt(_ONLY_NONCE, sealed.ciphertext, bound)
        except (InvalidTag, ValueError, TypeError):
            # The cause would say nothing more.
            pass
        raise SealBroken(table=place.table, column=place.column, row=place.row)

    def is_current(self, wrapped_key: bytes, *, place: Place) -> bool:
        """Tell whether a row key is wrapped by the present key of the terminal, not by the former one."""
        return _opened(self._wrapping, wrapped_key, self._bind(place)) is not None

    def rewrap(self, wrapped_key: bytes, *, place: Place) -> bytes:
        """Wrap the row key of `place` under the present key; its content stays as it is. Raises SealBroken."""
        bound = self._bind(place)
        row_key = self._unwrap(wrapped_key, bound)
        if row_key is None:
            raise SealBroken(table=place.table, column=place.column, row=place.row)
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, row_key, b"wrap" + bound)

    def pseudonym(self, kind: str, value: str) -> str:
        """Return 32 hex characters that stand for `value` (such as a 宛名番号) and do not tell it.

        Keyed (HMAC-SHA256, cut to 128 bits), so that nobody finds the value by trying all of them.
        """
        message = kind.encode() + b"\0" + value.encode()
        return hmac.digest(self._pseudonym_key, message, "sha256")[:16].hex()

    def digest(self, content: bytes) -> bytes:
        """Return 32 keyed bytes that are the same exactly for the same content."""
        return hmac.digest(self._digest_key, content, "sha256")

    def _take(self, terminal_key: bytes, former_key: bytes | None) -> None:
        self._wrapping = _wrapping(terminal_key)
        self._former = None if former_key is None else _wrapping(former_key)
        self.backup_key = backup_key(terminal_key)

    def renew(self) -> bool:
        """Read the key anew when its file is another one by now: a change of the key has begun or ended meanwhile.

        The files change while nobody else may write, so what is sealed inside a writing block is never sealed under a
        key that is gone when the block ends.
        """
        if self._key_file is None or _mark_of(self._key_file) == self._mark:
            return False
        read = _read_keys(self._key_file)
        self._take(read.terminal, read.former)
        self._mark = read.mark
        return True

    def _unwrap(self, wrapped_key: bytes, bound: bytes) -> bytes | None:
        row_key = _opened(self._wrapping, wrapped_key, bound)
        if row_key is None and self._former is not None:
            row_key = _opened(self._former, wrapped_key, bound)
        return row_key

    def _bind(self, place: Place) -> bytes:
        table, column, row, version = place
        return _CONTEXT + _part(table) + _part(column) + _own_part(row) + _part(str(version)) + _part(self.terminal_id)


def backup_key(terminal_key: bytes) -> bytes:
    """Return the key for backups of the terminal with that key."""
    return _derive(terminal_key, b"renkei/backup/1")


def begin_key_change(key_file: Path) -> None:
    """Put a new key in `key_file`, the former one beside it; go on with a change that was interrupted.

    To be called while nobody else may write. After return a power failure loses neither key.
    """
    former = _former_of(key_file)
    if former.exists() and former.read_bytes() == key_file.read_bytes():
        # Interrupted before the new key was in its place: nothing was wrapped by it.
        former.unlink()
    if not former.exists():
        os.link(key_file, former)
        sync_directory(key_file.parent)
        replace_key_file(key_file, os.urandom(KEY_BYTES))
    _rewrap_pseudonym_key(key_file)


def end_key_change(key_file: Path) -> None:
    """Destroy the former key: its bytes are overwritten before its name is removed."""
    former = _former_of(key_file)
    former.chmod(0o600)
    with former.open("r+b") as file:
        file.write(bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    former.unlink()
    draft_of(key_file).unlink(missing_ok=True)
    # Who has the vault open sees by the file that there is no former key any more.
    replace_key_file(key_file, read_key_file(key_file, size=KEY_BYTES))


def is_key_changing(key_file: Path) -> bool:
    """Tell whether a change of the key was begun and has not ended."""
    return _former_of(key_file).exists()


class _Keys(NamedTuple):
    terminal: bytes
    former: bytes | None
    pseudonym: bytes
    mark: tuple[int, int]


def _read_keys(key_file: Path) -> _Keys:
    terminal_key = read_key_file(key_file, size=KEY_BYTES)
    mark = _mark_of(key_file)
    former_file = _former_of(key_file)
    former = read_key_file(former_file, size=KEY_BYTES) if former_file.exists() else None
    pseudonym_file = key_file.with_name(_PSEUDONYM_FILE)
    wrapped = read_key_file(pseudonym_file, size=_WRAPPED_BYTES)
    for key in (terminal_key, former):
        pseudonym = None if key is None else _unwrap_pseudonym_key(key, wrapped)
        if pseudonym is not None:
            return _Keys(terminal_key, former, pseudonym, mark)
    raise KeyFileDamaged(file=pseudonym_file.name)


def _rewrap_pseudonym_key(key_file: Path) -> None:
    read = _read_keys(key_file)
    wrapped = _wrap_pseudonym_key(read.terminal, read.pseudonym)
    replace_key_file(key_file.with_name(_PSEUDONYM_FILE), wrapped)


def _mark_of(key_file: Path) -> tuple[int, int]:
    found = key_file.stat()
    return found.st_ino, found.st_mtime_ns


def _former_of(key_file: Path) -> Path:
    return key_file.with_name(f"{key_file.stem}-former{key_file.suffix}")


def _own_part(text: str) -> bytes:
    # Each part carries its length: no two places can give the same bytes.
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


# Tables, columns and versions are the same for many rows.
_part: Final = lru_cache(maxsize=256)(_own_part)


def _wrapping(terminal_key: bytes) -> AESGCM:
    return AESGCM(_derive(terminal_key, b"renkei/wrap/1"))


def _opened(wrapping: AESGCM, wrapped_key: bytes, bound: bytes) -> bytes | None:
    try:
        return wrapping.decrypt(wrapped_key[:_NONCE_BYTES], wrapped_key[_NONCE_BYTES:], b"wrap" + bound)
    except (InvalidTag, ValueError, TypeError):
        # ValueError: too short to have a nonce or tag. TypeError: SQLite keeps a text where bytes belong, if somebody
        # puts it there.
        return None


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)


def _pseudonym_wrapping(terminal_key: bytes) -> AESGCM:
    return AESGCM(_derive(terminal_key, b"renkei/wrap-pseudonym/1"))


def _wrap_pseudonym_key(terminal_key: bytes, pseudonym_key: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _pseudonym_wrapping(terminal_key).encrypt(nonce, pseudonym_key, _CONTEXT)


def _unwrap_pseudonym_key(terminal_key: bytes, wrapped: bytes) -> bytes | None:
    nonce, ciphertext = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
    try:
        return _pseudonym_wrapping(terminal_key).decrypt(nonce, ciphertext, _CONTEXT)
    except InvalidTag:
        return None
