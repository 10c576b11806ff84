"""Removing the oldest entries of the log, up to the end of an export, so that the rest still verifies."""

from sqlalchemy import Connection, delete, func, select

from store.errors import NothingToPrune
from store.log import checkpoints
from store.log.checkpoints import CHECKPOINTS, WITNESSES, Checkpoint
from store.log.entries import ENTRIES


def boundary(tx: Connection, last: int) -> tuple[int, Checkpoint]:
    """Return how many entries there are up to `last`, and the checkpoint at that entry. Raises NothingToPrune."""
    kept = checkpoints.at_entry(tx, last)
    entries = tx.scalar(select(func.count()).select_from(ENTRIES).where(ENTRIES.c.seq <= last)) or 0
    # Without a checkpoint at that very entry nothing signed would name the hash that the rest begins with.
    if kept is None or not entries:
        raise NothingToPrune(years=0)
    return entries, kept


def prune(tx: Connection, kept: Checkpoint) -> None:
    """Remove the entries up to the one that the checkpoint `kept` signs, and all checkpoints before it.

    The chain then begins with the hash that `kept` names. Append the entry about the pruning first, in the same
    transaction: without it the rest does not verify, and a log without any entry would start again from number 1.
    """
    tx.execute(delete(ENTRIES).where(ENTRIES.c.seq <= kept.seq))
    # The checkpoint itself and its witness stay: they prove where the rest begins.
    tx.execute(delete(WITNESSES).where(WITNESSES.c.number < kept.number))
    tx.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.number < kept.number))
