"""Removing the oldest entries of the log, whole exports at a time, so that what is left verifies."""

from sqlalchemy import Connection, delete, func, select

from store.errors import NothingToPrune
from store.log import checkpoints
from store.log.checkpoints import CHECKPOINTS, WITNESSES, Checkpoint
from store.log.entries import ENTRIES


def boundary(tx: Connection, last: int) -> tuple[int, Checkpoint]:
    """Return how many entries there are up to `last`, and the checkpoint that stands there. Raises NothingToPrune."""
    kept = checkpoints.at_entry(tx, last)
    entries = tx.scalar(select(func.count()).select_from(ENTRIES).where(ENTRIES.c.seq <= last)) or 0
    if kept is None or not entries:
        raise NothingToPrune(years=0)
    return entries, kept


def prune(tx: Connection, kept: Checkpoint) -> None:
    """Remove the entries up to where the checkpoint `kept` stands, and all checkpoints before it.

    The chain then begins with the hash that it names. An entry that tells of the pruning has to be appended before, in
    the same transaction: without it the rest does not verify, and without any entry the chain would begin anew.
    """
    tx.execute(delete(ENTRIES).where(ENTRIES.c.seq <= kept.seq))
    tx.execute(delete(WITNESSES).where(WITNESSES.c.number < kept.number))
    tx.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.number < kept.number))
