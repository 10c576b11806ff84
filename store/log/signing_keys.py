"""The key ladder: each checkpoint has a signing key of its own, which is gone from the disk once it was used.

The keys (Ed25519, RFC 8032) lie in a directory outside the database, one file a key, named by the number that comes
after the terminal's own checkpoint that named it: the number that it will sign itself, unless another terminal signs in
between. A checkpoint names the public key of the terminal's next one, so whoever steals the key in hand can forge what
comes, never what was. The number of the key in hand also betrays a database that was rolled back without its keys: the
key for its next checkpoint is no longer there.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import suppress
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
# What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, section 4).
_SPKI_HEAD: Final = bytes.fromhex("302a300506032b6570032100")
_SPKI_BYTES: Final = len(_SPKI_HEAD) + KEY_BYTES


def key_text(public: bytes) -> str:
    """Return a public key of 32 bytes as the one line of base64 that stands in its PEM file."""
    return base64.b64encode(_SPKI_HEAD + public).decode("ascii")


def key_from_text(text: object) -> bytes | None:
    """Return the 32 bytes of a public key written by `key_text`; None for anything else."""
    if not isinstance(text, str) or len(text) != len(key_text(bytes(KEY_BYTES))):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    fits = len(raw) == _SPKI_BYTES and raw.startswith(_SPKI_HEAD) and key_text(raw[len(_SPKI_HEAD) :]) == text
    return raw[len(_SPKI_HEAD) :] if fits else None


def has_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` over `message` was made with the private half of `public` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _erase(path: Path) -> None:
    path.chmod(0o600)
    with path.open("r+b", buffering=0) as file:
        file.write(bytes(KEY_BYTES))
        os.fsync(file.fileno())
    path.unlink()


class SigningKeys:
    """The keys in `directory`. Only whoever holds the database for writing may change them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Make the first key, and keep its public half for good. Raises KeyFileExists."""
        ladder = cls(directory)
        write_key_file(directory / _ROOT_FILE, ladder.prepare(1))
        return ladder

    @property
    def root(self) -> bytes:
        """The public key of the first checkpoint. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        return read_key_file(self._directory / _ROOT_FILE, size=KEY_BYTES)

    @property
    def highest(self) -> int:
        """The number of the latest key that was made; 0 when there is none."""
        return max(self._numbers(), default=0)

    def number_of(self, public: bytes) -> int | None:
        """Return the number of the key whose public half is `public`; None when it is not there.

        Raises KeyFileExposed, KeyFileDamaged.
        """
        # Newest first: it is the one, but for a crash between two steps.
        numbers = sorted(self._numbers(), reverse=True)
        return next((number for number in numbers if self.public(number) == public), None)

    def public(self, number: int) -> bytes:
        """Return the public key of that number. Raises LadderBroken, KeyFileExposed, KeyFileDamaged."""
        return self._key(number).public_key().public_bytes_raw()

    def prepare(self, number: int) -> bytes:
        """Make the key of that number, unless an act that was broken off made it; return its public half.

        It is on the disk when this returns.
        """
        path = self._file(number)
        if not path.exists():
            write_key_file(path, os.urandom(KEY_BYTES))
        return self.public(number)

    def sign(self, number: int, message: bytes) -> bytes:
        """Return the signature (64 bytes) over `message` with the key of that number. Raises as `public`."""
        return self._key(number).sign(message)

    def erase_below(self, number: int) -> None:
        """Overwrite and remove all keys before `number`: what they signed is durable.

        Overwriting helps on a disk that writes in place; on others only the removal counts.
        """
        for used in [one for one in self._numbers() if one < number]:
            # Another process may be erasing the same keys.
            with suppress(FileNotFoundError):
                _erase(self._file(used))
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
            if path.stem.isascii() and path.stem.isdigit():
                yield int(path.stem)
