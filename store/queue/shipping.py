"""Shipping: which messages may leave now, the exact bytes that are sent, and what came back for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, Row, String, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from store.clock import day_in_japan
from store.errors import MessageMissing, ShipmentConflict
from store.message.states import UNDOABLE, Direction, OutState
from store.packing import pack, unpack
from store.queue.claims import Task, claims_of_others
from store.queue.pages import PageKey, beyond, in_batches
from store.queue.sequence import must_wait
from store.queue.tables import (
    ALL_MESSAGES,
    ERASED,
    KEPT_BYTES,
    MESSAGES,
    RECEIPTS,
    RECOVERED,
    RESULTS,
    SHIPMENTS,
    MessageRow,
    message_row,
    select_messages,
)
from store.sealing.vault import Place, Sealed, Vault
from store.statements import BulkStatement

OPEN: Final = frozenset({OutState.SENDING, OutState.UNKNOWN})
"""The states of messages that were handed to the line and have no answer."""

# The approval is compared with the row again: a content or revision that was changed behind the program's back does not
# leave.
_APPROVED: Final = (
    MESSAGES.c.direction == Direction.OUT.value,
    MESSAGES.c.state == OutState.APPROVED.value,
    MESSAGES.c.approved_revision == MESSAGES.c.revision,
    MESSAGES.c.approved_digest == MESSAGES.c.digest,
    or_(MESSAGES.c.due_on.is_(None), MESSAGES.c.due_on <= bindparam("today")),
)
# A message for which another terminal made bytes is left to that terminal. The peer tells terminals apart and would
# count a second envelope as another message.
_ELSEWHERE: Final = exists().where(
    SHIPMENTS.c.message_id == MESSAGES.c.id, SHIPMENTS.c.terminal != bindparam("terminal", type_=String)
)
_READY: Final = (
    select_messages()
    .where(*_APPROVED, ~must_wait(), ~_ELSEWHERE, MESSAGES.c.id.not_in(bindparam("edited", expanding=True)))
    .order_by(MESSAGES.c.effective_at, MESSAGES.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_READY_AFTER: Final = _READY.where(beyond(bindparam("after_at"), bindparam("after_id")))


def next_to_send(
    conn: Connection, terminal: str, now: datetime, limit: int, after: PageKey | None = None
) -> list[MessageRow]:
    """Return at most `limit` messages that may leave `terminal` now and come after the key `after`, oldest first.

    Such a message is approved exactly as it is, its planned day has come, and no earlier message about the same person
    is open. Nobody edits it. No other terminal has made bytes for it, because the
    peer would count both.
    """
    edited = [number for number, claim in claims_of_others(conn, None, now).items() if claim.task is Task.EDIT]
    values: dict[str, Any] = {"today": day_in_japan(now), "limit": limit, "edited": edited, "terminal": terminal}
    if after is None:
        rows = conn.execute(_READY, values)
    else:
        rows = conn.execute(_READY_AFTER, {**values, "after_at": after.effective_at, "after_id": after.id})
    return [message_row(row) for row in rows]


def count_waiting(conn: Connection, now: datetime) -> int:
    """Return how many approved messages wait for an earlier message about the same person."""
    waiting = select(func.count()).select_from(MESSAGES).where(*_APPROVED, must_wait())
    return conn.scalar(waiting, {"today": day_in_japan(now)}) or 0


# ── Shipments and receipts ────────────────────────────────────────────────────────────────────────


class ShipmentRow(NamedTuple):
    """What was made for the peer by `terminal`, and the peer's receipt once it has arrived.

    Digests are SHA-256, 32 bytes. The receipt names `content_digest`. `peer_version` is the number of the registered
    version for which the bytes were sealed. `envelope` are the exact bytes, empty once they need not leave again.
    """

    message_id: int
    terminal: str
    revision: int
    header: bytes
    digest: bytes
    content_digest: bytes
    peer_version: int
    made_at: datetime
    sent_at: datetime | None = None
    envelope: bytes = b""
    receipt: bytes | None = None


# The last two fields are in separate tables.
_MADE: Final = ShipmentRow._fields[:-2]
_INSERT: Final = BulkStatement.insert(SHIPMENTS, _MADE)
_INSERT_BYTES: Final = BulkStatement.insert(KEPT_BYTES, ("message_id", "envelope"))
_STORED: Final = (
    select(*(SHIPMENTS.c[part] for part in _MADE), func.coalesce(KEPT_BYTES.c.envelope, b""), RECEIPTS.c.receipt)
    .select_from(SHIPMENTS.outerjoin(KEPT_BYTES).outerjoin(RECEIPTS, RECEIPTS.c.message_id == SHIPMENTS.c.message_id))
    .where(SHIPMENTS.c.message_id.in_(bindparam("numbers", expanding=True)))
)
# A message in one of these states never leaves again: resending refuses what the peer has received.
_RECEIVED: Final = sorted(state.value for state in UNDOABLE)
_DROP_BYTES: Final = delete(KEPT_BYTES).where(
    KEPT_BYTES.c.message_id.in_(
        select(RECEIPTS.c.message_id)
        .join(ALL_MESSAGES, ALL_MESSAGES.c.id == RECEIPTS.c.message_id)
        .where(RECEIPTS.c.message_id.in_(bindparam("numbers", expanding=True)), ALL_MESSAGES.c.state.in_(_RECEIVED))
    )
)


def add_shipments(tx: Connection, shipments: Sequence[ShipmentRow]) -> None:
    """Store the bytes made for the peer, once for each message. Raises ShipmentConflict when some exist already."""
    try:
        _INSERT.run(tx, (shipment[: len(_MADE)] for shipment in shipments))
        _INSERT_BYTES.run(tx, ((shipment.message_id, shipment.envelope) for shipment in shipments))
    # Other bytes under the same id would be another message to the peer. The primary key is what rules them out.
    except IntegrityError:
        raise ShipmentConflict from None


def shipments_of(conn: Connection, numbers: Iterable[int]) -> dict[int, ShipmentRow]:
    """Return the shipments by message number; messages without a shipment are left out."""
    return {
        row.message_id: ShipmentRow._make(row)
        for some in in_batches(numbers)
        for row in conn.execute(_STORED, {"numbers": some})
    }


_OPEN: Final = (
    MESSAGES.c.direction == Direction.OUT.value,
    MESSAGES.c.state.in_(sorted(state.value for state in OPEN)),
)


def open_shipments(conn: Connection, terminal: str) -> list[int]:
    """Return the messages that `terminal` handed to the line and that have no answer, oldest first."""
    own = select(MESSAGES.c.effective_at, MESSAGES.c.id).join(SHIPMENTS, SHIPMENTS.c.message_id == MESSAGES.c.id)
    # Sorted here. Asked for the order in time, SQLite walked along all that was ever sent: 154 ms among 900,000
    # messages, instead of 0.2 ms.
    return [row.id for row in sorted(conn.execute(own.where(*_OPEN, SHIPMENTS.c.terminal == terminal)))]


def shipped_elsewhere(conn: Connection, terminal: str) -> dict[str, int]:
    """Return, by terminal, how many messages without an answer or to be sent again are with other terminals."""
    states = sorted(state.value for state in OPEN | {OutState.APPROVED})
    numbers = (
        select(SHIPMENTS.c.terminal, func.count().label("number"))
        .join(MESSAGES, SHIPMENTS.c.message_id == MESSAGES.c.id)
        .where(_OPEN[0], MESSAGES.c.state.in_(states), SHIPMENTS.c.terminal != terminal)
        .group_by(SHIPMENTS.c.terminal)
    )
    return {row.terminal: row.number for row in conn.execute(numbers.order_by(SHIPMENTS.c.terminal))}


def at_peer(conn: Connection, numbers: Iterable[int]) -> set[int]:
    """Return those of the messages that the peer has: those with a receipt, kept or recovered, or a result."""
    # A result is evidence as good as a receipt, and it may arrive although the receipt was lost.
    received: set[int] = set()
    for some in in_batches(numbers):
        for evidence in (RECEIPTS, RESULTS, RECOVERED):
            received.update(conn.scalars(select(evidence.c.message_id).where(evidence.c.message_id.in_(some))))
    return received


def discard_shipments(tx: Connection, numbers: Iterable[int]) -> None:
    """Delete the bytes that the peer refused unread, so that new bytes are made."""
    for some in in_batches(numbers):
        for table in (KEPT_BYTES, SHIPMENTS):
            tx.execute(delete(table).where(table.c.message_id.in_(some)))


def mark_sent(tx: Connection, numbers: Iterable[int], now: datetime) -> None:
    """Record that these shipments are handed to the line now, for the first time or again."""
    for some in in_batches(numbers):
        tx.execute(update(SHIPMENTS).where(SHIPMENTS.c.message_id.in_(some)).values(sent_at=now))


class ReceiptDraft(NamedTuple):
    """A verified receipt, byte for byte, for a message's shipment."""

    message_id: int
    receipt: bytes


