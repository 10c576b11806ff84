"""A sealed file: any number of bytes under one key, in pieces that nobody can change, drop, repeat or reorder.

A head in clear (one line of JSON, bound to every piece) is followed by pieces of AES-256-GCM: the length in four bytes,
then the ciphertext with its tag. The nonce counts the pieces and marks the last one, so a truncated file is noticed
(the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). Each file has its own key, derived from the
given key and a random salt in the head, so counting nonces never repeat under one key.
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import SealedFileBroken

# One megabyte per piece: neither side holds more of the file in memory, however large a backup is.
_PIECE: Final = 1 << 20
_TAG: Final = 16
_LONGEST_HEAD: Final = 1 << 16
_SALT_BYTES: Final = 32


class SealedWriter:
    """Writes to `stream`. Only `close` writes the last piece, without which the file does not open."""

    def __init__(self, stream: BinaryIO, key: bytes, head: Mapping[str, Any]) -> None:
        salt = os.urandom(_SALT_BYTES)
        line = json.dumps({**head, "salt": salt.hex()}, sort_keys=True, separators=(",", ":")).encode("ascii")
        stream.write(line + b"\n")
        self._stream, self._head, self._cipher = stream, line, _cipher(key, salt)
        self._waiting = bytearray()
        self._count = 0

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._waiting += data
        # A full piece waits until more bytes follow: only then is it certain that it is not the last one.
        while len(self._waiting) > _PIECE:
            self._put(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]

    def close(self) -> None:
        """Write what is left as the last piece."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._count, last=last), piece, self._head)
        self._stream.write(len(sealed).to_bytes(4, "big") + sealed)
        self._count += 1


def read_head(stream: BinaryIO) -> dict[str, Any]:
    """Read the head, which anybody can do. Only opening the pieces proves it. Raises SealedFileBroken."""
    return _head(_head_line(stream))


def read_pieces(stream: BinaryIO, key: bytes) -> Iterator[bytes]:
    """Yield the pieces of the file from its beginning.

    Raises SealedFileBroken for a wrong key and for any change, even after good pieces. So do not use what was read
    before the end is reached.
    """
    line = _head_line(stream)
    cipher = _cipher(key, bytes.fromhex(_head(line)["salt"]))
    count = 0
    # One piece is read ahead, because the nonce of a piece says whether it is the last one.
    following = _next(stream)
    while following is not None:
        piece, following = following, _next(stream)
        try:
            yield cipher.decrypt(_nonce(count, last=following is None), piece, line)
        except InvalidTag:
            raise SealedFileBroken from None
        count += 1
    if count == 0:
        raise SealedFileBroken


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"renkei/sealed-file/1").derive(key))


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([last])


def _head_line(stream: BinaryIO) -> bytes:
    line = stream.readline(_LONGEST_HEAD)
    if not line.endswith(b"\n"):
        raise SealedFileBroken
    return line[:-1]


def _head(line: bytes) -> dict[str, Any]:
    try:
        head = json.loads(line)
        bytes.fromhex(head["salt"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SealedFileBroken from None
    return dict(head)


def _next(stream: BinaryIO) -> bytes | None:
    length = stream.read(4)
    if not length:
        return None
    size = int.from_bytes(length, "big")
    # The length is not authenticated yet: an absurd one must not make this read, and allocate, gigabytes.
    piece = stream.read(size) if _TAG <= size <= _PIECE + _TAG else b""
    if len(piece) != size or not piece:
        raise SealedFileBroken
    return piece
