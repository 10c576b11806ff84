"""Sealing at rest: every content under a key of its own, which the terminal's key wraps.

A sealed value opens only in the place it was sealed for: table, column, row, version and terminal
are its associated data (NIST SP 800-38D). The keys lie in files outside the database:

- the terminal's key wraps the row keys and the pseudonym key, and can be changed by wrapping anew;
- the pseudonym key, itself wrapped, makes pseudonyms and digests, and never changes, so that both
  stay comparable over the years.
"""

import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import KeyFileDamaged, SealBroken
from store.keyfile import read_key_file, write_key_file

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

    def __init__(self, terminal_key: bytes, pseudonym_key: bytes, terminal_id: str) -> None:
        self.terminal_id = terminal_id
        self._wrapping = AESGCM(_derive(terminal_key, b"renkei/wrap/1"))
        self.backup_key = backup_key(terminal_key)
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
        return cls(terminal_key, pseudonym_key, terminal_id)

    @classmethod
    def open(cls, key_file: Path, *, terminal_id: str) -> Self:
        """Read both keys. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        terminal_key = read_key_file(key_file, size=KEY_BYTES)
        pseudonym_file = key_file.with_name(_PSEUDONYM_FILE)
        wrapped = read_key_file(pseudonym_file, size=_WRAPPED_BYTES)
        return cls(terminal_key, _unwrap_pseudonym_key(terminal_key, wrapped, pseudonym_file), terminal_id)

    def seal(self, plain: bytes, *, place: Place) -> Sealed:
        """Seal `plain` for `place` under a new random key."""
        bound = self._bind(place)
        row_key, nonce = os.urandom(KEY_BYTES), os.urandom(_NONCE_BYTES)
        return Sealed(
            AESGCM(row_key).encrypt(_ONLY_NONCE, plain, bound),
            nonce + self._wrapping.encrypt(nonce, row_key, b"wrap" + bound),
        )

    def unseal(self, sealed: Sealed, *, place: Place) -> bytes:
        """Return what was sealed for `place`. Raises SealBroken if anything about it differs."""
        bound = self._bind(place)
        try:
            nonce, wrapped = sealed.wrapped_key[:_NONCE_BYTES], sealed.wrapped_key[_NONCE_BYTES:]
            row_key = self._wrapping.decrypt(nonce, wrapped, b"wrap" + bound)
            return AESGCM(row_key).decrypt(_ONLY_NONCE, sealed.ciphertext, bound)
        except (InvalidTag, ValueError, TypeError):
            # ValueError: too short to have a nonce or tag. TypeError: SQLite keeps a text where bytes belong,
            # if somebody puts it there. The cause would say nothing more.
            raise SealBroken(table=place.table, column=place.column, row=place.row) from None

    def pseudonym(self, kind: str, value: str) -> str:
        """Return 32 hex characters that stand for `value` (such as a 宛名番号) and do not tell it.

        Keyed (HMAC-SHA256, cut to 128 bits), so that nobody finds the value by trying all of them.
        """
        message = kind.encode() + b"\0" + value.encode()
        return hmac.digest(self._pseudonym_key, message, "sha256")[:16].hex()

    def digest(self, content: bytes) -> bytes:
        """Return 32 keyed bytes that are the same exactly for the same content."""
        return hmac.digest(self._digest_key, content, "sha256")

    def _bind(self, place: Place) -> bytes:
        # Each part carries its length: no two places can give the same bytes.
        parts = (place.table, place.column, place.row, str(place.version), self.terminal_id)
        encoded = [part.encode() for part in parts]
        return _CONTEXT + b"".join(len(part).to_bytes(2, "big") + part for part in encoded)


def backup_key(terminal_key: bytes) -> bytes:
    """Return the key for backups of the terminal with that key."""
    return _derive(terminal_key, b"renkei/backup/1")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)


def _pseudonym_wrapping(terminal_key: bytes) -> AESGCM:
    return AESGCM(_derive(terminal_key, b"renkei/wrap-pseudonym/1"))


def _wrap_pseudonym_key(terminal_key: bytes, pseudonym_key: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _pseudonym_wrapping(terminal_key).encrypt(nonce, pseudonym_key, _CONTEXT)


def _unwrap_pseudonym_key(terminal_key: bytes, wrapped: bytes, file: Path) -> bytes:
    nonce, ciphertext = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
    try:
        return _pseudonym_wrapping(terminal_key).decrypt(nonce, ciphertext, _CONTEXT)
    except InvalidTag:
        raise KeyFileDamaged(file=file.name) from None
