"""The terminal's key wrapped under what two persons know, so that nobody opens the terminal alone.

The file holds the key under AES-256-GCM. Argon2id (RFC 9106) stretches the wrapping key from both parts and a random
salt; salt and cost are bound to it. During a change of the terminal's key, the same file also holds the former key,
wrapped by the new one, so that one whole state is on the disk at every moment.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from argon2.low_level import Type, hash_secret_raw
from argon2.profiles import RFC_9106_LOW_MEMORY
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store import clock
from store.errors import KeyFileDamaged, KeyPartsMissing, KeyPartsRefused
from store.sealing.keyfile import read_whole_key_file, supersede_key_file, write_key_file
from store.sealing.sources.file import mark_of
from store.sealing.sources.parts import PassphraseParts
from store.sealing.sources.slowdown import Slowdown
from store.sealing.sources.source import KEY_BYTES, Keys, KeySource, Mark

_FORMAT: Final = "renkei-wrapped-key/1"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_LONGEST: Final = 4096
# Limits of what a file may demand of the machine: a changed file must not use up all memory or run for hours.
_MOST_PASSES: Final = 100
_MOST_KIBIBYTES: Final = 4 << 20
_MOST_LANES: Final = 64


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of stretching: passes over the memory, its size in KiB, and lanes (RFC 9106, section 3.1)."""

    passes: int = RFC_9106_LOW_MEMORY.time_cost
    kibibytes: int = RFC_9106_LOW_MEMORY.memory_cost
    lanes: int = RFC_9106_LOW_MEMORY.parallelism


@dataclass(frozen=True, slots=True, repr=False)
class Wrapped:
    """The content of the file. `former` is wrapped by the key that is inside `wrapped`."""

    salt: bytes
    cost: Cost
    wrapped: bytes
    former: bytes | None = None

    @classmethod
    def read(cls, raw: bytes, name: str) -> Self:
        """Read the bytes of the file `name`. Raises KeyFileDamaged."""
        try:
            fields: Any = json.loads(raw)
            former = fields.get("former")
            read = cls(
                bytes.fromhex(fields["salt"]),
                Cost(int(fields["passes"]), int(fields["kibibytes"]), int(fields["lanes"])),
                bytes.fromhex(fields["wrapped"]),
                None if former is None else bytes.fromhex(former),
            )
            fits = fields["format"] == _FORMAT and read._is_bounded()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            fits = False
        if not fits:
            raise KeyFileDamaged(file=name)
        return read

    def _is_bounded(self) -> bool:
        cost = self.cost
        return (
            len(self.salt) == _SALT_BYTES
            and 1 <= cost.passes <= _MOST_PASSES
            and 1 <= cost.lanes <= _MOST_LANES
            # Argon2 itself needs at least 8 KiB a lane (RFC 9106, section 3.1).
            and 8 * cost.lanes <= cost.kibibytes <= _MOST_KIBIBYTES
            and {len(key) for key in (self.wrapped, self.former) if key is not None}
            == {_NONCE_BYTES + KEY_BYTES + _TAG_BYTES}
        )

    def to_bytes(self) -> bytes:
        """Return the bytes of the file."""
        fields: dict[str, str | int] = {
            "format": _FORMAT,
            "salt": self.salt.hex(),
            "wrapped": self.wrapped.hex(),
            "passes": self.cost.passes,
            "kibibytes": self.cost.kibibytes,
            "lanes": self.cost.lanes,
        }
        if self.former is not None:
            fields["former"] = self.former.hex()
        return json.dumps(fields, sort_keys=True).encode() + b"\n"

    def stretch(self, parts: PassphraseParts) -> bytes:
        """Return the wrapping key that Argon2id makes of `parts`; it takes about 0.1 s and 64 MiB, on purpose."""
        return hash_secret_raw(
            parts.secret,
            self.salt,
            time_cost=self.cost.passes,
            memory_cost=self.cost.kibibytes,
            parallelism=self.cost.lanes,
            hash_len=KEY_BYTES,
            type=Type.ID,
        )

    def keys(self, stretched: bytes) -> Keys | None:
        """Return the wrapped keys; None when the parts were wrong."""
        key = _opened(stretched, self.wrapped, self._bound())
        if key is None or self.former is None:
            return None if key is None else Keys(key, None)
        former = _opened(_by_key(key), self.former, _FORMER)
        return None if former is None else Keys(key, former)

    def holding(self, stretched: bytes, key: bytes, former: bytes | None) -> Self:
        """Return the same salt and cost with other keys."""
        return replace(
            self,
            wrapped=_closed(stretched, key, self._bound()),
            former=None if former is None else _closed(_by_key(key), former, _FORMER),
        )

    def _bound(self) -> bytes:
        cost = self.cost
        return f"{_FORMAT} {self.salt.hex()} {cost.passes} {cost.kibibytes} {cost.lanes}".encode("ascii")


def open_wrapped(raw: bytes, name: str, parts: PassphraseParts | None) -> Keys:
    """Return the keys in `raw`, the bytes of the wrapped key file `name`.

    Raises KeyFileDamaged, KeyPartsMissing, KeyPartsRefused.
    """
    wrapped = Wrapped.read(raw, name)
    if parts is None:
        raise KeyPartsMissing
    keys = wrapped.keys(wrapped.stretch(parts))
    if keys is None:
        raise KeyPartsRefused
    return keys


