"""Attempts to log on: counted, and the count committed, before a PIN is looked at.

Whoever kills the program in the middle of an attempt has spent that attempt. IDs that nobody has
are counted, slowed and locked in the same way, so that the answers do not tell which IDs exist.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlmodel import Field, SQLModel

from store import clock
from store.errors import AttemptTooSoon, PersonLocked
from store.people.persons import kept_pin
from store.people.pins import NOBODYS_HASH, Pepper
from store.schema import UtcMoment, table

FREE_ATTEMPTS: Final = 5
"""Wrong PINs after which each next try has to wait, longer every time."""
LOCKED_AFTER: Final = 10
"""Wrong PINs after which the ID is locked until a second person releases it."""
FIRST_WAIT_SECONDS: Final = 10


class AttemptRow(SQLModel, table=True):
    """Attempts for one typed ID since the last success; `mark` stands for what was typed."""

    __tablename__ = "attempt"

    mark: str = Field(primary_key=True)
    failures: int
    last_at: datetime = Field(sa_type=UtcMoment)


ATTEMPTS: Final = table(AttemptRow)


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One attempt, already counted as a failure. `failures` counts this one."""

    person_id: str
    failures: int
    _mark: str
    _kept: str | None
    _pepper: Pepper

    def verify(self, pin: str) -> bool:
        """Say whether the PIN is right; slow, outside any transaction, and as slow for unknown IDs."""
        matches = self._pepper.matches(pin, self._kept or NOBODYS_HASH)
        return matches and self._kept is not None

    @property
    def known(self) -> bool:
        """Whether somebody active has that ID: only then may the log name it."""
        return self._kept is not None

    @property
    def mark(self) -> str:
        """What the log names instead of an unknown ID (32 hex characters)."""
        return self._mark


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `wait_seconds` until the next try may begin; `locked`: no more tries."""

    ok: bool
    failures: int
    locked: bool
    wait_seconds: int


def begin_attempt(tx: Connection, pepper: Pepper, person_id: str, now: datetime) -> Attempt:
    """Count an attempt; commit, then `verify`, then `finish_attempt` in another transaction.

    Raises PersonLocked, AttemptTooSoon (seconds still to wait); neither counts as an attempt.
    """
    mark = pepper.mark_of(person_id)
    row = _find(tx, mark)
    if row is not None:
        _refuse_early(row, now)
    failures = (row.failures if row is not None else 0) + 1
    values = {"failures": failures, "last_at": now}
    if row is None:
        tx.execute(insert(ATTEMPTS), {"mark": mark, **values})
    else:
        tx.execute(update(ATTEMPTS).where(ATTEMPTS.c.mark == mark).values(values))
    return Attempt(person_id, failures, mark, kept_pin(tx, person_id), pepper)


def finish_attempt(tx: Connection, attempt: Attempt, ok: bool, now: datetime) -> Outcome:  # noqa: FBT001 - the answer of verify
    """Forget the failures after a right PIN; after a wrong one, start the waiting time anew."""
    if ok:
        tx.execute(delete(ATTEMPTS).where(ATTEMPTS.c.mark == attempt.mark))
        return Outcome(ok=True, failures=0, locked=False, wait_seconds=0)
    tx.execute(update(ATTEMPTS).where(ATTEMPTS.c.mark == attempt.mark).values(last_at=now))
    failures = attempt.failures
    return Outcome(ok=False, failures=failures, locked=failures >= LOCKED_AFTER, wait_seconds=_wait_seconds(failures))


def is_locked(conn: Connection, pepper: Pepper, person_id: str) -> bool:
    """Say whether the ID is locked after too many wrong PINs."""
    row = _find(conn, pepper.mark_of(person_id))
    return row is not None and row.failures >= LOCKED_AFTER


def unlock(tx: Connection, pepper: Pepper, person_id: str) -> bool:
    """Forget the ID's failures; return whether there were any. That a second person does it, the job checks."""
    return tx.execute(delete(ATTEMPTS).where(ATTEMPTS.c.mark == pepper.mark_of(person_id))).rowcount == 1


def _find(conn: Connection, mark: str) -> Row[Any] | None:
    return conn.execute(select(ATTEMPTS).where(ATTEMPTS.c.mark == mark)).one_or_none()


def _refuse_early(row: Row[Any], now: datetime) -> None:
    if row.failures >= LOCKED_AFTER:
        raise PersonLocked
    left = _wait_seconds(row.failures) - clock.seconds_between(row.last_at, now)
    if left > 0:
        raise AttemptTooSoon(seconds=max(round(left), 1))


def _wait_seconds(failures: int) -> int:
    """10 s after the fifth failure, doubled with each one more."""
    return FIRST_WAIT_SECONDS << (failures - FREE_ATTEMPTS) if failures >= FREE_ATTEMPTS else 0
