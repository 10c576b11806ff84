"""Out of the queue: what may leave now, the exact bytes it leaves under, and what came back for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, Row, String, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from store.clock import day_in_japan
from store.errors import MessageMissing, ShipmentConflict
from store.message.states import Direction, OutState
from store.queue.claims import Task, claims_of_others
from store.queue.pages import PageKey, beyond, in_batches
from store.queue.sequence import must_wait
from store.queue.tables import ERASED, MESSAGES, RECEIPTS, RESULTS, SHIPMENTS, MessageRow, message_row, select_messages
from store.sealing.vault import Place, Sealed, Vault
from store.statements import BulkStatement

OPEN: Final = frozenset({OutState.SENDING, OutState.UNKNOWN})
"""What was handed to the line and has no answer."""

_APPROVED: Final = (
    MESSAGES.c.direction == Direction.OUT.value,
    MESSAGES.c.state == OutState.APPROVED.value,
    MESSAGES.c.approved_revision == MESSAGES.c.revision,
    MESSAGES.c.approved_digest == MESSAGES.c.digest,
    or_(MESSAGES.c.due_on.is_(None), MESSAGES.c.due_on <= bindparam("today")),
)
_ELSEWHERE: Final = exists().where(
    SHIPMENTS.c.message_id == MESSAGES.c.id, SHIPMENTS.c.terminal != bindparam("terminal", type_=String)
)
_READY: Final = (
    select_messages()
    .where(*_APPROVED, ~must_wait(), ~_ELSEWHERE, MESSAGES.c.id.not_in(bindparam("in_hand", expanding=True)))
    .order_by(MESSAGES.c.occurred_at, MESSAGES.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_READY_AFTER: Final = _READY.where(beyond(bindparam("after_at"), bindparam("after_id")))


def next_to_send(
    conn: Connection, terminal: str, now: datetime, limit: int, after: PageKey | None = None
) -> list[MessageRow]:
    """Return at most `limit` messages that may leave `terminal` now and come after the key `after`, oldest first.

    Approved exactly as they are, planned day come, no earlier message of the same person still open (domain, section
    2, rules 1 to 3), nobody editing them, and no bytes made for them elsewhere: the peer would count those twice.
    """
    in_hand = [number for number, one in claims_of_others(conn, None, now).items() if one.task is Task.EDIT]
    asked: dict[str, Any] = {"today": day_in_japan(now), "limit": limit, "in_hand": in_hand, "terminal": terminal}
    if after is None:
        rows = conn.execute(_READY, asked)
    else:
        rows = conn.execute(_READY_AFTER, {**asked, "after_at": after.occurred_at, "after_id": after.id})
    return [message_row(row) for row in rows]


def count_waiting(conn: Connection, now: datetime) -> int:
    """Return how many approved messages wait for an earlier one of the same person."""
    waiting = select(func.count()).select_from(MESSAGES).where(*_APPROVED, must_wait())
    return conn.scalar(waiting, {"today": day_in_japan(now)}) or 0


# ── Shipments and receipts ────────────────────────────────────────────────────────────────────────


class ShipmentRow(NamedTuple):
    """The exact bytes for the peer, as `terminal` made them, and its receipt for them once that is here.

    Digests are SHA-256, 32 bytes; `content_digest` as the receipt names it; `peer_version` is the
    number of the registered version it was sealed for.
    """

    message_id: int
    terminal: str
    revision: int
    envelope: bytes
    digest: bytes
    content_digest: bytes
    peer_version: int
    made_at: datetime
    sent_at: datetime | None = None
    receipt: bytes | None = None


_MADE: Final = ShipmentRow._fields[:-1]
_INSERT: Final = BulkStatement.insert(SHIPMENTS, _MADE)
_KEPT: Final = (
    select(*(SHIPMENTS.c[part] for part in _MADE), RECEIPTS.c.receipt)
    .select_from(SHIPMENTS.outerjoin(RECEIPTS))
    .where(SHIPMENTS.c.message_id.in_(bindparam("numbers", expanding=True)))
)


def add_shipments(tx: Connection, shipments: Sequence[ShipmentRow]) -> None:
    """Keep bytes made for the peer, once a message. Raises ShipmentConflict when some exist already."""
    try:
        _INSERT.run(tx, (one[: len(_MADE)] for one in shipments))
    except IntegrityError:
        raise ShipmentConflict from None


def shipments_of(conn: Connection, numbers: Iterable[int]) -> dict[int, ShipmentRow]:
    """Return what was made for the peer, by message number; messages without are left out."""
    return {
        row.message_id: ShipmentRow._make(row)
        for some in in_batches(list(numbers))
        for row in conn.execute(_KEPT, {"numbers": some})
    }


_OPEN: Final = (
    MESSAGES.c.direction == Direction.OUT.value,
    MESSAGES.c.state.in_(sorted(state.value for state in OPEN)),
)


def open_shipments(conn: Connection, terminal: str) -> list[int]:
    """Return the messages that `terminal` has handed to the line and that have no answer, oldest first."""
    own = select(MESSAGES.c.occurred_at, MESSAGES.c.id).join(SHIPMENTS, SHIPMENTS.c.message_id == MESSAGES.c.id)
    # Put in order here: asked for it, an engine would walk along the time through all that was ever sent.
    return [row.id for row in sorted(conn.execute(own.where(*_OPEN, SHIPMENTS.c.terminal == terminal)))]


def shipped_elsewhere(conn: Connection, terminal: str) -> dict[str, int]:
    """Return how many messages without an answer, or to be sent again, are with which other terminals."""
    states = sorted(state.value for state in OPEN | {OutState.APPROVED})
    found = (
        select(SHIPMENTS.c.terminal, func.count().label("number"))
        .join(MESSAGES, SHIPMENTS.c.message_id == MESSAGES.c.id)
        .where(_OPEN[0], MESSAGES.c.state.in_(states), SHIPMENTS.c.terminal != terminal)
        .group_by(SHIPMENTS.c.terminal)
    )
    return {row.terminal: row.number for row in conn.execute(found.order_by(SHIPMENTS.c.terminal))}


def at_peer(conn: Connection, numbers: Iterable[int]) -> set[int]:
    """Return which of these messages the peer has: those with a receipt or a result."""
    found: set[int] = set()
    for some in in_batches(list(numbers)):
        for kept in (RECEIPTS, RESULTS):
            found.update(conn.scalars(select(kept.c.message_id).where(kept.c.message_id.in_(some))))
    return found


def discard_shipments(tx: Connection, numbers: Iterable[int]) -> None:
    """Forget the bytes that the peer has refused unread, so that they are made anew."""
    for some in in_batches(list(numbers)):
        tx.execute(delete(SHIPMENTS).where(SHIPMENTS.c.message_id.in_(some)))


def mark_sent(tx: Connection, numbers: Iterable[int], now: datetime) -> None:
    """Note that these shipments are handed to the line now, for the first time or again."""
    for some in in_batches(list(numbers)):
        tx.execute(update(SHIPMENTS).where(SHIPMENTS.c.message_id.in_(some)).values(sent_at=now))


class ReceiptDraft(NamedTuple):
    """A verified receipt, byte for byte, for a message's shipment."""

    message_id: int
    receipt: bytes


