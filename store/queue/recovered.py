"""What left in a time that the database has lost: the peer's receipts for it, and the messages that only the peer has.

A database that was set back has forgotten what was sent since. The peer's receipts tell. Those for messages that are
here lead to a step (`Step.RECOVER`); a message that is not here is *lost*: people get its content from its source.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update

from store.message.states import Direction, OutState
from store.queue.arrivals import Feed
from store.queue.intake import MessageKey
from store.queue.pages import in_batches
from store.queue.shipping import PeerOutcome
from store.queue.tables import ARRIVALS, ERASED, MESSAGES, RECEIPTS, RECOVERED, RESULTS, SHIPMENTS


class RecoveredDraft(NamedTuple):
    """A verified receipt for a message of `terminal`, and the number of that message if it is here."""

    uid: str
    terminal: str
    receipt: bytes
    received_at: datetime
    message_id: int | None = None
    kind: str | None = None
    reference: str | None = None


class Lost(NamedTuple):
    """A message that only the peer has. Kind, reference and result are None where the peer has not said them."""

    uid: str
    terminal: str
    received_at: datetime
    kind: str | None
    reference: str | None
    outcome: PeerOutcome | None
    code: str | None


_LOST: Final = select(*(RECOVERED.c[name] for name in Lost._fields)).where(RECOVERED.c.message_id.is_(None))
# The peer has decided about a message in these states, so there is nothing to ask.
_KNOWN_THERE: Final = sorted(state.value for state in (OutState.DELIVERED, OutState.ACCEPTED))
_UNPROVED: Final = select(MESSAGES.c.id).where(
    MESSAGES.c.direction == Direction.OUT.value,
    MESSAGES.c.state.not_in(_KNOWN_THERE),
    *(~exists().where(evidence.c.message_id == MESSAGES.c.id) for evidence in (RECEIPTS, RESULTS, RECOVERED)),
    # Bytes that another terminal made are that terminal's to ask about.
    ~exists().where(SHIPMENTS.c.message_id == MESSAGES.c.id, SHIPMENTS.c.terminal != bindparam("terminal")),
)


def without_evidence(conn: Connection, terminal: str) -> list[int]:
    """Return the outgoing messages of which nothing here proves that the peer has them, as far as `terminal` asks."""
    return list(conn.scalars(_UNPROVED.order_by(MESSAGES.c.id), {"terminal": terminal}))


def newest_receipt(conn: Connection, terminal: str) -> bytes | None:
    """Return the receipt that was kept last for a message of `terminal`."""
    kept = select(RECEIPTS.c.receipt).join(SHIPMENTS, SHIPMENTS.c.message_id == RECEIPTS.c.message_id)
    own = kept.where(SHIPMENTS.c.terminal == terminal)
    return conn.scalar(own.order_by(RECEIPTS.c.kept_at.desc(), RECEIPTS.c.message_id.desc()).limit(1))


def known_uids(conn: Connection, uids: Iterable[str]) -> set[str]:
    """Return those of the ids under which a message or notice is here."""
    found: set[str] = set()
    for some in in_batches(uids):
        found.update(conn.scalars(select(MESSAGES.c.uid).where(MESSAGES.c.uid.in_(some))))
    return found


def is_recovered(conn: Connection, uids: Iterable[str]) -> set[str]:
    """Return those of the ids for which a receipt was recovered already."""
    found: set[str] = set()
    for some in in_batches(uids):
        found.update(conn.scalars(select(RECOVERED.c.uid).where(RECOVERED.c.uid.in_(some))))
    return found


def recovered_receipt(conn: Connection, number: int) -> tuple[str, bytes] | None:
    """Return the receipt that was recovered for a message, after the name of the terminal that sent it."""
    row = conn.execute(select(RECOVERED.c.terminal, RECOVERED.c.receipt).where(RECOVERED.c.message_id == number))
    found = row.one_or_none()
    return None if found is None else (found.terminal, found.receipt)


def add_recovered(tx: Connection, drafts: Sequence[RecoveredDraft], now: datetime) -> None:
    """Store receipts that were recovered. The caller knows from `is_recovered` that they are new."""
    if drafts:
        tx.execute(insert(RECOVERED), [{**draft._asdict(), "found_at": now} for draft in drafts])


def lost(conn: Connection, *, uid: str | None = None, limit: int | None = None) -> list[Lost]:
    """Return the messages that only the peer has, in the order in which it received them; or the one with that id."""
    # The order of the peer's clock: it is what people on both sides can compare.
    chosen = _LOST if uid is None else _LOST.where(RECOVERED.c.uid == uid)
    rows = conn.execute(chosen.order_by(RECOVERED.c.received_at, RECOVERED.c.uid).limit(limit))
    return [Lost(*row)._replace(outcome=None if row.outcome is None else PeerOutcome(row.outcome)) for row in rows]


def count_lost(conn: Connection) -> int:
    """Return how many messages only the peer has."""
    return conn.scalar(select(func.count()).select_from(RECOVERED).where(RECOVERED.c.message_id.is_(None))) or 0


def lost_among(conn: Connection, keys: Iterable[MessageKey]) -> set[MessageKey]:
    """Return those of the keys under which only the peer has a message that it did not refuse."""
    wanted = set(keys)
    # What the peer refused may be sent again under its reference, as after any refusal; what waits for its result may
    # not.
    unrefused = or_(RECOVERED.c.outcome.is_(None), RECOVERED.c.outcome != PeerOutcome.REFUSED.value)
    columns = select(RECOVERED.c.kind, RECOVERED.c.reference).where(RECOVERED.c.message_id.is_(None), unrefused)
    found: set[MessageKey] = set()
    for some in in_batches({key.reference for key in wanted}):
        found.update(MessageKey(*row) for row in conn.execute(columns.where(RECOVERED.c.reference.in_(some))))
    return found & wanted


def decide_lost(tx: Connection, uid: str, key: MessageKey | None, outcome: PeerOutcome, code: str | None) -> None:
    """Store the result of a message that only the peer has, with kind and reference if the peer could read them."""
    # A result without them leaves standing what the peer's statement said.
    named = {} if key is None else {"kind": key.kind, "reference": key.reference}
    row = update(RECOVERED).where(RECOVERED.c.uid == uid, RECOVERED.c.message_id.is_(None))
    tx.execute(row.values(outcome=outcome.value, code=code, **named))


def erase_results_of_lost(tx: Connection, feed: Feed) -> None:
    """Erase the envelopes that brought results of messages that only the peer has, once they are acknowledged.

    Outcome and code are kept. The words of the peer, which may name people, have no message here with which they would
    be erased after its retention.
    """
    lost_uids = select(RECOVERED.c.uid).where(RECOVERED.c.message_id.is_(None))
    brought = update(ARRIVALS).where(
        ARRIVALS.c.terminal == feed.terminal,
        ARRIVALS.c.about.in_(lost_uids),
        ARRIVALS.c.acknowledged_at.is_not(None),
        ARRIVALS.c.envelope != ERASED,
    )
    tx.execute(brought.values(envelope=ERASED))
