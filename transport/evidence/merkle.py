"""Hash trees: many leaves under one root, each with a proof that it is among them (RFC 9162, section 2.1).

One signature over the root then stands for all of them, and each still proves itself without the others.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class HashTree:
    """The tree over `leaves`, at least one of them, in their order."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [[hash_leaf(leaf) for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            self._levels.append(list(_parents(self._levels[-1])))

    @property
    def root(self) -> bytes:
        """The hash over all leaves, 32 bytes."""
        return self._levels[-1][0]

    def path(self, index: int) -> bytes:
        """Return the hashes, from the leaf `index` upwards, that lead to the root beside it: 32 bytes each."""
        beside = []
        for level in self._levels[:-1]:
            # The last one of an odd number goes up as it is: it has none beside it.
            if index ^ 1 < len(level):
                beside.append(level[index ^ 1])
            index >>= 1
        return b"".join(beside)


def hash_leaf(leaf: bytes) -> bytes:
    """Return the hash of a leaf, which no hash of two others can equal."""
    return sha256(_LEAF + leaf).digest()


def root_of(leaf: bytes, index: int, count: int, path: bytes) -> bytes | None:
    """Return the root that `path` leads to from the leaf `index` of `count`; None when a path there has another length.

    As RFC 9162, section 2.1.3.2, computes it.
    """
    return _climb(hash_leaf(leaf), index, count - 1, path) if 0 <= index < count else None


@lru_cache(maxsize=64)  # Leaves that are looked at one after the other have most of their paths in common.
def _climb(found: bytes, index: int, last: int, path: bytes) -> bytes | None:
    """Go on from the hash `found`, which stands at `index` of its level, whose last is at `last`."""
    if not path or last == 0:
        return found if not path and last == 0 else None
    beside, above = path[:HASH_BYTES], path[HASH_BYTES:]
    while index == last and not index & 1:
        index, last = index >> 1, last >> 1
    found = sha256(_NODE + beside + found if index & 1 else _NODE + found + beside).digest()
    return _climb(found, index >> 1, last >> 1, above)


def _parents(level: Sequence[bytes]) -> Iterator[bytes]:
    for left in range(0, len(level) - 1, 2):
        yield sha256(_NODE + level[left] + level[left + 1]).digest()
    if len(level) % 2:
        yield level[-1]
