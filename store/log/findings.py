"""What verifying the log can find: the flaws, the result, and the link of the chain that it has reached."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from store.log.entries import FIRST_PREVIOUS

Progress = Callable[[int, int], None]
"""Called with the number of entries verified so far and the number of all entries."""


class Flaw(StrEnum):
    """What can be wrong. The values are printed, recorded and looked up in the catalogues, so they stay as they are."""

    # Flaws of an entry.
    GAP = "gap"  # Its number does not follow the number before it.
    HASH = "hash"  # Its bytes, put together from the columns, do not have the stored hash.
    LINK = "link"  # It does not name the hash of the entry before it.
    BODY = "body"  # Its bytes are no entry, of an older format than the one before, or could be read in two ways.
    TERMINAL = "terminal"  # Its writer or signer is a terminal that was not admitted.
    TIME = "time"  # It is older than the entry before it and tells of no step of the clock, or of one that was none.
    COPY = "copy"  # A column has no form of ours, or differs from the body where that is kept whole.
    # Flaws of a checkpoint. They are reported for the entries that the checkpoint should have proved.
    MARK = "mark"  # This entry, or one since the checkpoint before it, is not the signed one.
    CHECKPOINT = "checkpoint"  # The next checkpoint has another format or does not follow the one before it.
    SIGNATURE = "signature"  # The signature of the next checkpoint does not verify.
    LADDER = "ladder"  # The next checkpoint was not signed with the key that the one before it named.
    # Flaws of the whole.
    CUT = "cut"  # Entries are missing from here on: the log was longer.
    FILES = "files"  # A file of a bundle is missing, changed or does not belong there.
    FOREIGN = "foreign"  # Its first key is not the expected one, or the first bundle, which holds that key, is missing.
    TABLES = "tables"  # The tables are not as the program made them: something could hide entries.


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found: how many entries hold, and the number of the first bad entry with its flaw.

    `checkpoints`: how many hold. `resumed`: the entries at which two persons went on after a roll-back; somebody should
    remember each of them. `pruned`: how many entries at the beginning were removed after their export.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    cause: Flaw | None = None
    checkpoints: int = 0
    resumed: tuple[int, ...] = ()
    pruned: int = 0


class Link(NamedTuple):
    """What the next entry is compared with: number, hash in hex, time as the entry spells it, and format.

    Where the entry itself was not read, its time is "" and its format the oldest one.
    """

    seq: int
    hash: str
    at: str = ""
    version: int = 1


START: Final = Link(0, FIRST_PREVIOUS.hex())
