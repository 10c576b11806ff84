"""Into the house: what the peer's feed brought, each item once, and how far the feed has been read.

An arrival, what it holds, its log entry and the cursor are stored in one transaction; the
acknowledgement to the peer comes after it. Who is killed in between reads the same page again and
finds everything known.
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
    """What an arrival is."""

    NOTICE = "notice"
    RESULT = "result"


class Fate(StrEnum):
    """What storing an arrival found."""

    NEW = "new"
    KNOWN = "known"  # The same bytes under the same id: success, nothing to do.
    REPLAYED = "replayed"  # The same bytes at another place of the feed, where no item ever moves: refused.
    CONFLICT = "conflict"  # Other bytes under a known id: an alarm; the first ones stand.


class Feed(NamedTuple):
    """What a peer has for a terminal, both by their names; each terminal reads its own, and acknowledges it."""

    terminal: str
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalDraft:
    """An item of a feed as it came. `digest` is SHA-256 of the envelope's bytes."""

    uid: str
    feed: Feed
    position: int
    purpose: ArrivalKind
    digest: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """An arrival that is stored here and whose peer does not know it yet."""

    uid: str
    position: int
    digest: bytes


def arrive(tx: Connection, draft: ArrivalDraft, now: datetime) -> Fate:
    """Store an arrival unless its id is known to its terminal.

    The same notice comes to several terminals in envelopes of their own: that it counts once, who takes it in sees to.
    A conflict is returned, not raised: the rest of the page goes on, and the caller logs the alarm.
    """
    terminal, peer = draft.feed
    same = (ARRIVALS.c.terminal == terminal, ARRIVALS.c.uid == draft.uid)
    known = tx.execute(select(ARRIVALS.c.digest, ARRIVALS.c.peer, ARRIVALS.c.position).where(*same)).one_or_none()
    if known is not None:
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


def note_repeated(tx: Connection, feed: Feed, uid: str, about: str) -> None:
    """Note that an arrival brought a notice once more that is kept as `about`: it is erased together with that one."""
    same = (ARRIVALS.c.terminal == feed.terminal, ARRIVALS.c.uid == uid)
    tx.execute(update(ARRIVALS).where(*same).values(about=about))


def envelope_of(conn: Connection, feed: Feed, uid: str) -> bytes | None:
    """Return an arrival's exact bytes, None when there is none with that id."""
    return conn.scalar(select(ARRIVALS.c.envelope).where(ARRIVALS.c.terminal == feed.terminal, ARRIVALS.c.uid == uid))


def unacknowledged(conn: Connection, feed: Feed, limit: int, *, after: int = 0) -> list[Pending]:
    """Return stored arrivals beyond the position `after` that the peer has not been told of, in the feed's order."""
    columns = select(ARRIVALS.c.uid, ARRIVALS.c.position, ARRIVALS.c.digest)
    untold = columns.where(*_of(ARRIVALS, feed), ARRIVALS.c.acknowledged_at.is_(None))
    pending = untold.where(ARRIVALS.c.position > after)
    return [Pending(*row) for row in conn.execute(pending.order_by(ARRIVALS.c.position).limit(limit))]


def mark_acknowledged(tx: Connection, feed: Feed, uids: Iterable[str], now: datetime) -> None:
    """Note that the peer knows that these are stored."""
    told = update(ARRIVALS).where(ARRIVALS.c.terminal == feed.terminal, ARRIVALS.c.uid.in_(list(uids)))
    tx.execute(told.values(acknowledged_at=now))


def cursor(conn: Connection, feed: Feed) -> int:
    """Return the position up to which a feed has been stored; 0 before the first page."""
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


def _of(table: Table, feed: Feed) -> tuple[ColumnElement[bool], ...]:
    return table.c.terminal == feed.terminal, table.c.peer == feed.peer
