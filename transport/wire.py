"""The formats that both sides of the line share: protocol name, limits, canonical JSON, times, digests.

Everything that comes from outside passes through the strict readers in this module. They raise `WireError` with the
place at fault, and each caller turns it into an error of its own kind.
"""

import binascii
import hashlib
import ipaddress
import json
import re
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from transport.bounds import MOST_ITEMS, SMALL, Bound

PROTOCOL: Final = "renkei/1"
JSON_TYPE: Final = "application/json"
PROBLEM_TYPE: Final = "application/problem+json"
BYTES_TYPE: Final = "application/octet-stream"

# The clocks of both sides may differ by this much before a time counts as implausible.
CLOCK_TOLERANCE: Final = timedelta(seconds=300)

# One encoder for the whole program: json.dumps with such options makes a new one for each call.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
_DECODER: Final = json.JSONDecoder()
_LENGTH: Final = struct.Struct(">I")
LENGTH_BYTES: Final = _LENGTH.size
# The forms are texts, so that `flat_json` can put them into larger expressions. They admit nothing that JSON escapes.
ID: Final = r"[0-9a-f]{32}"
DIGEST: Final = r"[0-9a-f]{64}"
NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
MUNICIPALITY: Final = r"[0-9]{6}"
TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
REFERENCE: Final = r"[!-~]{1,64}"
_ID: Final = re.compile(ID)
_DIGEST: Final = re.compile(DIGEST)
_NAME: Final = re.compile(NAME)
_MUNICIPALITY: Final = re.compile(MUNICIPALITY)
_REFERENCE: Final = re.compile(REFERENCE)
_TIME: Final = re.compile(TIME)


class WireError(ValueError):
    """Something from outside breaks the protocol at `place`.

    The place is a field name of ours, never a value: values may be personal data, and errors are recorded.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers disagree on which of two equal keys counts, so one object could mean two things (RFC 8259, section 4).
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("doubled key")
    return value


def _refuse_constant(name: str) -> None:
    # NaN and Infinity are no JSON, but Python reads them.
    raise ValueError(name)


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)


def encode(value: Mapping[str, Any]) -> bytes:
    """Return canonical JSON: sorted keys, no spaces, ASCII only. Equal values become equal bytes."""
    return _ENCODER.encode(value).encode("ascii")


def join(parts: Sequence[bytes]) -> bytes:
    """Return `parts` in a row, each preceded by its length in four bytes, big end first."""
    return b"".join(prefixed(part) for part in parts)


def prefixed(part: bytes) -> bytes:
    """Return `part` preceded by its length in four bytes, big end first."""
    return _LENGTH.pack(len(part)) + part


def split(raw: bytes, place: str, most: int) -> list[bytes]:
    """Return the parts that `join` put in a row: at most MOST_ITEMS, each of at most `most` bytes."""
    # Each length is checked against the bytes that are there: a slice beyond the end would be short without an error.
    parts: list[bytes] = []
    at = 0
    while at < len(raw):
        begin = at + _LENGTH.size
        if begin > len(raw):
            raise WireError(place)
        (length,) = _LENGTH.unpack_from(raw, at)
        at = begin + length
        if length > most or at > len(raw) or len(parts) == MOST_ITEMS:
            raise WireError(place)
        parts.append(raw[begin:at])
    return parts


def decode(raw: bytes, place: str, bound: Bound = SMALL) -> dict[str, Any]:
    """Read one JSON object within `bound`. Doubled keys, NaN, a BOM and other encodings raise WireError as well."""
    if not bound.holds(raw):
        raise WireError(place)
    try:
        value = _STRICT.decode(raw.decode("utf-8"))
    except ValueError as error:
        raise WireError(place) from error
    if not isinstance(value, dict):
        raise WireError(place)
    return value


def decode_canonical(raw: bytes, fields: frozenset[str], place: str) -> dict[str, Any]:
    """Read one JSON object with exactly `fields`, whose bytes have to be exactly those that `encode` makes of it.

    This comparison refuses doubled keys, NaN and every other spelling, so the plain decoder is enough. Callers pass at
    most a few kilobytes.
    """
    try:
        value = _DECODER.decode(raw.decode("ascii"))
        same = isinstance(value, dict) and value.keys() == fields and encode(value) == raw
    except (ValueError, RecursionError) as error:
        raise WireError(place) from error
    if not same:
        raise WireError(place)
    return dict(value)


def only(value: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return `value` if it has exactly the fields `names`."""
    if value.keys() != set(names):
        raise WireError("fields")
    return value


