"""Who is logged on, and the clock that logs them off (protection measure 6).

The clock runs in its own thread: a terminal that nobody reads freezes Textual's event loop, so a timer of the screen
would never fire. However a session ends, by key, idle limit, signal or crash, `SessionKeeper.end` closes it. Only its
first call does anything: one session, one closing entry.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from console.errors import PinToChange, RightMissing
from console.settings import SessionSettings
from store.endings import Ending


@dataclass(frozen=True, slots=True)
class Session:
    """One person at one terminal, from log-on to log-off. `rights` are those that the roles gave at log-on.

    `pin_given`: the PIN was given by somebody else; until the person has changed it, nothing else is allowed.
    """

    id: str
    person_id: str
    roles: frozenset[str]
    rights: frozenset[str]
    opened_at: datetime
    pin_given: bool = False

    def may(self, right: str) -> bool:
        """Tell whether the person has `right`."""
        return right in self.rights and not self.pin_given

    def require(self, right: str) -> None:
        """Raise PinToChange or RightMissing unless the person has `right`."""
        # Asked first: it tells the person what to do, and holds whatever the rights are.
        if self.pin_given:
            raise PinToChange
        if not self.may(right):
            raise RightMissing(right=str(right))


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds until the screen is locked and until the session ends; both are 0 when it is over."""

    to_lock: float
    to_logoff: float


class SessionKeeper:
    """Keeps the one session of this process and ends it exactly once.

    `close` writes the closing entry and may take as long as the disk takes. `locked` and `ended` tell the screen and
    must return at once. All three are called in the clock's thread or in that of the caller of `end`, and never while
    the lock is held.
    """

    def __init__(
        self,
        limits: SessionSettings,
        *,
        close: Callable[[Session, Ending], None],
        locked: Callable[[], None] = lambda: None,
        ended: Callable[[Ending], None] = lambda _ending: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._close = close
        self._locked = locked
        self._ended = ended
        self._clock = clock
        self._changed = threading.Condition()
        self._session: Session | None = None
        self._touched = 0.0
        # Whether `locked` was called since the session began or was unlocked: it is called once for each lock.
        self._lock_announced = False

    @property
    def session(self) -> Session | None:
        """The session that is open, or None."""
        with self._changed:
            return self._session

    def begin(self, session: Session) -> None:
        """Keep `session` from now on, and start its clock."""
        with self._changed:
            self._session = session
            self._touched = self._clock()
            self._lock_announced = False
        # A thread for each session, which ends with it: no clock has to be told that another session began.
        threading.Thread(target=self._watch, args=(session,), name="session-clock", daemon=True).start()

    def touch(self) -> None:
        """Note that the person did something. This does not unlock a locked screen; `unlock` does."""
        with self._changed:
            # After a sleep or a stall of the machine, a key may arrive before the clock's thread has locked the screen.
            # It comes too late: otherwise anybody could go on at a terminal that was left.
            if not self._lock_announced and self._clock() - self._touched < self._limits.lock_seconds:
                self._touched = self._clock()

    def unlock(self) -> None:
        """Go on after the person has given the PIN at the locked screen."""
        with self._changed:
            self._touched = self._clock()
            self._lock_announced = False
            # The clock's thread waits for the log-off; now the lock comes before that again.
            self._changed.notify_all()

    def time_left(self) -> TimeLeft:
        """Return how long the session lasts if the person does nothing."""
        with self._changed:
            if self._session is None:
                return TimeLeft(0.0, 0.0)
            idle = self._clock() - self._touched
            return TimeLeft(max(0.0, self._limits.lock_seconds - idle), max(0.0, self._limits.logoff_seconds - idle))

    def end(self, ending: Ending) -> bool:
        """End the session with one closing entry, if one is open; return whether it was this call that ended it."""
        session = self.session
        return session is not None and self._end(session, ending)

    def _end(self, session: Session, ending: Ending) -> bool:
        # Taken away under the lock: of several callers at once only one gets past this.
        with self._changed:
            if self._session is not session:
                return False
            self._session = None
            self._changed.notify_all()
        try:
            self._close(session, ending)
        finally:
            # Also when the entry cannot be written: nothing personal may stay on the screen. The next start finds the
            # session abandoned and writes the entry.
            self._ended(ending)
        return True

    def _watch(self, session: Session) -> None:
        while True:
            with self._changed:
                if self._session is not session:
                    return
                idle = self._clock() - self._touched
                if idle >= self._limits.logoff_seconds:
                    break
                lock_now = idle >= self._limits.lock_seconds and not self._lock_announced
                if lock_now:
                    self._lock_announced = True
                else:
                    # Until the next limit, or until `unlock` or `_end` wakes it. A touch need not wake it: it only
                    # makes the limit later, and the idle time is computed again here.
                    limit = self._limits.logoff_seconds if self._lock_announced else self._limits.lock_seconds
                    self._changed.wait(limit - idle)
            # Outside the lock: `locked` may ask how much time is left.
            if lock_now:
                self._locked()
        # Only this session: another one may have begun since the clock was read.
        self._end(session, Ending.IDLE)