# Not "on conflict do nothing", which each engine's layer would have to be asked for in its own way.
_KEEP: Final = BulkStatement(
    insert(RECEIPTS).from_select(
        ["message_id", "receipt", "kept_at"],
        select(SHIPMENTS.c.message_id, bindparam("new_receipt"), bindparam("now", type_=RECEIPTS.c.kept_at.type)).where(
            SHIPMENTS.c.message_id == bindparam("the_id"),
            ~exists().where(RECEIPTS.c.message_id == SHIPMENTS.c.message_id),
        ),
    ),
    ("the_id", "new_receipt", "now"),
)


def keep_receipts(tx: Connection, receipts: Sequence[ReceiptDraft], now: datetime) -> None:
    """Keep verified receipts for what was shipped; one that is there already stays. Raises MessageMissing."""
    if _KEEP.run(tx, ((one.message_id, one.receipt, now) for one in receipts)) != len(receipts):
        shipped = shipments_of(tx, (one.message_id for one in receipts))
        if any(one.message_id not in shipped for one in receipts):
            raise MessageMissing


# ── Results ───────────────────────────────────────────────────────────────────────────────────────


class PeerOutcome(StrEnum):
    """What the peer decided about a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A result: its own uid, the message it is about, its place in the feed, outcome and code.

    `words` are the peer's own, as canonical bytes; they are kept sealed, for they may name people.
    """

    uid: str
    message_id: int
    position: int
    outcome: PeerOutcome
    code: str | None
    received_at: datetime
    words: bytes = b""


def add_result(tx: Connection, vault: Vault, result: ResultRow) -> None:
    """Keep a result; that it is new, `arrive` has said."""
    sealed = vault.seal(result.words, place=result_place(result.uid))
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
    kept = select(RESULTS).where(RESULTS.c.message_id == number).order_by(RESULTS.c.position)
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
        for row in conn.execute(kept)
    ]


def _words(vault: Vault, row: Row[Any]) -> bytes:
    if row.wrapped_key == ERASED:
        return b"{}"
    return vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=result_place(row.uid))


def result_place(uid: str) -> Place:
    """Return where the words of the result with that id belong."""
    return Place(RESULTS.name, "ciphertext", uid, 1)
