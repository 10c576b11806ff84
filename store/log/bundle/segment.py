"""The check of one segment of a bundle: every line is hashed and compared with the line before."""

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
# LAYOUT again, for many lines at a time; it captures the hash of the entry before. Strings match as anything between
# quotes; `_LETTERS` checks the alphabet, without backslashes, separately. Possessive quantifiers avoid backtracking.
# Together this takes a third of the time of LAYOUT.
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
    """Return the pattern of a line that one of the `terminals` (at least one) wrote."""
    names = b"|".join(re.escape(name).encode("ascii") for name in terminals)
    return re.compile(_LINE % {b"name": _NAMED, b"member": _MEMBER, b"terminal": b"(?:%s)" % names})


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
    """The result for a segment: its sum, both ends, the hashes that were asked for, and its first flaw."""

    digest: str
    entries: int
    previous: str
    end: Link
    begins_at: str
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
        self._previous: str | None = None
        self._begins_at = ""
        self._link = Link(job.first - 1, "", "")
        self._hashes: dict[int, str] = {}
        self._wanted = sorted(job.wanted)
        self._writers = dict(job.writers)

    def take(self, lines: bytes) -> None:
        """Check a block of lines: as a whole when all is well, else one by one to find the first bad line."""
        digests = [sha256(line).digest() for line in lines.splitlines()]
        # Terminals are only ever added along the way, so those that may write at the start may write until the end.
        previous = _line_of(tuple(name for name, since in self._job.writers if since <= self.seq)).findall(lines)
        # The first line of a segment names a hash that this file does not hold; joining the segments compares it.
        first = self._link.hash.encode("ascii") if self._previous is not None else b"".join(previous[:1])
        # One comparison proves every link of the block: the named hashes are the line hashes, shifted by one line.
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
        """Tell whether number and time of the first and the last line are right.

        The lines between need no such check: the chain fixes their bytes up to a signed checkpoint.
        """
        start, _, _ = lines.partition(b"\n")
        end = lines[lines.rfind(b"\n", 0, -1) + 1 : -1]
        first, last = LAYOUT.fullmatch(start), LAYOUT.fullmatch(end)
        if first is None or last is None:
            return False
        numbered = int(first["seq"]) == self.seq and int(last["seq"]) == self.seq + count - 1
        times = (self._link.at, first["at"].decode("ascii"), last["at"].decode("ascii"))
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
            entry = LAYOUT.fullmatch(line.removesuffix(b"\n"))
            if entry is None or not line.endswith(b"\n"):
                return self.fail(Flaw.BODY, self.seq)
            if self._writers.get(entry["terminal"].decode("ascii"), sys.maxsize) > self.seq:
                return self.fail(Flaw.TERMINAL, self.seq)
            previous, at = entry["prev"].decode("ascii"), entry["at"].decode("ascii")
            if self._previous is not None and previous != self._link.hash:
                return self.fail(Flaw.LINK, self.seq)
            if int(entry["seq"]) != self.seq:
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

    def result(self, digest: str) -> CheckedSegment:
        """Return the result for the whole file, whose sum is `digest`."""
        entries = self.seq - self._job.first
        return CheckedSegment(
            digest, entries, self._previous or "", self._link, self._begins_at, self._hashes, self.flaw, self._bad
        )
