"""The latest word of the log about a person, a message or a mark: one look into the index of objects."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from store.log.entries import ENTRIES
from store.log.events import Event

# The admitted values of a detail have no quotation mark, so what is found is a member of the detail and nothing else.
_NUMBER: Final = {name: re.compile(rb'"%s":(\d+)' % name.encode()) for name in ("version", "attempts")}
_LATEST: Final = (
    select(ENTRIES.c.seq, ENTRIES.c.event, ENTRIES.c.at, ENTRIES.c.body)
    # Concatenated, so that no engine looks for the events in their own index, which holds most of the log.
    .where(ENTRIES.c.object == bindparam("about"), ENTRIES.c.event.concat("").in_(bindparam("events", expanding=True)))
    .order_by(ENTRIES.c.seq.desc())
    .limit(1)
)
_UPGRADED: Final = select(func.max(ENTRIES.c.seq)).where(ENTRIES.c.event == Event.TERMINAL_UPGRADED.value)
_OF_EVENT: Final = select(ENTRIES.c.body).where(ENTRIES.c.event == bindparam("event")).order_by(ENTRIES.c.seq)


class Word(NamedTuple):
    """An entry about an object, with its bytes."""

    seq: int
    event: str
    at: datetime
    body: bytes

    def number(self, name: str) -> int | None:
        """Return the number in a member of the detail; None where the entry does not have it."""
        return number_in(self.body, name)


def find(pattern: re.Pattern[bytes], body: object) -> re.Match[bytes] | None:
    """Look for something in the bytes of an entry.

    SQLite keeps a text in a column of bytes if somebody puts one there. Such an entry tells nothing; the verification
    of the log names it.
    """
    return pattern.search(body) if isinstance(body, bytes) else None


def number_in(body: bytes, name: str) -> int | None:
    """Return the number in the member `name` of the detail of an entry with these bytes; None where it is not."""
    found = find(_NUMBER[name], body)
    return int(found[1]) if found else None


def latest_about(conn: Connection, about: str, events: Iterable[Event]) -> Word | None:
    """Return the last entry of one of these events about an object, or None."""
    row = conn.execute(_LATEST, {"about": about, "events": sorted(events)}).one_or_none()
    return None if row is None else Word._make(row)


def last_upgrade(conn: Connection) -> int:
    """Return the number of the entry about the last upgrade; 0 when there was none.

    What older entries lack, because an older program wrote them, is nothing that somebody took away.
    """
    return conn.scalar(_UPGRADED) or 0


def numbers_of(conn: Connection, event: Event, name: str) -> set[int]:
    """Return the numbers in a member of all entries of a rare event."""
    bodies = conn.scalars(_OF_EVENT, {"event": event.value})
    return {number for body in bodies if (number := number_in(body, name)) is not None}


_ROLE: Final = re.compile(rb'"role":"([a-z+]+)"')


def role_in(body: bytes) -> str | None:
    """Return the roles that an entry with these bytes names, joined by commas as a person's row has them."""
    found = find(_ROLE, body)
    return found[1].decode("ascii").replace("+", ",") if found else None
