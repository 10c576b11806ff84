"""How much is read of what comes from outside: a bound for every body, counted on its bytes before they are decoded.

A few bytes of JSON can become many in memory: 47 MB of `[[],[],…]` took 1.27 GB. So each text has a bound on its bytes,
on its values and on its depth, and the head of an HTTP message has one on its bytes. Both sides of the line and all
files that people hand over are read within these bounds.
"""

import http.client
import io
from typing import Final, NamedTuple

# A batch, a question or a page of the feed has at most this many items.
MOST_ITEMS: Final = 512
# The largest envelope: some thirty times an ordinary message, and enough for names of 200 characters in any script.
MOST_ENVELOPE_BYTES: Final = 64 * 1024
# Twice a full batch of ordinary messages, which have some 4 kB each. Larger ones go in more batches of fewer items.
MOST_BODY_BYTES: Final = 4 * 1024 * 1024
# Some thirty times the heads that both sides send.
MOST_HEAD_BYTES: Final = 16 * 1024

_BACKSLASH: Final = b"\\"
_ESCAPED_BACKSLASH: Final = rb"\\"
_ESCAPED_QUOTE: Final = rb"\""
_QUOTE: Final = b'"'
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class Bound(NamedTuple):
    """The most that one JSON text may have: bytes, values (members of objects and items of lists), and depth."""

    length: int
    values: int
    depth: int

    def holds(self, raw: bytes) -> bool:
        """Tell whether `raw` keeps the bound. Of a text that is no JSON, the part before its first fault counts."""
        if len(raw) > self.length:
            return False
        # Asked first, since looking for one byte is by far quicker than for two.
        plain = raw.replace(_ESCAPED_BACKSLASH, b"").replace(_ESCAPED_QUOTE, b"") if _BACKSLASH in raw else raw
        # Each value takes at most two texts: the name of a member and its value.
        if plain.count(_QUOTE) > 4 * self.values + 4:
            return False
        # What stands between two quotes is taken out, so that a comma in an address is not counted.
        outside = b"".join(plain.split(_QUOTE)[::2])
        # The first value in a list or an object has no comma before it, but the bracket that opens it.
        opening = outside.count(b"[") + outside.count(b"{")
        if opening + outside.count(b",") > self.values:
            return False
        return _depth(outside) <= self.depth


SMALL: Final = Bound(64 * 1024, 64 * 1024, 64)
"""For a content, which fits in an envelope, and for small files such as a peer's keys."""
PROBLEM: Final = Bound(32 * 1024, 256, 16)
"""For a problem: four texts of 1,000 characters, each of which may be escaped."""
STATUS: Final = Bound(8 * 1024, 128, 8)
WITNESS: Final = Bound(4 * 1024, 8, 2)
QUESTION: Final = Bound(1024, 8, 2)
"""For a body that asks for something and has a few numbers."""
IDS: Final = Bound(32 * 1024, MOST_ITEMS + 4, 3)


def results(items: int) -> int:
    """Return how many bytes may answer `items` envelopes: a receipt or a problem for each."""
    return min(items * (PROBLEM.length + 4), MOST_BODY_BYTES)


def receipts(items: int) -> Bound:
    """Return the bound on a body with so many receipts."""
    return Bound(items * 4096 + 1024, items * 3 + 4, 4)


def envelopes(items: int) -> Bound:
    """Return the bound on a body with so many envelopes."""
    return Bound(min(items * (MOST_ENVELOPE_BYTES * 4 // 3 + 1024) + 1024, MOST_BODY_BYTES), items * 3 + 4, 4)


def problems(items: int) -> Bound:
    """Return the bound on a body with a problem, or none, for each of so many items."""
    return Bound(min(items * (PROBLEM.length + 64) + 1024, MOST_BODY_BYTES), items * 32 + 4, PROBLEM.depth)


class BoundedHead(io.BufferedReader):
    """A stream of HTTP messages of which lines are read only within a bound, until `begin` starts the next head."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self._left = MOST_HEAD_BYTES

    def begin(self) -> None:
        """Note that another message begins."""
        self._left = MOST_HEAD_BYTES

    def readline(self, limit: int | None = -1, /) -> bytes:
        """Return the next line of a head. Raises http.client.LineTooLong when the head has grown too long."""
        # One byte more than is left: a head that just fits is whole, and a longer one is seen.
        most = self._left + 1 if limit is None or limit < 0 else min(limit, self._left + 1)
        line = super().readline(most)
        self._left -= len(line)
        if self._left < 0:
            raise http.client.LineTooLong("head")
        return line


def _depth(outside: bytes) -> int:
    """Return how deep the brackets nest in what stands outside of texts."""
    deepest = depth = 0
    for bracket in outside.translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
