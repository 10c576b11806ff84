"""Kept bytes: what was made once for a message leaves again exactly so, and only under its own id.

The tables that keep them have no seals. Whoever administers the database could put the bytes of another message or of
an earlier revision in their place, which this terminal signed as well. The log names the bytes that left, and the bytes
name their message. Of bytes that need not leave again only header and digest are kept, and held against the same.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from store import queue
from store.errors import RowOutdated
from store.message.states import UNDOABLE, OutState
from store.queue import MessageRow, ShipmentRow
from store.queue.tables import SHIPMENTS
from transport.errors import EnvelopeMalformed
from transport.evidence.envelope import Envelope, Label
from transport.evidence.voucher import read_header

_GONE: Final = UNDOABLE | {OutState.WITHDRAWN}
"""The states of messages whose bytes may be gone."""


def label_of(shipment: ShipmentRow) -> Label:
    """Return what a receipt for a shipment refers to. Raises EnvelopeMalformed."""
    return Label(read_header(shipment.header), shipment.digest.hex())


def replaced_bytes(
    reading: Connection, rows: Sequence[MessageRow], kept: Mapping[int, ShipmentRow]
) -> dict[int, RowOutdated]:
    """Return, by number, an error for each message whose kept bytes are not its own, or not those that left before."""
    shipped = [row for row in rows if row.id in kept]
    recorded = queue.left_as(reading, (row.uid for row in shipped))
    return {
        row.id: RowOutdated(table=SHIPMENTS.name, row=row.uid)
        for row in shipped
        if not _are_of(row, kept[row.id], recorded.get(row.uid))
    }


def _are_of(row: MessageRow, kept: ShipmentRow, recorded: str | None) -> bool:
    """Tell whether bytes are those of a message; `recorded` is their digest, None in an entry of an older program."""
    if not kept.envelope and (row.state not in _GONE or kept.receipt is None):
        return False
    digest = sha256(kept.envelope).hexdigest() if kept.envelope else kept.digest.hex()
    try:
        return recorded in {None, digest} and Envelope.id_of(kept.envelope or kept.header) == row.uid
    except EnvelopeMalformed:
        return False
