"""Packing: what is kept for each message is deflated (RFC 1951) before it is stored, or before it is sealed.

A record, a header or a receipt is short and consists mostly of names that all of its kind have. Deflated alone it would
shrink by a fifth; with a dictionary of those names it shrinks to a third. The first byte of a packed value is the
number of its dictionary. No value that is kept unpacked begins with that byte, so values of older programs are read as
they are. A dictionary is never changed: another one gets another number and another file.

A cipher hides what a value says and not how long it is, so packing tells an onlooker something: how well a record
deflates. Each value is deflated by itself, against a public dictionary, and its length was visible before. What makes
that dangerous elsewhere (CRIME, BREACH) does not exist here: no value holds a secret beside a text that an attacker
chooses again and again.
"""

import zlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

_NUMBER: Final = 1
_MARK: Final = bytes([_NUMBER])
# 4 kB hold the dictionary with a little to spare. A larger window, or more memory, takes longer to set up than a short
# value takes to deflate, and saves nothing.
_WINDOW: Final = -12
_LEVEL: Final = 3
_MEMORY: Final = 3
_LARGE: Final = 1000
# Nothing that is packed is longer; a few bytes that somebody put there must not become gigabytes.
_MOST: Final = 1 << 20


def pack(plain: bytes) -> bytes:
    """Return the packed form of a value; an empty one, which stands for what was erased, stays empty."""
    if not plain:
        return plain
    # A copy of the one that has read the dictionary: to begin anew takes as long again as the packing.
    packer = _packer().copy()
    return _MARK + packer.compress(plain) + packer.flush()


def pack_large(plain: bytes) -> bytes:
    """Return the packed form of a large value, and any other as it is.

    Most records are small. Packing them would save a twentieth of what a message takes, and take a fifth of the time of
    an import.
    """
    return pack(plain) if len(plain) > _LARGE else plain


def unpack(kept: bytes) -> bytes:
    """Return the value that was packed.

    What is no packed value comes back as it is: a value of an older program, or bytes that somebody changed, which the
    reader of the value then refuses.
    """
    if not kept.startswith(_MARK):
        return kept
    unpacker = zlib.decompressobj(_WINDOW, _dictionary())
    try:
        plain = unpacker.decompress(kept[1:], _MOST)
    except zlib.error:
        return kept
    return plain if unpacker.eof and not unpacker.unused_data else kept


class PackedBytes(TypeDecorator[bytes]):
    """A column of bytes that are packed in the database and nowhere else."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  # SQLAlchemy calls it with the dialect.
        """Pack a value on its way into the database."""
        return None if value is None else pack(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy calls it with the dialect.
        """Unpack a value that is read; a text that somebody put there stays what it is, and its reader refuses it."""
        return unpack(value) if isinstance(value, bytes) else value


@cache
def _dictionary() -> bytes:
    return files("store.data").joinpath(f"packing-{_NUMBER}.dictionary").read_bytes()


@cache
def _packer() -> "zlib._Compress":
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _dictionary())
