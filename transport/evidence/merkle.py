"""Merkle trees: many leaves under one root, and for each leaf a proof that it is among them (RFC 9162, section 2.1).

One signature over the root then covers all leaves, and each leaf can still be proved without the others.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
# Leaves and nodes are hashed with different prefixes. Without them, somebody could present the two hashes below a node
# as a leaf that was signed for.
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class MerkleTree:
    """The tree over `leaves` in their order. There has to be at least one leaf."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        # From the leaves to the root. All levels are kept, because every leaf needs a path through them.
        self._levels = [[hash_leaf(leaf) for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            self._levels.append(list(_parents(self._levels[-1])))

    @property
    def root(self) -> bytes:
        """The hash that covers all leaves, 32 bytes."""
        return self._levels[-1][0]

    def path(self, index: int) -> bytes:
        """Return the inclusion proof of leaf `index`: the hashes beside its way to the root, 32 bytes each."""
        siblings = []
        for level in self._levels[:-1]:
            # The last node of a level with an odd number has no sibling; it moves up unchanged.
            if index ^ 1 < len(level):
                siblings.append(level[index ^ 1])
            index >>= 1
        return b"".join(siblings)


def hash_leaf(leaf: bytes) -> bytes:
    """Return the hash of a leaf, which can never equal the hash of a node."""
    return sha256(_LEAF + leaf).digest()


def root_of(leaf: bytes, index: int, count: int, path: bytes) -> bytes | None:
    """Return the root to which `path` leads from leaf `index` of `count`, as in RFC 9162, section 2.1.3.2.

    None when no such leaf exists or its path has another length.
    """
    return _climb(hash_leaf(leaf), index, count - 1, path) if 0 <= index < count else None


@lru_cache(maxsize=64)  # Neighbouring leaves share most of their paths: the upper part is computed once for many.
def _climb(node: bytes, index: int, last: int, path: bytes) -> bytes | None:
    """Continue from the hash `node` at `index` of its level, whose last index is `last`."""
    # Path and level have to end together: a path that is too short or too long proves nothing.
    if not path or last == 0:
        return node if not path and last == 0 else None
    sibling, above = path[:HASH_BYTES], path[HASH_BYTES:]
    # A last node without a sibling moves up without using a hash of the path.
    while index == last and not index & 1:
        index, last = index >> 1, last >> 1
    parent = sha256(_NODE + sibling + node if index & 1 else _NODE + node + sibling).digest()
    return _climb(parent, index >> 1, last >> 1, above)


def _parents(level: Sequence[bytes]) -> Iterator[bytes]:
    for left in range(0, len(level) - 1, 2):
        yield sha256(_NODE + level[left] + level[left + 1]).digest()
    if len(level) % 2:
        yield level[-1]
