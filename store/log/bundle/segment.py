"""One segment of a bundle under proof: hashed line by line, each line held against the one before."""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

from store.log.entries import LAYOUT
from store.log.findings import Flaw, Link

_BLOCK_BYTES: Final = 1 << 18
# The layout once more for many lines at a time, which takes out the hash of the entry before. Strings are whatever
# stands between quotation marks: that only letters do which an entry may have, and no backslash, is looked at apart,
# and nothing is tried twice; together that costs a third of what the exact layout does.
_NAMED: Final = rb'(?:"[^"]*+"|null)'
_MEMBER: Final = rb'"[^"]*+":(?:"[^"]*+"|-?[0-9]++)'
_LINE: Final = (
    rb'(?m:^)\{"actor":%(name)s,"at":"[^"]*+","detail":\{(?:%(member)s(?:,%(member)s)*+)?+\},"event":"[^"]*+",'
    rb'"object":%(name)s,"prev":"((?s:.{64}))","result":"[^"]*+","seq":[0-9]++,"session":%(name)s,'
    rb'"terminal":"%(terminal)s","v":1\}\n'
)
_LETTERS: Final = bytes(code for code in range(128) if chr(code).isalnum()) + b'_.:,+-"{}\n'


@cache
def _line_of(terminals: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return the layout of a line that one of the terminals wrote; there is at least one."""
    names = b"|".join(re.escape(name).encode("ascii") for name in terminals)
    return re.compile(_LINE % {b"name": _NAMED, b"member": _MEMBER, b"terminal": b"(?:%s)" % names})


class Segment(NamedTuple):
    """What a process needs to check one segment: where it lies, its first number, which hashes to tell.

    `writers` are the terminals that may have written in it, each with the number of the entry from which on.
    """

    path: str
    first: int
    writers: tuple[tuple[str, int], ...]
    wanted: frozenset[int]


class CheckedSegment(NamedTuple):
    """What checking a segment found: its sum, its ends, the hashes that were asked for, its first flaw."""

    digest: str
    entries: int
    previous: str
    end: Link
    begins_at: str
    hashes: Mapping[int, str]
    flaw: Flaw | None
    bad: int


def check_segment(job: Segment) -> CheckedSegment:
    """Hash every line of a segment and hold it against the one before; in memory is about a megabyte of it."""
    walk = _Lines(job)
    digest = sha256()
    with open(job.path, "rb") as file:  # noqa: PTH123 - the path crossed a process border as text
        while block := file.read(_BLOCK_BYTES):
            lines = block if block.endswith(b"\n") else block + file.readline(_BLOCK_BYTES)
            digest.update(lines)
            if walk.flaw is None:
                walk.take(lines)
    return walk.told(digest.hexdigest())


class _Lines:
    """The lines of a segment under proof."""

    def __init__(self, job: Segment) -> None:
        self._job = job
        self.seq = job.first
        self.flaw: Flaw | None = None
        self._bad = 0
        self._previous: str | None = None
        self._begins_at = ""
        self._link = Link(job.first - 1, "", "")
        self._hashes: dict[int, str] = {}
        self._wanted = sorted(job.wanted)
        self._writers = dict(job.writers)

    def take(self, lines: bytes) -> None:
        """Check lines: all at once when all is well, else one by one to find the first that is bad."""
        digests = [sha256(line).digest() for line in lines.splitlines()]
        # Terminals are only let in along the way: who may write as a block begins may do so until it ends.
        previous = _line_of(tuple(name for name, since in self._job.writers if since <= self.seq)).findall(lines)
        first = self._link.hash.encode("ascii") if self._previous is not None else b"".join(previous[:1])
        fits = (
            len(previous) == len(digests)
            and b"".join(previous) == first + b"".join(digests[:-1]).hex().encode("ascii")
            and not lines.translate(None, _LETTERS)
        )
        if not fits or not self._ends_fit(lines, len(digests)):
            self._search(lines)
            return
        self._note(first.decode("ascii"), digests)

    def _ends_fit(self, lines: bytes, count: int) -> bool:
        """Whether number and time of the first and the last line are right, between which the signed chain holds."""
        start, _, _ = lines.partition(b"\n")
        end = lines[lines.rfind(b"\n", 0, -1) + 1 : -1]
        one, other = LAYOUT.fullmatch(start), LAYOUT.fullmatch(end)
        if one is None or other is None:
            return False
        numbered = int(one["seq"]) == self.seq and int(other["seq"]) == self.seq + count - 1
        times = (self._link.at, one["at"].decode("ascii"), other["at"].decode("ascii"))
        if not numbered or list(times) != sorted(times):
            return False
        self._begins_at = self._begins_at or times[1]
        self._link = self._link._replace(at=times[2])
        return True

    def _note(self, previous: str, digests: Sequence[bytes]) -> None:
        if self._previous is None:
            self._previous = previous
        end = self.seq + len(digests) - 1
        wanted = self._wanted[bisect_left(self._wanted, self.seq) : bisect_right(self._wanted, end)]
        self._hashes.update((seq, digests[seq - self.seq].hex()) for seq in wanted)
        self._link = Link(end, digests[-1].hex(), self._link.at)
        self.seq = end + 1

    def _search(self, lines: bytes) -> None:
        for line in lines.splitlines(keepends=True):
            said = LAYOUT.fullmatch(line.removesuffix(b"\n"))
            if said is None or not line.endswith(b"\n"):
                return self.fail(Flaw.BODY, self.seq)
            if self._writers.get(said["terminal"].decode("ascii"), sys.maxsize) > self.seq:
                return self.fail(Flaw.TERMINAL, self.seq)
            previous, at = said["prev"].decode("ascii"), said["at"].decode("ascii")
            if self._previous is not None and previous != self._link.hash:
                return self.fail(Flaw.LINK, self.seq)
            if int(said["seq"]) != self.seq:
                return self.fail(Flaw.GAP, self.seq)
            if at < self._link.at:
                return self.fail(Flaw.TIME, self.seq)
            self._begins_at = self._begins_at or at
            self._link = self._link._replace(at=at)
            self._note(previous, [sha256(line[:-1]).digest()])
        return None

    def fail(self, flaw: Flaw, seq: int) -> None:
        """Note the first flaw."""
        self.flaw, self._bad = flaw, seq

    def told(self, digest: str) -> CheckedSegment:
        """Return what was found."""
        entries = self.seq - self._job.first
        return CheckedSegment(
            digest, entries, self._previous or "", self._link, self._begins_at, self._hashes, self.flaw, self._bad
        )
