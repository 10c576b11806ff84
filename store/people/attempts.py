"""Attempts to log on. Each is counted, and the count committed, before the PIN is checked.

An attacker who kills the program during an attempt has therefore used up that attempt. IDs that nobody has are counted,
slowed down and locked in the same way, so that the answers do not reveal which IDs exist.

Whoever administers the database can set a count back to an earlier one, seal and all, or delete it. So the log decides
as well: its entry about each wrong PIN says how many there were, and the higher number counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlmodel import Field, SQLModel

from store import clock
from store.errors import AttemptTooSoon, PersonLocked
from store.log.events import Event
from store.log.latest import last_upgrade, latest_about
from store.people.persons import is_registered, kept_pin
from store.people.pins import NOBODYS_HASH, Pepper, is_bound
from store.schema import UtcMoment, table
from store.sealing.row_seals import Plain, RowSeals

FREE_ATTEMPTS: Final = 5
"""Wrong PINs after which every further try has to wait, longer each time."""
LOCKED_AFTER: Final = 10
"""Wrong PINs after which the ID stays locked until a second person releases it."""
# The waits double from 10 s, so that 310 s lie between the fifth wrong PIN and the tenth.
FIRST_WAIT_SECONDS: Final = 10
# The events that tell how an attempt ended, or that its failures are forgotten.
_OUTCOMES: Final = frozenset(
    {
        Event.OPERATOR_REFUSED,
        Event.OPERATOR_LOGGED_ON,
        Event.PIN_CONFIRMED,
        Event.PERSON_UNLOCKED,
        Event.PERSON_RESET,
    }
)


class AttemptRow(SQLModel, table=True):
    """The attempts for a typed ID since the last success. `mark` is the keyed hash of what was typed."""

    __tablename__ = "attempt"

    mark: str = Field(primary_key=True)
    failures: int
    # The moment of the last attempt, from which the waiting time runs.
    last_at: datetime = Field(sa_type=UtcMoment)
    seal: bytes  # Binds all other columns to the keys of the queue.


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
        matches = self._pepper.matches(self.person_id, pin, self._pin_hash or NOBODYS_HASH)
        return matches and self._pin_hash is not None

    def bound_hash(self, pin: str) -> str | None:
        """Return a hash of the right PIN that is bound to the person, where the stored one is not; None else.

        Slow: call it outside any transaction.
        """
        if self._pin_hash is None or is_bound(self._pin_hash):
            return None
        return self._pepper.hash_pin(self.person_id, pin)

    def was_about(self, pin_hash: str | None) -> bool:
        """Tell whether the PIN was compared with that hash."""
        return pin_hash == self._pin_hash

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


def begin_attempt(tx: Connection, seals: RowSeals, pepper: Pepper, person_id: str, now: datetime) -> Attempt:
    """Count an attempt as failed.

    The caller commits, calls `verify`, and then calls `finish_attempt` in another transaction. Raises PersonLocked and
    AttemptTooSoon (with the seconds still to wait); neither counts as an attempt. Raises RowSealBroken, RowOutdated.
    """
    mark, pin_hash = pepper.mark_of(person_id), kept_pin(tx, seals, person_id)
    row = _find(tx, seals, mark)
    # Both hold what they hold; whichever was set back, the other one counts.
    counted = max(_stored(row), recorded(tx, *_names(tx, mark, person_id)))
    # A try that comes too early is not counted: impatience would otherwise lock the ID.
    _refuse_early(counted, now)
    failures = counted.failures + 1
    values = _sealed(seals, mark, failures, now)
    if row is None:
        tx.execute(insert(ATTEMPTS), values)
    else:
        tx.execute(update(ATTEMPTS).where(ATTEMPTS.c.mark == mark).values(values))
    return Attempt(person_id, failures, mark, pin_hash, pepper)


def finish_attempt(tx: Connection, seals: RowSeals, attempt: Attempt, ok: bool, now: datetime) -> Outcome:  # noqa: FBT001  # It is the answer of `verify`, passed on.
    """Forget the failures after a right PIN; after a wrong PIN, let the waiting time begin now.

    The right PIN counts as wrong when it was changed, or the person suspended, while it was compared.

    The caller records it in the log, in the same transaction: a count that the log does not know to be forgotten goes
    on. Raises RowSealBroken, RowOutdated.
    """
    if ok and attempt.was_about(kept_pin(tx, seals, attempt.person_id)):
        tx.execute(delete(ATTEMPTS).where(ATTEMPTS.c.mark == attempt.mark))
        return Outcome(ok=True, failures=0, locked=False, wait_seconds=0)
    # Others may have tried meanwhile: the count is never set back to what it was when this attempt began.
    failures = max(attempt.failures, _stored(_find(tx, seals, attempt.mark)).failures)
    # Checking the PIN took time. Measured from the beginning of the attempt, the wait would be shorter than promised.
    values = _sealed(seals, attempt.mark, failures, now)
    tx.execute(update(ATTEMPTS).where(ATTEMPTS.c.mark == attempt.mark).values(values))
    return Outcome(ok=False, failures=failures, locked=failures >= LOCKED_AFTER, wait_seconds=_wait_seconds(failures))


def is_locked(conn: Connection, seals: RowSeals, pepper: Pepper, person_id: str) -> bool:
    """Tell whether the ID is locked after too many wrong PINs. Raises RowSealBroken, RowOutdated."""
    return failures_of(conn, seals, pepper, person_id) >= LOCKED_AFTER


def failures_of(conn: Connection, seals: RowSeals, pepper: Pepper, person_id: str) -> int:
    """Return how many wrong PINs count against a typed ID. Raises RowSealBroken, RowOutdated."""
    mark = pepper.mark_of(person_id)
    return max(_stored(_find(conn, seals, mark)), recorded(conn, *_names(conn, mark, person_id))).failures


def unlock(tx: Connection, pepper: Pepper, person_id: str) -> bool:
    """Forget the failures of the ID; return whether there were any. The job checks that a second person does it."""
    return tx.execute(delete(ATTEMPTS).where(ATTEMPTS.c.mark == pepper.mark_of(person_id))).rowcount == 1


class Counted(NamedTuple):
    """How many wrong PINs there were, and when the last one was."""

    failures: int
    last_at: datetime


_NEVER: Final = Counted(0, clock.from_microseconds(0))


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    return [row["mark"], row["failures"], clock.to_microseconds(row["last_at"])]


def _sealed(seals: RowSeals, mark: str, failures: int, last_at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"mark": mark, "failures": failures, "last_at": last_at}
    return {**values, "seal": seals.seal(ATTEMPTS.name, sealed_values(values))}


def _find(conn: Connection, seals: RowSeals, mark: str) -> Row[Any] | None:
    row = conn.execute(select(ATTEMPTS).where(ATTEMPTS.c.mark == mark)).one_or_none()
    if row is not None:
        check_attempt(seals, row)
    return row


def check_attempt(seals: RowSeals, row: Row[Any]) -> None:
    """Raise RowSealBroken unless the terminal wrote the row."""
    seals.check(ATTEMPTS.name, row.mark, sealed_values(row._mapping), row.seal)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.


def _stored(row: Row[Any] | None) -> Counted:
    return _NEVER if row is None else Counted(row.failures, row.last_at)


def _names(conn: Connection, mark: str, person_id: str) -> tuple[str, ...]:
    """Return under which names the log may have what was typed as an ID."""
    # Before somebody was registered, and while the ID may not log on, the log has the mark; of what an officer did, the
    # ID.
    return (person_id, mark) if is_registered(conn, person_id) else (mark,)


def recorded(conn: Connection, *names: str) -> Counted:
    """Return what the log's last entry about a PIN says, whichever of these names it has: an ID, its mark."""
    words = (latest_about(conn, name, _OUTCOMES) for name in names)
    word = max((each for each in words if each is not None), key=lambda each: each.seq, default=None)
    if word is None or word.event != Event.OPERATOR_REFUSED or word.seq <= last_upgrade(conn):
        return _NEVER
    # An attempt that was cut off is counted in the row and not in the log, so the row may be ahead.
    return Counted(word.number("attempts") or 0, word.at)


def _refuse_early(row: Counted, now: datetime) -> None:
    if row.failures >= LOCKED_AFTER:
        raise PersonLocked
    left = _wait_seconds(row.failures) - clock.seconds_between(row.last_at, now)
    if left > 0:
        raise AttemptTooSoon(seconds=max(round(left), 1))


def _wait_seconds(failures: int) -> int:
    """Return 10 s after the fifth failure, and twice as long after each further failure."""
    return FIRST_WAIT_SECONDS << (failures - FREE_ATTEMPTS) if failures >= FREE_ATTEMPTS else 0
