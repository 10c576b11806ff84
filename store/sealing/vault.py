"""Sealing at rest: every content has its own key, which the terminal's key wraps.

A sealed value opens only in the place for which it was sealed: table, column, row, version and terminal are its
associated data (NIST SP 800-38D). Terminals that share a queue share its keys, and "the terminal" in that data is the
one that began the queue. Row ids are unique across all terminals of a queue, so a sealed value opens only in its own
row. The keys lie in files outside the database:

- The terminal's key wraps the row keys and the pseudonym key. It is changed by rewrapping. Meanwhile the former key
  lies beside it and opens what is not rewrapped yet.
- The pseudonym key, itself wrapped, makes pseudonyms and digests. It never changes, so both stay comparable over the
  years. It also covers the private key for which the peer seals, and seals the rows that decisions rest on.
"""

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import KeyFileDamaged, SealBroken
from store.sealing.keyfile import read_key_file, replace_key_file, write_key_file
from store.sealing.row_seals import RowSeals
from store.sealing.sources.source import KEY_BYTES, Keys, KeySource, Mark

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_WRAPPED_BYTES: Final = _NONCE_BYTES + KEY_BYTES + _TAG_BYTES
# A row key seals only one value, once, so a fixed nonce never repeats under it (SP 800-38D, section 8.2.1).
_ONLY_NONCE: Final = bytes(_NONCE_BYTES)
_CONTEXT: Final = b"renkei/seal/1"
_COVERED: Final = b"renkei/cover/1"