def text(value: Any, place: str, most: int = 4096) -> str:
    """Return `value` if it is a string of at most `most` characters that UTF-8 can encode."""
    if not isinstance(value, str) or len(value) > most:
        raise WireError(place)
    # A lone surrogate arrives as \\ud800 in JSON. It would raise much later, where the text is first written somewhere.
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise WireError(place)
    return value


def whole(value: Any, place: str, least: int = 0, most: int = 2**53) -> int:
    """Return `value` if it is a whole number from `least` to `most` (2^53: up to there JSON readers agree)."""
    # In Python, true and false are whole numbers as well.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise WireError(place)
    return value


def flag(value: Any, place: str) -> bool:
    """Return `value` if it is true or false."""
    if not isinstance(value, bool):
        raise WireError(place)
    return value


def items(value: Any, place: str, most: int = MOST_ITEMS) -> list[Any]:
    """Return `value` if it is a list of at most `most` items."""
    if not isinstance(value, list) or len(value) > most:
        raise WireError(place)
    return value


def table(value: Any, place: str) -> dict[str, Any]:
    """Return `value` if it is a JSON object."""
    if not isinstance(value, dict):
        raise WireError(place)
    return value


def message_id(value: Any, place: str = "id") -> str:
    """Return `value` if it is a message id: 32 lower-case hexadecimal digits (a UUID without hyphens)."""
    return _matching(_ID, value, place)


def digest(value: Any, place: str = "digest") -> str:
    """Return `value` if it is a SHA-256 digest in 64 lower-case hexadecimal digits."""
    return _matching(_DIGEST, value, place)


def key_id(value: Any, place: str) -> str:
    """Return `value` if it is a key id: the first 32 hexadecimal digits of the SHA-256 of a public key."""
    return _matching(_ID, value, place)


def name(value: Any, place: str) -> str:
    """Return `value` if it is a name on the wire: up to 64 ASCII letters, digits, dots, hyphens, underscores."""
    return _matching(_NAME, value, place)


def reference(value: Any, place: str) -> str:
    """Return `value` if it is a reference: 1 to 64 printable ASCII characters without the blank."""
    return _matching(_REFERENCE, value, place)


def address(value: Any, place: str = "address") -> str:
    """Return `value` if it is an IP address. A DNS name would let somebody else decide who is reached."""
    try:
        # As a text first: whole numbers are addresses to this function as well.
        ipaddress.ip_address(text(value, place, most=64))
    except ValueError as error:
        raise WireError(place) from error
    return str(value)


def municipality(value: Any, place: str = "municipality") -> str:
    """Return `value` if it is a municipality code of six digits. The check digit is checked in the store."""
    return _matching(_MUNICIPALITY, value, place)


def _matching(pattern: re.Pattern[str], value: Any, place: str) -> str:
    # fullmatch: with match and "$", a line feed at the end would pass.
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise WireError(place)
    return value


@lru_cache(maxsize=64)  # Most items of a batch have the same time.
def to_time(moment: datetime) -> str:
    """Return an aware `moment` as RFC 3339 in UTC with microseconds, e.g. 2026-11-23T07:15:00.000000Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_time(value: Any, place: str) -> datetime:
    """Return the aware UTC moment of a text made by `to_time`."""
    # The pattern comes first: fromisoformat also reads other spellings, and a moment has one spelling on the wire.
    try:
        return datetime.fromisoformat(_matching(_TIME, value, place))
    except ValueError as error:
        raise WireError(place) from error


def to_base64(raw: bytes) -> str:
    """Return `raw` in standard base64 with padding."""
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def from_base64(value: Any, place: str, most: int) -> bytes:
    """Return at most `most` bytes from a text in standard base64, in the one spelling that we would write."""
    # The length of the text is checked before anything is decoded.
    if not isinstance(value, str) or len(value) > (most + 2) // 3 * 4:
        raise WireError(place)
    try:
        raw = binascii.a2b_base64(value)
    except ValueError as error:
        raise WireError(place) from error
    # The decoder ignores foreign characters and stray bits, so that many texts would stand for the same bytes.
    if len(raw) > most or to_base64(raw) != value:
        raise WireError(place)
    return raw


def sha256(raw: bytes) -> str:
    """Return the SHA-256 of `raw` in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


@lru_cache(maxsize=256)
def fingerprint(public_key: bytes) -> str:
    """Return the key id of a public key: the first 32 hexadecimal digits of its SHA-256."""
    return sha256(public_key)[:32]
