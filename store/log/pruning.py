"""Removing the oldest entries of the log, whole exports at a time, so that what is left verifies."""

from sqlalchemy import Connection, delete, func, select

from store.errors import NothingToPrune
from store.log import checkpoints
from store.log.checkpoints import CHECKPOINTS, WITNESSES, Checkpoint
from store.log.entries import ENTRIES


def prune(tx: Connection, last: int) -> tuple[int, Checkpoint]:
    """Remove the entries up to `last`, at which a checkpoint stands; return how many there were, and that checkpoint.

    It is kept, with all later ones: the chain begins with the hash that it names. An entry that tells of the pruning
    has to be appended in the same transaction, or the rest does not verify. Raises NothingToPrune.
    """
    boundary = checkpoints.at_entry(tx, last)
    entries = tx.scalar(select(func.count()).select_from(ENTRIES).where(ENTRIES.c.seq <= last)) or 0
    if boundary is None or not entries:
        raise NothingToPrune(years=0)
    tx.execute(delete(ENTRIES).where(ENTRIES.c.seq <= last))
    tx.execute(delete(WITNESSES).where(WITNESSES.c.number < boundary.number))
    tx.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.number < boundary.number))
    return entries, boundary