class Place(NamedTuple):
    """Where a sealed value belongs. `row` is the row's permanent name (a uid), `version` its revision."""

    table: str
    column: str
    row: str
    version: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value: AES-256-GCM ciphertext with its tag, and the wrapped row key (60 bytes)."""

    ciphertext: bytes
    wrapped_key: bytes


class SealedBatch(NamedTuple):
    """Values that were sealed together, in order, under the same terminal key."""

    generation: int
    values: list[Sealed]


class Cover:
    """Covers the terminal's other private keys (AES-256-GCM, random nonces), whatever happens to the terminal's key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, plain: bytes) -> bytes:
        """Return the covered bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _COVERED)

    def open(self, covered: bytes) -> bytes | None:
        """Return the bytes that were covered; None for anything else."""
        try:
            return self._cipher.decrypt(covered[:_NONCE_BYTES], covered[_NONCE_BYTES:], _COVERED)
        except (InvalidTag, ValueError):
            return None


class Vault:
    """Seals and opens with the terminal's key. It may be used from several threads at once."""

    def __init__(
        self, terminal_key: bytes, pseudonym_key: bytes, terminal_id: str, *, former_key: bytes | None = None
    ) -> None:
        self.terminal_id = terminal_id
        # Set by `open`: only a vault with a source can follow a change of the key.
        self._source: KeySource | None = None
        self._mark: Mark = ()
        self._generation = 0
        self._take(terminal_key, former_key)
        # Begun with their keys: a copy of each goes on with a value, in two thirds of the time of beginning anew.
        self._pseudonyms = hmac.new(_derive(pseudonym_key, b"renkei/pseudonym/1"), digestmod="sha256")
        self._digests = hmac.new(_derive(pseudonym_key, b"renkei/digest/1"), digestmod="sha256")
        self.cover = Cover(_derive(pseudonym_key, b"renkei/cover/1"))
        self.rows = RowSeals(_derive(pseudonym_key, b"renkei/rows/1"), terminal_id)

    @classmethod
    def create(cls, source: KeySource, *, terminal_id: str) -> Self:
        """Install a key in `source` and make the pseudonym key that it wraps. Raises KeyFileExists, a KeyFileFault.

        Both are new random 256-bit keys in files of mode 0400, unless the source brings its own key for the terminal.
        """
        key = source.chosen_key(os.urandom(KEY_BYTES))
        source.install(key)
        write_key_file(source.pseudonym_file, _wrap_pseudonym_key(key, os.urandom(KEY_BYTES)))
        return cls.open(source, terminal_id=terminal_id)

    @classmethod
    def open(cls, source: KeySource, *, terminal_id: str) -> Self:
        """Read both keys. Raises a KeyFileFault."""
        read = _read_keys(source)
        vault = cls(read.keys.current, read.pseudonym, terminal_id, former_key=read.keys.former)
        vault._source, vault._mark = source, read.mark
        return vault

    def seal(self, plain: bytes, *, place: Place) -> Sealed:
        """Seal `plain` for `place` under a new random key."""
        self.renew()
        return self._seal(plain, place)

    def seal_all(self, plains: Iterable[tuple[bytes, Place]]) -> SealedBatch:
        """Seal many values, each under its own new random key."""
        # One look at the key's source for all: it costs a system call each time.
        self.renew()
        # Read before sealing: when another thread renews the key meanwhile, the batch must count as outdated.
        generation = self._generation
        return SealedBatch(generation, [self._seal(plain, place) for plain, place in plains])

    def is_outdated(self, batch: SealedBatch) -> bool:
        """Tell inside a writing block whether the key changed since the batch was sealed, so that it is sealed anew."""
        self.renew()
        return batch.generation != self._generation

    def _seal(self, plain: bytes, place: Place) -> Sealed:
        bound = self._bind(place)
        # One system call for both.
        fresh = os.urandom(KEY_BYTES + _NONCE_BYTES)
        row_key, nonce = fresh[:KEY_BYTES], fresh[KEY_BYTES:]
        return Sealed(
            AESGCM(row_key).encrypt(_ONLY_NONCE, plain, bound),
            nonce + self._wrapping.encrypt(nonce, row_key, b"wrap" + bound),
        )

    def unseal(self, sealed: Sealed, *, place: Place) -> bytes:
        """Return the value that was sealed for `place`. Raises SealBroken if anything about it differs."""
        bound = self._bind(place)
        # Reading looks at the source only after a failure: another process may have changed the key meanwhile.
        row_key = self._unwrap(sealed.wrapped_key, bound)
        if row_key is None and self.renew():
            row_key = self._unwrap(sealed.wrapped_key, bound)
        try:
            if row_key is not None:
                return AESGCM(row_key).decrypt(_ONLY_NONCE, sealed.ciphertext, bound)
        except (InvalidTag, ValueError, TypeError):
            # The library's error would add nothing to the place that is named below.
            pass
        raise SealBroken(table=place.table, column=place.column, row=place.row)

    def is_current(self, wrapped_key: bytes, *, place: Place) -> bool:
        """Tell whether the present key of the terminal wraps the row key, not the former one."""
        return _opened(self._wrapping, wrapped_key, self._bind(place)) is not None

    def rewrap(self, wrapped_key: bytes, *, place: Place) -> bytes:
        """Wrap the row key of `place` under the present key; the content stays as it is. Raises SealBroken."""
        bound = self._bind(place)
        row_key = self._unwrap(wrapped_key, bound)
        if row_key is None:
            raise SealBroken(table=place.table, column=place.column, row=place.row)
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, row_key, b"wrap" + bound)

    def pseudonym(self, kind: str, value: str) -> str:
        """Return 32 hex characters that replace `value` (such as a 宛名番号) without revealing it.

        They are keyed (HMAC-SHA256, cut to 128 bits), so that nobody finds the value by trying all possible ones.
        """
        # A kind has no zero byte, so no other kind and value make the same message.
        digest = self._pseudonyms.copy()
        digest.update(kind.encode() + b"\0" + value.encode())
        return digest.digest()[:16].hex()

    def digest(self, content: bytes) -> bytes:
        """Return 32 keyed bytes that are equal exactly for equal contents."""
        digest = self._digests.copy()
        digest.update(content)
        return digest.digest()

    def _take(self, terminal_key: bytes, former_key: bytes | None) -> None:
        self._wrapping = _wrapping(terminal_key)
        self._former = None if former_key is None else _wrapping(former_key)
        self.backup_key = backup_key(terminal_key)

    def renew(self) -> bool:
        """Read the key again if its source has another one now, because a change of the key began or ended meanwhile.

        The source changes only while nobody else may write. So a value sealed inside a writing block is never sealed
        under a key that is gone when the block ends. Returns whether it read. Raises a KeyFileFault.
        """
        if self._source is None or self._source.mark() == self._mark:
            return False
        read = _read_keys(self._source)
        self._take(*read.keys)
        self._generation += 1
        self._mark = read.mark
        return True

    def _unwrap(self, wrapped_key: bytes, bound: bytes) -> bytes | None:
        row_key = _opened(self._wrapping, wrapped_key, bound)
        if row_key is None and self._former is not None:
            row_key = _opened(self._former, wrapped_key, bound)
        return row_key

    def _bind(self, place: Place) -> bytes:
        table, column, row, version = place
        return _before_row(table, column) + _part(row) + _after_row(version, self.terminal_id)


