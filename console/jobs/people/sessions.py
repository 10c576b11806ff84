"""Sessions as people look back on them: the log-on before this one, failures since, and what did not end by log-off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.endings import Ending
from store.log import Event, LogFilter, page
from store.people import details_of, person
from store.people.sessions import KeptSession, kept_session, sessions_since
from store.rights import Right

__all__ = ["KeptSession", "LogOn", "LookBack", "RefusedLogOn", "last_log_on", "look_back", "recent"]

DAYS: Final = 31
"""So far back goes the list of sessions."""
MOST: Final = 500
"""And so many are listed."""
_MOST_FAILURES: Final = 100


@dataclass(frozen=True, slots=True)
class LogOn:
    """A log-on: when, at which terminal, on the screen or by a command, and how it ended (None: it is open)."""

    at: datetime
    terminal: str
    origin: str
    ended_at: datetime | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class RefusedLogOn:
    """A log-on that was refused."""

    at: datetime
    terminal: str


@dataclass(frozen=True, slots=True)
class LookBack:
    """What a person is told after a log-on: the name, the log-on before this one, and the failures since."""

    name: str
    last: LogOn | None
    failures: Sequence[RefusedLogOn]


def look_back(terminal: Terminal, session: Session) -> LookBack:
    """Return the last log-on before this session, and the failures between the two."""
    with terminal.database.reading() as reading:
        name = details_of(reading, terminal.vault, person(reading, terminal.vault.rows, session.person_id)).name
        # By the log and not by the table of sessions, which nothing seals.
        mine = _log_ons(reading, session.person_id, 1, session=session.id)
        before = mine[0][0] if mine else None
        # Below this session's own entry, since others of the same person may have begun meanwhile.
        last = _log_ons(reading, session.person_id, 1, before=before)
        return LookBack(
            name,
            last[0][1] if last else None,
            _failures(reading, session.person_id, last[0][0] if last else 0, before),
        )


def last_log_on(reading: Connection, person_id: str) -> LogOn | None:
    """Return a person's last log-on."""
    found = _log_ons(reading, person_id, 1)
    return found[0][1] if found else None


def recent(
    terminal: Terminal, session: Session, *, person_id: str | None = None, unended: bool = False
) -> list[KeptSession]:
    """Return the sessions of late, the newest first; only those that did not end by log-off if `unended`."""
    admit(terminal, session, Right.PEOPLE)
    # Idle ones as well: whoever goes without logging off leaves the terminal to others until the limit.
    but = Ending.LOGGED_OFF if unended else None
    with terminal.database.reading() as reading:
        return sessions_since(reading, clock.now() - timedelta(days=DAYS), person_id=person_id, but=but, limit=MOST)


def _log_ons(
    reading: Connection, person_id: str, limit: int, *, before: int | None = None, session: str | None = None
) -> list[tuple[int, LogOn]]:
    chosen = LogFilter(events=frozenset({Event.OPERATOR_LOGGED_ON}), objects=frozenset({person_id}), session=session)
    found = []
    # The table has how a session ended; the log would have to be walked to its closing entry.
    for row in page(reading, before=before, limit=limit, chosen=chosen):
        kept = None if row.session is None else kept_session(reading, row.session)
        ended_at, ending = (None, None) if kept is None else (kept.closed_at, kept.reason)
        found.append((row.seq, LogOn(row.at, row.terminal, str(row.detail.get("origin", "")), ended_at, ending)))
    return found


def _failures(reading: Connection, person_id: str, after: int, before: int | None) -> list[RefusedLogOn]:
    chosen = LogFilter(events=frozenset({Event.OPERATOR_REFUSED}), objects=frozenset({person_id}))
    rows = page(reading, before=before, limit=_MOST_FAILURES, chosen=chosen)
    # The number orders, and not the time: a clock that was set back would hide what came after.
    return [RefusedLogOn(row.at, row.terminal) for row in reversed(rows) if row.seq > after]
