"""The signing keys: each checkpoint has its own key, which is erased from the disk after its use.

The keys (Ed25519, RFC 8032) lie in a directory outside the database, one file per key. A file is named by a number: one
more than the number of the terminal's checkpoint that named this key. That is also the number of the checkpoint that it
will sign, unless another terminal signs in between.

A checkpoint names the public key of the terminal's next one. So a thief of the present key can forge the future, never
the past. The keys also reveal a database that was rolled back without them: the key for its next checkpoint is gone.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from store.errors import LadderBroken
from store.sealing.keyfile import read_key_file, write_key_file

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_ROOT_FILE: Final = "root.pub"
_SUFFIX: Final = ".key"
# The DER bytes before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, section 4). Written out here,
# they give the very line that `openssl` expects, without a PEM encoder.
_SPKI_HEAD: Final = bytes.fromhex("302a300506032b6570032100")
_SPKI_BYTES: Final = len(_SPKI_HEAD) + KEY_BYTES


def key_text(public: bytes) -> str:
    """Return a public key of 32 bytes as the single line of base64 that its PEM file contains."""
    return base64.b64encode(_SPKI_HEAD + public).decode("ascii")


def key_fingerprint(text: str) -> str:
    """Return the fingerprint of a public key that is written as by `key_text`: its SHA-256 in hex.

    People compare it; `verify.sh` computes the same with `sha256sum`.
    """
    return sha256(text.encode("ascii")).hexdigest()


def key_from_text(text: object) -> bytes | None:
    """Return the 32 bytes of a public key written by `key_text`; None for anything else."""
    # Checked before decoding, so that a text of any size costs nothing.
    if not isinstance(text, str) or len(text) != len(key_text(bytes(KEY_BYTES))):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    # Encoding it again refuses other spellings of the same bytes: base64 ignores the unused bits of the last character.
    fits = len(raw) == _SPKI_BYTES and raw.startswith(_SPKI_HEAD) and key_text(raw[len(_SPKI_HEAD) :]) == text
    return raw[len(_SPKI_HEAD) :] if fits else None


def has_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` over `message` was made with the private key of `public` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _erase(path: Path) -> None:
    # Unbuffered and synced before the name goes: otherwise the zeros might never reach the blocks that held the key.
    path.chmod(0o600)
    with path.open("r+b", buffering=0) as file:
        file.write(bytes(KEY_BYTES))
        os.fsync(file.fileno())
    path.unlink()


class SigningKeys:
    """The keys in `directory`. Change them only while holding the database for writing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Make the first key and keep its public half for good. Raises KeyFileExists."""
        signing_keys = cls(directory)
        # The root outlives its private key: verification starts from it when no checkpoint says who may sign.
        write_key_file(directory / _ROOT_FILE, signing_keys.prepare(1))
        return signing_keys

    @property
    def root(self) -> bytes:
        """The public key of the terminal's first checkpoint. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        return read_key_file(self._directory / _ROOT_FILE, size=KEY_BYTES)

    @property
    def highest(self) -> int:
        """The number of the newest key; 0 when there is none."""
        return max(self._numbers(), default=0)

    def number_of(self, public: bytes) -> int | None:
        """Return the number of the key whose public half is `public`; None when there is no such key.

        Raises KeyFileExposed, KeyFileDamaged.
        """
        # Newest first: that is the one we look for, unless a crash left a key that no checkpoint names.
        numbers = sorted(self._numbers(), reverse=True)
        return next((number for number in numbers if self.public(number) == public), None)

    def public(self, number: int) -> bytes:
        """Return the public key with that number. Raises LadderBroken, KeyFileExposed, KeyFileDamaged."""
        return self._key(number).public_key().public_bytes_raw()

    def prepare(self, number: int) -> bytes:
        """Make the key with that number, unless an interrupted act already made it; return its public half.

        The key is durable when this returns.
        """
        path = self._file(number)
        # Reusing the key of an interrupted act is safe: if its checkpoint were durable, this number would be used up.
        if not path.exists():
            write_key_file(path, os.urandom(KEY_BYTES))
        return self.public(number)

    def sign(self, number: int, message: bytes) -> bytes:
        """Return the signature (64 bytes) over `message` by the key with that number. Raises as `public`."""
        return self._key(number).sign(message)

    def erase_below(self, number: int) -> None:
        """Overwrite and remove all keys below `number`. Call it only when the checkpoint that they signed is durable.

        Overwriting helps on a disk that writes in place; elsewhere only the removal counts.
        """
        for used in [existing for existing in self._numbers() if existing < number]:
            # Another process may be erasing the same keys.
            with suppress(FileNotFoundError):
                _erase(self._file(used))
        # A power failure must not bring a used key back: the directory itself holds the names.
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _key(self, number: int) -> Ed25519PrivateKey:
        path = self._file(number)
        if not path.exists():
            raise LadderBroken(number=number)
        return Ed25519PrivateKey.from_private_bytes(read_key_file(path, size=KEY_BYTES))

    def _file(self, number: int) -> Path:
        return self._directory / f"{number:010d}{_SUFFIX}"

    def _numbers(self) -> Iterator[int]:
        for path in self._directory.glob(f"*{_SUFFIX}"):
            # str.isdigit() alone also accepts digits of other scripts, which int() would read as numbers.
            if path.stem.isascii() and path.stem.isdigit():
                yield int(path.stem)