# Not ON CONFLICT DO NOTHING, which SQLAlchemy offers for each engine in another way. The first receipt stays, since the
# peer answers a repeated sending with the same receipt.
_INSERT_RECEIPT: Final = BulkStatement(
    insert(RECEIPTS).from_select(
        ["message_id", "receipt", "kept_at"],
        select(
            SHIPMENTS.c.message_id,
            bindparam("new_receipt", type_=RECEIPTS.c.receipt.type),
            bindparam("now", type_=RECEIPTS.c.kept_at.type),
        ).where(
            SHIPMENTS.c.message_id == bindparam("the_id"),
            ~exists().where(RECEIPTS.c.message_id == SHIPMENTS.c.message_id),
        ),
    ),
    ("the_id", "new_receipt", "now"),
)


def keep_receipts(tx: Connection, receipts: Sequence[ReceiptDraft], now: datetime) -> None:
    """Store verified receipts for shipments; a receipt that exists already stays. Raises MessageMissing.

    The bytes of those that the peer has by the state of their messages are dropped: a receipt is held against header
    and digest, and what proves the content is the receipt.
    """
    if _INSERT_RECEIPT.run(tx, ((receipt.message_id, receipt.receipt, now) for receipt in receipts)) != len(receipts):
        # A row was not written either because the receipt exists or because the shipment does not. Only the latter is
        # wrong.
        shipped = shipments_of(tx, (receipt.message_id for receipt in receipts))
        if any(receipt.message_id not in shipped for receipt in receipts):
            raise MessageMissing
    for some in in_batches(receipt.message_id for receipt in receipts):
        tx.execute(_DROP_BYTES, {"numbers": some})


