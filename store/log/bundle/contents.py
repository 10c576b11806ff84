"""What a bundle holds. The same log gives the same bytes: nothing here knows what time it is or where it goes."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select

from store.errors import NothingToExport
from store.log import checkpoints
from store.log.checkpoints import Checkpoint
from store.log.entries import ENTRIES, FIRST_PREVIOUS
from store.log.signing_keys import key_text
from store.log.terminals import RETIRED, Ladders, Origin, to_texts

FORMAT: Final = 1
SHARED_FORMAT: Final = 2
"""The version of a manifest that also names the keys of other terminals."""
SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
SEGMENT_ENTRIES: Final = 100_000
SEGMENT_PREFIX: Final = "entries-"
_PAGE: Final = 4096
_PEM: Final = "-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n"


class Part(NamedTuple):
    """A file of a bundle: its name, and its bytes piece by piece, to be read once and in order."""

    name: str
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class SignedWord:
    """The peer's word about a checkpoint: the body that it signed, its signature, and its public key (32 bytes)."""

    body: bytes
    signature: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle covers: entries `first` to `last`, the latter with its checkpoint; `previous`: a digest in hex."""

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
        """How many entries it holds."""
        return self.last.seq - self.first + 1


def plan(
    reading: Connection, terminal: str, origin: Origin, *, number: int, after: int, previous: str | None
) -> Bundle:
    """Return the bundle of all entries after `after` up to the last checkpoint, which `terminal` writes.

    `origin` began the log. Raises NothingToExport when no checkpoint stands beyond `after`.
    """
    last = checkpoints.latest(reading)
    if last is None or last.seq <= after:
        raise NothingToExport
    first = max(after + 1, reading.scalar(select(func.min(ENTRIES.c.seq))) or 1)
    # Each entry takes a line: its bytes and the end of the line.
    size = func.sum(func.length(ENTRIES.c.body) + 1)
    entry_bytes = reading.scalar(select(size).where(ENTRIES.c.seq.between(first, last.seq))) or 0
    before = checkpoints.at_entry(reading, first - 1) if first > 1 else None
    return Bundle(terminal, number, first, last, before, origin, previous, entry_bytes)


def parts(reading: Connection, bundle: Bundle, words: Sequence[SignedWord]) -> Iterator[Part]:
    """Yield every file of the bundle in the order in which they are to be written; the sums come last."""
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
        yield Part(segment_name(first), _entries(reading, first, last))
    kept = list(_checkpoints(reading, bundle))
    yield Part("checkpoints.jsonl", (one.body + b"\n" for one in kept))
    yield Part("checkpoints.sig", (one.signature for one in kept))
    yield Part("checkpoints.pem", (pem(one.key) for one in kept))
    if words:
        yield Part("witnesses.jsonl", (word.body + b"\n" for word in words))
        yield Part("witnesses.sig", (word.signature for word in words))
        yield Part("witnesses.pem", (pem(word.key) for word in words))


def _manifest(reading: Connection, bundle: Bundle) -> bytes:
    before = bundle.before
    ladders = _ladders(bundle)
    # One that may sign: the bundle's own, but for a first bundle of a later terminal and for a retired one.
    terminal = min((name for name, key in ladders.items() if key != RETIRED), key=lambda name: name != bundle.terminal)
    others = to_texts({name: key for name, key in ladders.items() if name != terminal})
    said: dict[str, Any] = {
        "v": SHARED_FORMAT if others else FORMAT,
        "terminal": terminal,
        "bundle": bundle.number,
        "first": bundle.first,
        "last": bundle.last.seq,
        "prev": _hash_before(reading, bundle).hex(),
        "ladder": key_text(ladders[terminal]),
        "checkpoint_prev": (before.digest if before else FIRST_PREVIOUS).hex(),
        "previous": bundle.previous,
        **({"others": others} if others else {}),
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _ladders(bundle: Bundle) -> dict[str, bytes]:
    """Return by which keys the bundle's first checkpoints are signed, by terminal."""
    ladders: Ladders = bundle.before.ladders if bundle.before else bundle.origin.ladders
    return {name: key for name, key in ladders.items() if key is not None}


def _hash_before(reading: Connection, bundle: Bundle) -> bytes:
    if bundle.before is not None:
        return bundle.before.hash
    found = reading.scalar(select(ENTRIES.c.hash).where(ENTRIES.c.seq == bundle.first - 1))
    return FIRST_PREVIOUS if found is None else found


def _entries(reading: Connection, first: int, last: int) -> Iterator[bytes]:
    for start in range(first, last + 1, _PAGE):
        end = min(start + _PAGE - 1, last)
        bodies: Iterable[bytes] = reading.scalars(
            select(ENTRIES.c.body).where(ENTRIES.c.seq.between(start, end)).order_by(ENTRIES.c.seq)
        )
        yield b"".join(body + b"\n" for body in bodies)


def _checkpoints(reading: Connection, bundle: Bundle) -> Iterator[Checkpoint]:
    first = bundle.before.number + 1 if bundle.before else 1
    for row in checkpoints.since(reading, first):
        if row.number > bundle.last.number:
            return
        read = checkpoints.read(row.body, row.signature)
        # One that cannot be read is left out, and the gap is what the bundle's proof then names.
        if read is not None:
            yield read