STANDARD_COST: Final = Cost()


class Passphrase(KeySource):
    """The key wrapped under two parts, which are forgotten once they have opened it."""

    def __init__(self, directory: Path, parts: PassphraseParts | None) -> None:
        super().__init__(directory)
        self.file = directory / "terminal.wrapped"
        self._parts = parts
        self._new_parts: PassphraseParts | None = None
        self._cost = STANDARD_COST
        # By salt: if the parts change and writing the new file fails, the key that opens the old file is still known.
        # It is kept because the vault reads the file again whenever that changes, and the parts are gone by that time.
        self._stretched: dict[bytes, bytes] = {}
        self._slowdown = Slowdown(directory / "terminal.attempts")

    @property
    def own_files(self) -> frozenset[Path]:
        """The wrapped key, and the count of wrong attempts, which concerns only this terminal."""
        return frozenset({self.file, self.directory / "terminal.attempts"})

    def read(self) -> Keys:
        """Open the file.

        Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged, KeyPartsMissing (also when another process changed the
        parts), KeyPartsRefused, KeyPartsTooSoon.
        """
        wrapped = self._wrapped()
        if wrapped.salt not in self._stretched:
            return self._open(wrapped)
        keys = wrapped.keys(self._stretched[wrapped.salt])
        # The parts were right for this salt before, so the file was changed since.
        if keys is None:
            raise KeyFileDamaged(file=self.file.name)
        return keys

    def mark(self) -> Mark:
        """Return the identity of the file and the time of its writing."""
        return mark_of(self.file)

    @property
    def refused(self) -> int:
        """How many refusals no entry of the log records yet; an attempt that was cut off counts as one."""
        return self._slowdown.unrecorded

    def mark_refusals_recorded(self, number: int) -> None:
        """Note that a durable entry of the log records so many refusals."""
        self._slowdown.mark_recorded(number)

    def install(self, key: bytes, former: bytes | None = None) -> None:
        """Wrap the key under the parts. Raises KeyPartsMissing, KeyPartsWeak, KeyPartsAlike, KeyFileExists."""
        if self._parts is None:
            raise KeyPartsMissing
        self._parts.check()
        write_key_file(self.file, self._wrapped_by(self._parts, key, former).to_bytes())

    @property
    def changing(self) -> bool:
        """Whether the file holds a former key."""
        return self._wrapped().former is not None

    def begin_change(self) -> None:
        """Write a file with a new key and the former one under it, wrapped under the new parts if some were given."""
        key, former = self.read()
        # An interrupted change goes on with the keys that it made; a second new key would strand the first.
        new = (key, former) if former is not None else (os.urandom(KEY_BYTES), key)
        if self._new_parts is not None:
            wrapped = self._wrapped_by(self._new_parts, *new)
        elif former is None:
            wrapped = self._holding(*new)
        else:
            return
        supersede_key_file(self.file, wrapped.to_bytes())
        self._new_parts = None

    def end_change(self) -> None:
        """Write the file without the former key, and destroy the bytes of the file that held it."""
        supersede_key_file(self.file, self._holding(self.read().current, None).to_bytes())

    def set_new_parts(self, parts: PassphraseParts) -> None:
        """Make the next change of the key wrap it under `parts`. Raises KeyPartsWeak, KeyPartsAlike."""
        parts.check()
        self._new_parts = parts

    def _wrapped(self) -> Wrapped:
        return Wrapped.read(read_whole_key_file(self.file, most=_LONGEST), self.file.name)

    def _open(self, wrapped: Wrapped) -> Keys:
        if self._parts is None:
            raise KeyPartsMissing
        # The attempt is counted before the slow stretching, not after a refusal that a killed process never reports.
        self._slowdown.begin(clock.now())
        stretched = wrapped.stretch(self._parts)
        keys = wrapped.keys(stretched)
        if keys is None:
            raise KeyPartsRefused
        self._slowdown.succeed()
        self._stretched[wrapped.salt], self._parts = stretched, None
        return keys

    def _holding(self, key: bytes, former: bytes | None) -> Wrapped:
        """Return the content of the file with other keys under the same parts."""
        wrapped = self._wrapped()
        return wrapped.holding(self._stretched[wrapped.salt], key, former)

    def _wrapped_by(self, parts: PassphraseParts, key: bytes, former: bytes | None) -> Wrapped:
        empty = Wrapped(os.urandom(_SALT_BYTES), self._cost, b"")
        stretched = empty.stretch(parts)
        self._stretched[empty.salt], self._parts = stretched, None
        return empty.holding(stretched, key, former)


_FORMER: Final = f"{_FORMAT} former".encode("ascii")


# The former key is wrapped by the new one, not by the parts: after a change of the parts, nobody needs the old ones.
def _by_key(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"renkei/wrap-former/1").derive(key)


def _closed(wrapping: bytes, key: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(wrapping).encrypt(nonce, key, bound)


def _opened(wrapping: bytes, closed: bytes, bound: bytes) -> bytes | None:
    try:
        return AESGCM(wrapping).decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], bound)
    except InvalidTag:
        return None