# ── Results ───────────────────────────────────────────────────────────────────────────────────────


class PeerOutcome(StrEnum):
    """The decision of the peer about a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A result of the peer: its uid, the number of the message, its position in the feed, the outcome and its code.

    `words` are what the peer wrote, as bytes of JSON. They are stored sealed, because they may name people.
    """

    uid: str
    message_id: int
    position: int
    outcome: PeerOutcome
    code: str | None
    received_at: datetime
    words: bytes = b""


def add_result(tx: Connection, vault: Vault, result: ResultRow) -> None:
    """Store a result. The caller knows from `arrive` that it is new."""
    sealed = vault.seal(pack(result.words), place=result_place(result.uid))
    values: dict[str, Any] = {
        "uid": result.uid,
        "message_id": result.message_id,
        "position": result.position,
        "outcome": result.outcome.value,
        "code": result.code,
        "received_at": result.received_at,
        "ciphertext": sealed.ciphertext,
        "wrapped_key": sealed.wrapped_key,
    }
    tx.execute(insert(RESULTS), values)


def results_of(conn: Connection, vault: Vault, number: int) -> list[ResultRow]:
    """Return the results of a message, oldest first. Raises SealBroken."""
    results = select(RESULTS).where(RESULTS.c.message_id == number).order_by(RESULTS.c.position)
    return [
        ResultRow(
            uid=row.uid,
            message_id=row.message_id,
            position=row.position,
            outcome=PeerOutcome(row.outcome),
            code=row.code,
            received_at=row.received_at,
            words=_words(vault, row),
        )
        for row in conn.execute(results)
    ]


def _words(vault: Vault, row: Row[Any]) -> bytes:
    if row.wrapped_key == ERASED:
        # An empty record: after the retention period the result is still listed, without its words.
        return b"{}"
    return unpack(vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=result_place(row.uid)))


def result_place(uid: str) -> Place:
    """Return the place of the words of a result."""
    return Place(RESULTS.name, "ciphertext", uid, 1)
