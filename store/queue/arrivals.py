"""Arrivals: the items of the peer's feed, each stored once, and how far the feed has been read.

An arrival, its content, its log entry and the cursor are stored in one transaction. The acknowledgement to the peer
follows that transaction. A program that is killed in between reads the same page again and finds every item known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from store.errors import CursorBackwards
from store.queue.tables import ARRIVALS, CURSORS


class ArrivalKind(StrEnum):
    """What an arrival contains."""

    NOTICE = "notice"
    RESULT = "result"


class Fate(StrEnum):
    """What became of an arrival that was to be stored."""

    NEW = "new"
    KNOWN = "known"  # The same bytes under the same id. This is a success, with nothing left to do.
    REPLAYED = "replayed"  # The same bytes at another place of the feed. No item ever moves there, so it is refused.
    CONFLICT = "conflict"  # Other bytes under a known id. This is an alarm, and the first bytes stay.


class Feed(NamedTuple):
    """The items that a peer has for a terminal, both by name. Each terminal reads and acknowledges its own feed."""

    terminal: str
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalDraft:
    """An item of a feed as it was received. `digest` is the SHA-256 of the envelope's bytes."""

    uid: str
    feed: Feed
    position: int
    purpose: ArrivalKind
    digest: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """An arrival that is stored here, which the peer does not know yet."""

    uid: str
    position: int
    digest: bytes


def arrive(tx: Connection, draft: ArrivalDraft, now: datetime) -> Fate:
    """Store an arrival unless its terminal knows the id; return what became of it.

    Several terminals receive the same notice, each in its own envelope. The caller makes sure that the notice counts
    once. A conflict is returned and not raised: the rest of the page is still read, and the caller logs the alarm.
    """
    terminal, peer = draft.feed
    # Asked first. An insert that fails would, on PostgreSQL, spoil the transaction of the whole page.
    same = (ARRIVALS.c.terminal == terminal, ARRIVALS.c.uid == draft.uid)
    known = tx.execute(select(ARRIVALS.c.digest, ARRIVALS.c.peer, ARRIVALS.c.position).where(*same)).one_or_none()
    if known is not None:
        # Only digests are compared: the stored bytes may have been erased since, and the digest stays as evidence.
        if known.digest != draft.digest:
            return Fate.CONFLICT
        return Fate.KNOWN if (known.peer, known.position) == (peer, draft.position) else Fate.REPLAYED
    values = {
        "terminal": terminal,
        "uid": draft.uid,
        "peer": peer,
        "position": draft.position,
        "purpose": draft.purpose.value,
        "digest": draft.digest,
        "envelope": draft.envelope,
        "received_at": now,
    }
    tx.execute(insert(ARRIVALS), values)
    return Fate.NEW


def note_about(tx: Connection, feed: Feed, uid: str, about: str) -> None:
    """Record the uid `about` of the notice that an arrival repeats, or of the lost message whose result it brought.

    The envelope is then erased with that.
    """
    same = (ARRIVALS.c.terminal == feed.terminal, ARRIVALS.c.uid == uid)
    tx.execute(update(ARRIVALS).where(*same).values(about=about))


def envelope_of(conn: Connection, feed: Feed, uid: str) -> bytes | None:
    """Return the exact bytes of an arrival; None when there is none with that id."""
    return conn.scalar(select(ARRIVALS.c.envelope).where(ARRIVALS.c.terminal == feed.terminal, ARRIVALS.c.uid == uid))


def voucher_of(conn: Connection, uid: str) -> bytes | None:
    """Return what remains of the envelope that brought a result to whichever terminal; None when that is nothing."""
    # A result is brought to the terminal that sent the message, and to no other.
    brought = (ARRIVALS.c.uid == uid, ARRIVALS.c.purpose == ArrivalKind.RESULT.value)
    return conn.scalar(select(ARRIVALS.c.envelope).where(*brought).limit(1))


def unacknowledged(conn: Connection, feed: Feed, limit: int, *, after: int = 0) -> list[Pending]:
    """Return the stored arrivals beyond the position `after` that are not acknowledged, in the order of the feed."""
    columns = select(ARRIVALS.c.uid, ARRIVALS.c.position, ARRIVALS.c.digest)
    pending = columns.where(*_of(ARRIVALS, feed), ARRIVALS.c.acknowledged_at.is_(None), ARRIVALS.c.position > after)
    return [Pending(*row) for row in conn.execute(pending.order_by(ARRIVALS.c.position).limit(limit))]


def mark_acknowledged(tx: Connection, feed: Feed, uids: Iterable[str], now: datetime) -> None:
    """Record that the peer knows that these arrivals are stored."""
    acknowledged = update(ARRIVALS).where(ARRIVALS.c.terminal == feed.terminal, ARRIVALS.c.uid.in_(list(uids)))
    tx.execute(acknowledged.values(acknowledged_at=now))


def cursor(conn: Connection, feed: Feed) -> int:
    """Return the position up to which a feed is stored; 0 before the first page."""
    return conn.scalar(select(CURSORS.c.position).where(*_of(CURSORS, feed))) or 0


def move_cursor(tx: Connection, feed: Feed, position: int) -> None:
    """Move the cursor, in the transaction that stored the page. Raises CursorBackwards."""
    before = tx.scalar(select(CURSORS.c.position).where(*_of(CURSORS, feed)))
    if before is None:
        tx.execute(insert(CURSORS), {**feed._asdict(), "position": position})
    elif position < before:
        raise CursorBackwards(found=position, known=before)
    else:
        tx.execute(update(CURSORS).where(*_of(CURSORS, feed)).values(position=position))


def set_cursor_back(tx: Connection, feed: Feed, position: int) -> None:
    """Set the cursor back, as a person decided: whatever lies beyond is read anew, and known items stay as they are."""
    tx.execute(update(CURSORS).where(*_of(CURSORS, feed), CURSORS.c.position > position).values(position=position))


def _of(table: Table, feed: Feed) -> tuple[ColumnElement[bool], ...]:
    return table.c.terminal == feed.terminal, table.c.peer == feed.peer
