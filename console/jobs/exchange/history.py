"""The last exchange, put together again from the log: what became of each message, also after a log-off or a restart.

Nothing is stored for it. Each step of an exchange is an entry with the id of its message, and the entries of one
exchange are those of one session, from the opening of the line on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.jobs.exchange.outcome import ItemResult
from console.terminal import Terminal
from store import queue
from store.log import Event, EventClass, LogFilter, LogRow, page

# So many entries of an exchange are looked at, the newest first: three for each message that was sent.
_MOST: Final = 20_000
_OPENED: Final = LogFilter(events=frozenset({Event.LINE_OPENED}))
_OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Without a later entry the peer was not asked yet what became of it.
        Event.MESSAGE_SENDING: "unknown",
        Event.MESSAGE_UNKNOWN: "unknown",
        Event.MESSAGE_DELIVERED: "delivered",
        Event.MESSAGE_REQUEUED: "approved",
        Event.MESSAGE_CONFLICT: "held",
        Event.MESSAGE_ACCEPTED: "accepted",
        Event.MESSAGE_REFUSED: "refused",
        Event.MESSAGE_RECOVERED: "recovered",
        Event.MESSAGE_LOST: "lost",
        Event.NOTICE_RECEIVED: "received",
        Event.NOTICE_REJECTED: "rejected",
        Event.NOTICE_CONFLICT: "rejected",
    }
)
_SENT: Final = frozenset({Event.MESSAGE_SENDING, Event.MESSAGE_DELIVERED, Event.MESSAGE_UNKNOWN})
_RECEIVED: Final = frozenset({Event.NOTICE_RECEIVED, Event.MESSAGE_ACCEPTED, Event.NOTICE_ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class LastExchange:
    """What the last exchange of this terminal did: from when to when, by whom, and each item."""

    began_at: datetime
    ended_at: datetime
    by: str
    items: tuple[ItemResult, ...]


def last_exchange(terminal: Terminal) -> LastExchange | None:
    """Return the last exchange; None when the line was never opened. Its items are nothing personal."""
    with terminal.database.reading() as reading:
        entries = _entries(reading, terminal.name)
        if not entries:
            return None
        # Oldest first, so that the last entry about a message says what became of it.
        last = {_key(entry): entry for entry in entries if entry.event in _OUTCOMES}
        known = queue.rows_by_uid(reading, {entry.object for entry in last.values() if entry.object is not None})
    items = tuple(_item(entry, known.get(entry.object or "")) for entry in last.values())
    return LastExchange(entries[0].at, entries[-1].at, entries[0].actor or "", items)


def _entries(reading: Connection, terminal: str) -> Sequence[LogRow]:
    """Return the entries of the last exchange, oldest first."""
    # Terminals may share a log; an exchange is of one of them.
    opened = [entry for entry in page(reading, limit=20, chosen=_OPENED) if entry.terminal == terminal]
    if not opened:
        return ()
    latest = opened[0]
    after = _of_session(reading, latest)
    before = next((entry for entry in opened[1:] if entry.session == latest.session), None)
    # Sending and receiving open the line each. They are one exchange if nothing was done in between.
    if before is None or any(entry.event in _SENT for entry in after):
        return _of_line(after)
    both = _of_session(reading, before)
    first = [entry for entry in both if entry.seq < latest.seq]
    together = len(_of_line(first)) == len(first) and not any(entry.event in _RECEIVED for entry in first)
    return _of_line(both if together else after)


def _of_session(reading: Connection, opened: LogRow) -> list[LogRow]:
    """Return the entries of the session from `opened` on, oldest first."""
    chosen = LogFilter(since=opened.at, actor=opened.actor, session=opened.session)
    return [entry for entry in reversed(page(reading, limit=_MOST, chosen=chosen)) if entry.seq >= opened.seq]


def _of_line(entries: Sequence[LogRow]) -> list[LogRow]:
    """Return the entries up to the first that is no matter of the line: then the person went on to something else."""
    ends = (index for index, entry in enumerate(entries) if not _is_of_line(entry))
    return list(entries[: next(ends, len(entries))])


def _is_of_line(entry: LogRow) -> bool:
    # What follows from a result is written with it: the message that was cancelled, the notice that was superseded.
    event = Event(entry.event)
    follows = {Event.MESSAGE_WITHDRAWN, Event.NOTICE_SUPERSEDED, Event.NOTICE_HELD, Event.MESSAGE_RELEASED}
    return event.event_class in {EventClass.COMMUNICATION, EventClass.ERROR} or event in follows


def _key(entry: LogRow) -> str | int:
    # What was not taken in has no message: each stands by itself.
    return entry.seq if entry.object is None or entry.event == Event.NOTICE_REJECTED else entry.object


def _item(entry: LogRow, row: queue.MessageRow | None) -> ItemResult:
    given = {name: str(entry.detail[name]) for name in ("code", "incident") if name in entry.detail}
    taken_in = row is not None and entry.event != Event.NOTICE_REJECTED
    return ItemResult(
        row.id if row is not None and taken_in else None,
        row.reference if row is not None and taken_in else None,
        _OUTCOMES[entry.event],
        given.get("code"),
        given.get("incident"),
    )
