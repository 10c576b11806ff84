"""Sessions. Each begins once and is closed exactly once, even when the program was killed.

A running session renews its lease (`seen_at`). An open session of a process on this machine, since the machine started,
is abandoned when that process is gone. Every other open session is abandoned when its lease has run out.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update
from sqlmodel import Field, SQLModel

from store import clock
from store.endings import Ending
from store.schema import UtcMoment, table

LEASE: Final = timedelta(seconds=90)
"""A session that was not seen for that long is abandoned. Renew the lease at least every 30 seconds."""


class SessionRow(SQLModel, table=True):
    """A session. It is open as long as `closed_at` is empty."""

    __tablename__ = "session"

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    origin: str
    # The name of the process that holds the session; see `_holder`.
    holder: str
    opened_at: datetime = Field(sa_type=UtcMoment)
    seen_at: datetime = Field(sa_type=UtcMoment)
    closed_at: datetime | None = Field(default=None, sa_type=UtcMoment, index=True)
    reason: str | None


SESSIONS: Final = table(SessionRow)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has not been closed."""

    id: str
    person_id: str
    origin: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept: open as long as `closed_at` is None, then with the reason of its end."""

    id: str
    person_id: str
    origin: str
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None


_KEPT: Final = [SESSIONS.c[name] for name in ("id", "person_id", "origin", "opened_at", "closed_at", "reason")]


def kept_session(conn: Connection, session_id: str) -> KeptSession | None:
    """Return a session, or None."""
    row = conn.execute(select(*_KEPT).where(SESSIONS.c.id == session_id)).one_or_none()
    return None if row is None else KeptSession(*row)


def sessions_since(
    conn: Connection, since: datetime, *, person_id: str | None = None, but: Ending | None = None, limit: int
) -> list[KeptSession]:
    """Return the sessions that were opened since a moment, the newest first.

    `but`: only closed ones that did not end so.
    """
    chosen = select(*_KEPT).where(SESSIONS.c.opened_at >= since).order_by(SESSIONS.c.opened_at.desc()).limit(limit)
    if person_id is not None:
        chosen = chosen.where(SESSIONS.c.person_id == person_id)
    if but is not None:
        chosen = chosen.where(SESSIONS.c.reason.is_not(None), SESSIONS.c.reason != but.value)
    return [KeptSession(*row) for row in conn.execute(chosen)]


def open_session(tx: Connection, person_id: str, *, origin: str, now: datetime) -> OpenSession:
    """Begin a session of this process, with an id of 32 random hex characters."""
    opened = OpenSession(uuid4().hex, person_id, origin, now, now)
    values = {
        "id": opened.id,
        "person_id": person_id,
        "origin": origin,
        "holder": _holder(os.getpid()),
        "opened_at": now,
        "seen_at": now,
    }
    tx.execute(insert(SESSIONS), values)
    return opened


def touch_session(tx: Connection, session_id: str, now: datetime) -> bool:
    """Renew the lease; return False when the session has been closed in the meantime."""
    still_open = (SESSIONS.c.id == session_id, SESSIONS.c.closed_at.is_(None))
    return tx.execute(update(SESSIONS).where(*still_open).values(seen_at=now)).rowcount == 1


def close_session(tx: Connection, session_id: str, reason: Ending, now: datetime) -> bool:
    """Close a session; return whether this call closed it, so that its caller writes the only closing entry."""
    # Log-off, idle limit, hang-up and the next start may all close it at once. The condition on `closed_at` decides the
    # race inside the database: exactly one of them changes the row.
    still_open = (SESSIONS.c.id == session_id, SESSIONS.c.closed_at.is_(None))
    values = {"closed_at": now, "reason": reason.value}
    return tx.execute(update(SESSIONS).where(*still_open).values(values)).rowcount == 1


def open_sessions_of(conn: Connection, person_id: str, origin: str | None = None) -> list[str]:
    """Return the ids of a person's open sessions, all of them or those of one origin."""
    chosen = select(SESSIONS.c.id).where(SESSIONS.c.person_id == person_id, SESSIONS.c.closed_at.is_(None))
    return list(conn.scalars(chosen if origin is None else chosen.where(SESSIONS.c.origin == origin)))


def abandoned_sessions(conn: Connection, now: datetime) -> list[OpenSession]:
    """Return the open sessions that no process holds any more, oldest first."""
    chosen = select(SESSIONS).where(SESSIONS.c.closed_at.is_(None)).order_by(SESSIONS.c.opened_at)
    return [
        OpenSession(row.id, row.person_id, row.origin, row.opened_at, row.seen_at)
        for row in conn.execute(chosen)
        if is_abandoned(row.holder, row.seen_at, now)
    ]


def is_abandoned(holder: str, seen_at: datetime, now: datetime) -> bool:
    """Tell whether an open session is abandoned, from its holder and from the moment when it was last seen."""
    machine, _, process = holder.partition(" ")
    if machine and machine == _machine():
        # The process itself is better evidence than the lease, which runs out for a console that was only suspended.
        return _holder(int(process.split(" ")[0])) != holder
    return clock.seconds_between(seen_at, now) > LEASE.total_seconds()


def _holder(process_id: int) -> str:
    """Return a name that no other process ever has: the machine since its start, process id, and start time.

    It is empty for a process that is gone, and on a system without /proc; then only the lease decides.
    """
    try:
        # The third field and those after it. The second is the program's name in parentheses and may contain anything.
        state, *fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # A zombie has ended, although its parent has not asked for its exit status yet: it holds no session.
    # The 22nd field, the start time, tells a process from a later one that was given the same id.
    return "" if state in {"Z", "X"} else f"{_machine()} {process_id} {fields[18]}"


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # Each container counts process ids from 1, so the same id means another process in another namespace.
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
