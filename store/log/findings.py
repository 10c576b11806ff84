"""What proving the log can find, and where in the chain it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from store.log.entries import FIRST_PREVIOUS

Progress = Callable[[int, int], None]
"""Called with the entries verified so far and the entries there are."""


class Flaw(StrEnum):
    """What can be wrong."""

    GAP = "gap"  # Its number does not follow the one before.
    HASH = "hash"  # The bytes are not those that were hashed.
    LINK = "link"  # It does not name the hash of the entry before it.
    BODY = "body"  # The bytes are no entry of this format, or could be read in two ways.
    TERMINAL = "terminal"  # It is from a terminal that was not let in.
    TIME = "time"  # It is older than the entry before it.
    COPY = "copy"  # A column beside the body says something else than the body.
    MARK = "mark"  # It, or one since the checkpoint before, is not what was signed.
    CHECKPOINT = "checkpoint"  # The next checkpoint is none of this format, or does not follow the one before it.
    SIGNATURE = "signature"  # The signature of the next checkpoint does not hold.
    LADDER = "ladder"  # The next checkpoint was not signed with the key that was named for it.
    CUT = "cut"  # Entries are missing from here on: the log was longer.
    FILES = "files"  # A file of a bundle is missing, strange or changed.
    TABLES = "tables"  # The tables are not as they were made: something could hide entries.


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found: how many entries hold, and the first that does not, with its flaw.

    `checkpoints`: how many held. `resumed`: the entries at which two persons went on after a roll-back, which somebody
    should remember. `pruned`: how many entries were pruned at the beginning, after their export.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    cause: Flaw | None = None
    checkpoints: int = 0
    resumed: tuple[int, ...] = ()
    pruned: int = 0


class Link(NamedTuple):
    """What the next entry is held against: number, hash in hex, and time as written."""

    seq: int
    hash: str
    at: str


START: Final = Link(0, FIRST_PREVIOUS.hex(), "")
