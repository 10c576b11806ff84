"""The check of one segment of a bundle: every line is hashed and compared with the line before."""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

from store.log.entries import LAYOUT
from store.log.events import Event
from store.log.findings import Flaw, Link
from store.log.rows import is_in_time, version_of

_BLOCK_BYTES: Final = 1 << 18
# LAYOUT again, for many lines at a time; it captures the hash of the entry before. Strings match as anything between
# quotes; `_LETTERS` checks the alphabet, without backslashes, separately. Possessive quantifiers avoid backtracking.
# Together this takes a third of the time of LAYOUT.
_NAMED: Final = rb'(?:"[^"]*+"|null)'
_MEMBER: Final = rb'"[^"]*+":(?:"[^"]*+"|-?[0-9]++)'
_LINE: Final = (
    rb'(?m:^)\{"actor":%(name)s,"at":"[^"]*+","detail":\{(?:%(member)s(?:,%(member)s)*+)?+\},"event":"[^"]*+",'
    rb'"object":%(name)s,"prev":"((?s:.{64}))","result":"[^"]*+","seq":[0-9]++,"session":%(name)s,'
    rb'"terminal":"%(terminal)s","v":%(version)d\}\n'
)
_STEP: Final = b'"event":"%s"' % Event.CLOCK_STEPPED.value.encode("ascii")
_LETTERS: Final = bytes(code for code in range(128) if chr(code).isalnum()) + b'_.:,+-"{}\n'


@cache
def _line_of(terminals: tuple[str, ...], version: int) -> re.Pattern[bytes]:
    """Return the pattern of a line in format `version` that one of the `terminals` (at least one) wrote."""
    names = b"|".join(re.escape(name).encode("ascii") for name in terminals)
    parts = {b"name": _NAMED, b"member": _MEMBER, b"terminal": b"(?:%s)" % names, b"version": version}
    return re.compile(_LINE % parts)


class Segment(NamedTuple):
    """What a process needs to check one segment: its path, its first number, and which hashes to return.

    `writers` are the terminals that may have written in it, each with the number of the first entry that it may have
    written. Plain types only: the job crosses a process border.
    """

    path: str
    first: int
    writers: tuple[tuple[str, int], ...]
    wanted: frozenset[int]


class CheckedSegment(NamedTuple):
    """The result for a segment: its sum, both ends, the hashes that were asked for, and its first flaw.

    `begins`: its first entry, which is compared with the last one of the segment before; empty when it has none.
    """

    digest: str
    entries: int
    begins: bytes
    end: Link
    hashes: Mapping[int, str]
    flaw: Flaw | None
    bad: int


def check_segment(job: Segment) -> CheckedSegment:
    """Hash every line of a segment and compare it with the line before; about a megabyte is in memory at a time."""
    walk = _Lines(job)
    digest = sha256()
    with open(job.path, "rb") as file:  # noqa: PTH123  # The path crossed a process border as text.
        while block := file.read(_BLOCK_BYTES):
            # Blocks end with a line. The limit also holds a forged file without line ends within bounded memory.
            lines = block if block.endswith(b"\n") else block + file.readline(_BLOCK_BYTES)
            digest.update(lines)
            if walk.flaw is None:
                walk.take(lines)
    return walk.result(digest.hexdigest())


class _Lines:
    """The walk along the lines of a segment."""

    def __init__(self, job: Segment) -> None:
        self._job = job
        self.seq = job.first
        self.flaw: Flaw | None = None
        self._bad = 0
        self._begins = b""
        self._link = Link(job.first - 1, "")
        self._hashes: dict[int, str] = {}
        self._wanted = sorted(job.wanted)
        self._writers = dict(job.writers)

    def take(self, lines: bytes) -> None:
        """Check a block of lines: as a whole when all is well, else one by one to find the first bad line."""
        digests = [sha256(line).digest() for line in lines.splitlines()]
        # Terminals are only ever added along the way, so those that may write at the start may write until the end.
        writers = tuple(name for name, since in self._job.writers if since <= self.seq)
        # Formats only ever go up, so a block that ends in the oldest one is all in that one.
        previous = _line_of(writers, version_of(lines[:-1])).findall(lines)
        # The first line of a segment names a hash that this file does not hold; joining the segments compares it.
        first = self._link.hash.encode("ascii") if self._begins else b"".join(previous[:1])
        # One comparison proves every link of the block: the named hashes are the line hashes, shifted by one line.
        fits = (
            len(previous) == len(digests)
            and b"".join(previous) == first + b"".join(digests[:-1]).hex().encode("ascii")
            and not lines.translate(None, _LETTERS)
            # Whether a step of the clock is told rightly shows line by line only.
            and _STEP not in lines
        )
        if not fits or not self._ends_fit(lines, len(digests)):
            self._search(lines)
            return
        self._note(digests)

    def _ends_fit(self, lines: bytes, count: int) -> bool:
        """Tell whether number, time and format of the first and the last line are right.

        The lines between need no such check: the chain fixes their bytes up to a signed checkpoint.
        """
        start, _, _ = lines.partition(b"\n")
        end = lines[lines.rfind(b"\n", 0, -1) + 1 : -1]
        first, last = LAYOUT.fullmatch(start), LAYOUT.fullmatch(end)
        if first is None or last is None:
            return False
        numbered = int(first["seq"]) == self.seq and int(last["seq"]) == self.seq + count - 1
        times = (self._link.at, first["at"].decode("ascii"), last["at"].decode("ascii"))
        version = int(last["v"])
        if not numbered or list(times) != sorted(times) or version < self._link.version:
            return False
        self._begins = self._begins or start
        self._link = self._link._replace(at=times[2], version=version)
        return True

    def _note(self, digests: Sequence[bytes]) -> None:
        end = self.seq + len(digests) - 1
        wanted = self._wanted[bisect_left(self._wanted, self.seq) : bisect_right(self._wanted, end)]
        self._hashes.update((seq, digests[seq - self.seq].hex()) for seq in wanted)
        self._link = self._link._replace(seq=end, hash=digests[-1].hex())
        self.seq = end + 1

    def _search(self, lines: bytes) -> None:
        for line in lines.splitlines(keepends=True):
            entry = LAYOUT.fullmatch(line.removesuffix(b"\n"))
            if entry is None or not line.endswith(b"\n") or int(entry["v"]) < self._link.version:
                return self.fail(Flaw.BODY, self.seq)
            if self._writers.get(entry["terminal"].decode("ascii"), sys.maxsize) > self.seq:
                return self.fail(Flaw.TERMINAL, self.seq)
            if self._begins and entry["prev"].decode("ascii") != self._link.hash:
                return self.fail(Flaw.LINK, self.seq)
            if int(entry["seq"]) != self.seq:
                return self.fail(Flaw.GAP, self.seq)
            if not is_in_time(entry, self._link):
                return self.fail(Flaw.TIME, self.seq)
            self._begins = self._begins or line[:-1]
            self._link = self._link._replace(at=entry["at"].decode("ascii"), version=int(entry["v"]))
            self._note([sha256(line[:-1]).digest()])
        return None

    def fail(self, flaw: Flaw, seq: int) -> None:
        """Note the first flaw."""
        self.flaw, self._bad = flaw, seq

    def result(self, digest: str) -> CheckedSegment:
        """Return the result for the whole file, whose sum is `digest`."""
        entries = self.seq - self._job.first
        return CheckedSegment(digest, entries, self._begins, self._link, self._hashes, self.flaw, self._bad)
