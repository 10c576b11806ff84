"""Kept bytes: what was made once for a message leaves again exactly so, and only under its own id.

The table that keeps them has no seal. Whoever administers the database could put the bytes of another message or of an
earlier revision in their place, which this terminal signed as well. The log names the bytes that left, and the bytes
name their message.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection

from store import queue
from store.errors import RowOutdated
from store.queue import MessageRow, ShipmentRow
from store.queue.tables import SHIPMENTS
from transport.errors import EnvelopeMalformed
from transport.evidence.envelope import Envelope


def replaced_bytes(
    reading: Connection, rows: Sequence[MessageRow], kept: Mapping[int, ShipmentRow]
) -> dict[int, RowOutdated]:
    """Return, by number, an error for each message whose kept bytes are not its own, or not those that left before."""
    shipped = [row for row in rows if row.id in kept]
    recorded = queue.left_as(reading, (row.uid for row in shipped))
    return {
        row.id: RowOutdated(table=SHIPMENTS.name, row=row.uid)
        for row in shipped
        if not _are_of(kept[row.id].envelope, row.uid, recorded.get(row.uid))
    }


def _are_of(raw: bytes, uid: str, recorded: str | None) -> bool:
    """Tell whether bytes are those of a message; `recorded` is their digest, None in an entry of an older program."""
    if recorded not in {None, sha256(raw).hexdigest()}:
        return False
    try:
        return Envelope.id_of(raw) == uid
    except EnvelopeMalformed:
        return False
