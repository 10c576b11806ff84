"""Attempts to log on. Each is counted, and the count committed, before the PIN is checked.

An attacker who kills the program during an attempt has therefore used up that attempt. IDs that nobody has are counted,
slowed down and locked in the same way, so that the answers do not reveal which IDs exist.
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
"""Wrong PINs after which every further try has to wait, longer each time."""
LOCKED_AFTER: Final = 10
"""Wrong PINs after which the ID stays locked until a second person releases it."""
# The waits double from 10 s, so that 310 s lie between the fifth wrong PIN and the tenth.
FIRST_WAIT_SECONDS: Final = 10


class AttemptRow(SQLModel, table=True):
    """The attempts for a typed ID since the last success. `mark` is the keyed hash of what was typed."""

    __tablename__ = "attempt"

    mark: str = Field(primary_key=True)
    failures: int
    # The moment of the last attempt, from which the waiting time runs.
    last_at: datetime = Field(sa_type=UtcMoment)


ATTEMPTS: Final = table(AttemptRow)


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """An attempt that is already counted as a failure. `failures` includes it.

    Its repr shows no field, because one of them is the hash of a PIN.
    """

    person_id: str
    failures: int
    _mark: str
    _pin_hash: str | None
    _pepper: Pepper

    def verify(self, pin: str) -> bool:
        """Tell whether the PIN is right.

        Slow on purpose, and as slow for unknown IDs: call it outside any transaction.
        """
        # The comparison runs in either case, so that the time of the answer does not tell whether the ID exists.
        matches = self._pepper.matches(pin, self._pin_hash or NOBODYS_HASH)
        return matches and self._pin_hash is not None

    @property
    def known(self) -> bool:
        """Whether an active person has that ID. Only then may the log name it."""
        return self._pin_hash is not None

    @property
    def mark(self) -> str:
        """The name of an unknown ID in the log (32 hex characters)."""
        return self._mark


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    `wait_seconds` pass before the next try may begin. `locked` means that no further try is possible.
    """

    ok: bool
    failures: int
    locked: bool
    wait_seconds: int


def begin_attempt(tx: Connection, pepper: Pepper, person_id: str, now: datetime) -> Attempt:
    """Count an attempt as failed.

    The caller commits, calls `verify`, and then calls `finish_attempt` in another transaction. Raises PersonLocked and
    AttemptTooSoon (with the seconds still to wait); neither counts as an attempt.
    """
    mark = pepper.mark_of(person_id)
    row = _find(tx, mark)
    if row is not None:
        # A try that comes too early is not counted: impatience would otherwise lock the ID.
        _refuse_early(row, now)
    failures = (row.failures if row is not None else 0) + 1
    values = {"failures": failures, "last_at": now}
    if row is None:
        tx.execute(insert(ATTEMPTS), {"mark": mark, **values})
    else:
        tx.execute(update(ATTEMPTS).where(ATTEMPTS.c.mark == mark).values(values))
    return Attempt(person_id, failures, mark, kept_pin(tx, person_id), pepper)


def finish_attempt(tx: Connection, attempt: Attempt, ok: bool, now: datetime) -> Outcome:  # noqa: FBT001  # It is the answer of `verify`, passed on.
    """Forget the failures after a right PIN; after a wrong PIN, let the waiting time begin now."""
    if ok:
        tx.execute(delete(ATTEMPTS).where(ATTEMPTS.c.mark == attempt.mark))
        return Outcome(ok=True, failures=0, locked=False, wait_seconds=0)
    # Checking the PIN took time. Measured from the beginning of the attempt, the wait would be shorter than promised.
    tx.execute(update(ATTEMPTS).where(ATTEMPTS.c.mark == attempt.mark).values(last_at=now))
    failures = attempt.failures
    return Outcome(ok=False, failures=failures, locked=failures >= LOCKED_AFTER, wait_seconds=_wait_seconds(failures))


def is_locked(conn: Connection, pepper: Pepper, person_id: str) -> bool:
    """Tell whether the ID is locked after too many wrong PINs."""
    row = _find(conn, pepper.mark_of(person_id))
    return row is not None and row.failures >= LOCKED_AFTER


def unlock(tx: Connection, pepper: Pepper, person_id: str) -> bool:
    """Forget the failures of the ID; return whether there were any. The job checks that a second person does it."""
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
    """Return 10 s after the fifth failure, and twice as long after each further failure."""
    return FIRST_WAIT_SECONDS << (failures - FREE_ATTEMPTS) if failures >= FREE_ATTEMPTS else 0
