"""Whether log and queue tell the same: the last entry about each message names where it stands."""

from collections import Counter
from pathlib import Path
from typing import Final

from console.terminal import Terminal
from store import queue
from store.log import Event, LogFilter, LogRow, page
from store.message.states import Direction, InState, OutState, State
from store.queue import QueueFilter

_BEGINNINGS: Final = frozenset({Event.MESSAGE_IMPORTED, Event.NOTICE_RECEIVED})
_LEADS_TO: Final[dict[Event, State]] = {
    Event.MESSAGE_IMPORTED: OutState.REVIEW,
    Event.MESSAGE_APPROVED: OutState.APPROVED,
    Event.MESSAGE_SENDING: OutState.SENDING,
    Event.MESSAGE_UNKNOWN: OutState.UNKNOWN,
    Event.MESSAGE_REQUEUED: OutState.APPROVED,
    Event.MESSAGE_DELIVERED: OutState.DELIVERED,
    Event.MESSAGE_ACCEPTED: OutState.ACCEPTED,
    Event.NOTICE_RECEIVED: InState.RECEIVED,
    Event.NOTICE_SUPERSEDED: InState.SUPERSEDED,
}
_DECIDED: Final = frozenset({Event.NOTICE_CONFIRMED})
"""Events whose entries name themselves where they led: a deletion is confirmed twice."""
_RECEIPTED: Final = frozenset({OutState.DELIVERED})
_ALL: Final = 1_000_000


def disagreement(terminal: Terminal) -> str | None:
    """Return how log and queue of a terminal differ, which only took in, approved, exchanged and confirmed; or None."""
    with terminal.database.reading() as reading:
        entries = page(reading, limit=_ALL, chosen=LogFilter(events=_DECIDED.union(_LEADS_TO)))[::-1]
        rows = [row for way in Direction for row in queue.page(reading, QueueFilter(way), limit=_ALL)]
        shipped = queue.shipments_of(reading, [row.id for row in rows if row.state in _RECEIPTED])
        contents = queue.contents_of(reading, terminal.vault, [row.id for row in rows])
    stands = {entry.object: _led_to(entry) for entry in entries}
    if stands != {row.uid: row.state for row in rows}:
        return "log and queue differ"
    begun = Counter(entry.object for entry in entries if entry.event in _BEGINNINGS)
    if any(begun[row.uid] != 1 for row in rows):
        return "a message began twice or never"
    if any(item.receipt is None for item in shipped.values()):
        return "delivered without a receipt"
    return None if contents.keys() == {row.id for row in rows} else "a content is missing"


def _led_to(entry: LogRow) -> State:
    event = Event(entry.event)
    return InState(str(entry.detail["to"])) if event in _DECIDED else _LEADS_TO[event]


def unfinished(directory: Path) -> list[str]:
    """Return which files in a directory, at any depth, are drafts that nobody finished."""
    return sorted(path.name for path in directory.rglob(".*"))