class QueueKeys(NamedTuple):
    """The keys that open everything in a queue: both keys of its vault, 32 bytes each, in clear."""

    terminal: bytes
    pseudonym: bytes


def hand_over(source: KeySource) -> QueueKeys:
    """Return the keys of `source`, for another terminal that will share the queue. Raises a KeyFileFault."""
    read = _read_keys(source)
    return QueueKeys(read.keys.current, read.pseudonym)


def take_over(source: KeySource, keys: QueueKeys) -> None:
    """Install the queue's keys in the `source` of a terminal that shares it from now on. Raises a KeyFileFault."""
    source.install(keys.terminal)
    write_key_file(source.pseudonym_file, _wrap_pseudonym_key(*keys))


def backup_key(terminal_key: bytes) -> bytes:
    """Return the key for backups of the terminal with this key."""
    return _derive(terminal_key, b"renkei/backup/1")


def begin_key_change(source: KeySource) -> None:
    """Make `source` give a new key, with the former one beside it; an interrupted change goes on.

    Call it while nobody else may write. Once it returns, a power failure loses neither key.
    """
    source.begin_change()
    # A crash between these two steps is harmless: the former key still opens the pseudonym key, and the next call ends
    # the job.
    read = _read_keys(source)
    replace_key_file(source.pseudonym_file, _wrap_pseudonym_key(read.keys.current, read.pseudonym))


def belongs(key: bytes, source: KeySource) -> bool:
    """Tell whether `key` is the key of the terminal of `source`.

    Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged.
    """
    return _unwrap_pseudonym_key(key, read_key_file(source.pseudonym_file, size=_WRAPPED_BYTES)) is not None


class _Read(NamedTuple):
    keys: Keys
    pseudonym: bytes
    mark: Mark


def _read_keys(source: KeySource) -> _Read:
    # The mark comes first, so that a change between the two reads shows at the next look.
    mark = source.mark()
    keys = source.read()
    wrapped = read_key_file(source.pseudonym_file, size=_WRAPPED_BYTES)
    for key in keys:
        pseudonym = None if key is None else _unwrap_pseudonym_key(key, wrapped)
        if pseudonym is not None:
            return _Read(keys, pseudonym, mark)
    raise KeyFileDamaged(file=source.pseudonym_file.name)


def _part(text: str) -> bytes:
    # Each part carries its length, so no two places can give the same bytes.
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


# Tables, columns and versions repeat over many rows, so only the row's own part is encoded each time.
@lru_cache(maxsize=256)
def _before_row(table: str, column: str) -> bytes:
    return _CONTEXT + _part(table) + _part(column)


@lru_cache(maxsize=256)
def _after_row(version: int, terminal_id: str) -> bytes:
    return _part(str(version)) + _part(terminal_id)


def _wrapping(terminal_key: bytes) -> AESGCM:
    return AESGCM(_derive(terminal_key, b"renkei/wrap/1"))


def _opened(wrapping: AESGCM, wrapped_key: bytes, bound: bytes) -> bytes | None:
    try:
        return wrapping.decrypt(wrapped_key[:_NONCE_BYTES], wrapped_key[_NONCE_BYTES:], b"wrap" + bound)
    except (InvalidTag, ValueError, TypeError):
        # ValueError: too short for a nonce or a tag. TypeError: SQLite stores a text in a column of bytes if somebody
        # puts one there.
        return None


def _derive(key: bytes, purpose: bytes) -> bytes:
    # HKDF without a salt is sound here: the input is a uniformly random key (RFC 5869, section 3.1). The purpose keeps
    # the derived keys apart.
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
