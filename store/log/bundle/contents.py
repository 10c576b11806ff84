"""The contents of a bundle. The same log gives the same bytes: nothing here depends on the time or on the medium.

So two exports of the same entries can be compared by their sums.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select

from store.errors import NothingToExport
from store.log import checkpoints, rows
from store.log.checkpoints import Checkpoint
from store.log.entries import ENTRIES, FIRST_PREVIOUS
from store.log.signing_keys import key_text
from store.log.terminals import RETIRED, NextKeys, Origin, to_texts

FORMAT: Final = 1
SHARED_FORMAT: Final = 2
"""The version of a manifest that also names the keys of other terminals. Each entry names its own format."""

SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
# Segments are checked in parallel, so a long log is cut into several. The number is part of the format: the verifier
# finds from a segment's first number which checkpoints concern it.
SEGMENT_ENTRIES: Final = 100_000
SEGMENT_PREFIX: Final = "entries-"
_PEM: Final = "-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n"


class Part(NamedTuple):
    """A file of a bundle: its name, and its bytes piece by piece, to be read once and in order.

    A log may be larger than the memory, so a file never exists as a whole.
    """

    name: str
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class SignedWord:
    """The peer's word about a checkpoint: the body that the peer signed, its signature and public key (32 bytes)."""

    body: bytes
    signature: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle covers: the entries from `first` to the one that the checkpoint `last` signs.

    `before` is the last checkpoint below `first`. `previous` is the digest (hex) of the sums of the bundle before.
    """

    terminal: str
    number: int
    first: int
    last: Checkpoint
    before: Checkpoint | None
    origin: Origin
    previous: str | None
    entry_bytes: int

    @property
    def name(self) -> str:
        """The name of its directory."""
        return f"renkei-log-{self.terminal}-{self.number:06d}"

    @property
    def entries(self) -> int:
        """The number of its entries."""
        return self.last.seq - self.first + 1


def plan(
    reading: Connection,
    terminal: str,
    origin: Origin,
    *,
    number: int,
    after: int,
    previous: str | None,
    up_to: int | None = None,
) -> Bundle:
    """Return the bundle of all entries after `after` up to the last checkpoint, or up to the one at entry `up_to`.

    `terminal` writes it, and `origin` began the log. Raises NothingToExport when no checkpoint signs an entry beyond
    `after`.
    """
    # Entries after the last checkpoint stay behind: nothing on the medium would prove them.
    last = checkpoints.latest(reading) if up_to is None else checkpoints.at_entry(reading, up_to)
    if last is None or last.seq <= after:
        raise NothingToExport
    first = max(after + 1, reading.scalar(select(func.min(ENTRIES.c.seq))) or 1)
    # Each entry takes one line: its bytes and the end of the line. The caller compares the sum with the free space.
    entry_bytes = reading.scalar(select(func.sum(rows.SIZE + 1)).where(ENTRIES.c.seq.between(first, last.seq))) or 0
    before = checkpoints.at_entry(reading, first - 1) if first > 1 else None
    return Bundle(terminal, number, first, last, before, origin, previous, entry_bytes)


def parts(reading: Connection, bundle: Bundle, words: Sequence[SignedWord]) -> Iterator[Part]:
    """Yield every file of the bundle in the order in which to write them; the sums come last.

    Consume each file's pieces before asking for the next file: the sums are taken on the way.
    """
    sums: list[tuple[str, str]] = []
    for part in _parts(reading, bundle, words):
        yield Part(part.name, _summed(part, sums))
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums))
    yield Part(SUMS, iter([lines.encode("ascii")]))


def segment_name(first: int) -> str:
    """Return the name of the segment that begins with entry `first`."""
    return f"{SEGMENT_PREFIX}{first:012d}.jsonl"


def pem(key: bytes) -> bytes:
    """Return a public key of 32 bytes as PEM (RFC 8410)."""
    return _PEM.format(key=key_text(key)).encode("ascii")


def _summed(part: Part, sums: list[tuple[str, str]]) -> Iterator[bytes]:
    digest = sha256()
    for piece in part.pieces:
        digest.update(piece)
        yield piece
    sums.append((part.name, digest.hexdigest()))


def _parts(reading: Connection, bundle: Bundle, words: Sequence[SignedWord]) -> Iterator[Part]:
    here = files("store.log.bundle")
    for name in ("README.txt", "verify.sh"):
        yield Part(name, iter([(here / name).read_bytes()]))
    yield Part(MANIFEST, iter([_manifest(reading, bundle)]))
    for first in range(bundle.first, bundle.last.seq + 1, SEGMENT_ENTRIES):
        last = min(first + SEGMENT_ENTRIES - 1, bundle.last.seq)
        # Before the first one everything may have been pruned, but for the checkpoint.
        before = _hash_before(reading, bundle) if first == bundle.first else _hash_of(reading, first - 1)
        yield Part(segment_name(first), _entries(reading, first, last, before))
    marks = list(_checkpoints(reading, bundle))
    # Signatures have a fixed length and follow each other raw, so that `dd` cuts one out for `openssl`.
    yield Part("checkpoints.jsonl", (mark.body + b"\n" for mark in marks))
    yield Part("checkpoints.sig", (mark.signature for mark in marks))
    yield Part("checkpoints.pem", (pem(mark.key) for mark in marks))
    if words:
        yield Part("witnesses.jsonl", (word.body + b"\n" for word in words))
        yield Part("witnesses.sig", (word.signature for word in words))
        yield Part("witnesses.pem", (pem(word.key) for word in words))


def _manifest(reading: Connection, bundle: Bundle) -> bytes:
    before = bundle.before
    next_keys = _first_keys(bundle)
    # The manifest names one terminal that may sign: the bundle's own where that may. It may not in the first bundle of
    # a terminal that joined later, or when it was retired.
    signers = (name for name, key in next_keys.items() if key != RETIRED)
    terminal = min(signers, key=lambda name: name != bundle.terminal)
    others = to_texts({name: key for name, key in next_keys.items() if name != terminal})
    fields: dict[str, Any] = {
        "v": SHARED_FORMAT if others else FORMAT,
        "terminal": terminal,
        "bundle": bundle.number,
        "first": bundle.first,
        "last": bundle.last.seq,
        "prev": _hash_before(reading, bundle).hex(),
        "ladder": key_text(next_keys[terminal]),
        "checkpoint_prev": (before.digest if before else FIRST_PREVIOUS).hex(),
        "previous": bundle.previous,
        **({"others": others} if others else {}),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _first_keys(bundle: Bundle) -> dict[str, bytes]:
    """Return by terminal the key that signs its first checkpoint in the bundle."""
    next_keys: NextKeys = bundle.before.next_keys if bundle.before else bundle.origin.next_keys
    return {name: key for name, key in next_keys.items() if key is not None}


def _hash_before(reading: Connection, bundle: Bundle) -> bytes:
    if bundle.before is not None:
        return bundle.before.hash
    return _hash_of(reading, bundle.first - 1)


def _hash_of(reading: Connection, seq: int) -> bytes:
    digest: bytes | None = reading.scalar(select(ENTRIES.c.hash).where(ENTRIES.c.seq == seq))
    return FIRST_PREVIOUS if digest is None else digest


def _entries(reading: Connection, first: int, last: int, before: bytes) -> Iterator[bytes]:
    for some in rows.entries(reading, first, last, before):
        yield b"".join(entry + b"\n" for entry in some)


def _checkpoints(reading: Connection, bundle: Bundle) -> Iterator[Checkpoint]:
    first = bundle.before.number + 1 if bundle.before else 1
    for row in checkpoints.since(reading, first):
        if row.number > bundle.last.number:
            return
        read = checkpoints.read(row.body, row.signature)
        # An unreadable checkpoint is left out. Verifying the bundle then reports the gap.
        if read is not None:
            yield read
