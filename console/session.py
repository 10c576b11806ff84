"""Who is logged on, and the clock that logs them off (protection measure 6).

The clock runs in its own thread: a terminal that nobody reads freezes Textual's event loop, so a timer of the screen
would never fire. However a session ends, by key, idle limit, signal or crash, `SessionKeeper.end` closes it. Only its
first call does anything: one session, one closing entry.

Idle time goes on while the machine sleeps, so it is measured by the boot-time clock: the monotonic one stands still
then. The wall clock is looked at as well, because a virtual machine that was paused wakes with both of them as they
were, and only the wall clock is set right afterwards.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.errors import PinToChange, RightMissing
from console.settings import SessionSettings
from store.endings import Ending

# A thread's waiting is measured by the monotonic clock. After a suspend it would wait for what was left before, so it
# looks at the clocks this often.
_LOOK_SECONDS: Final = 5.0
_MINUTE: Final = 60
_COUNTED_TO_LOCK: Final = 30
_COUNTED_TO_LOGOFF: Final = 60


def boot_time() -> float:
    """Return the seconds since the machine started, those in which it slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


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

    @property
    def shown(self) -> tuple[str, int]:
        """What the head line tells: minutes until the log-off or, shortly before lock or log-off, the seconds."""
        if 0 < self.to_lock <= _COUNTED_TO_LOCK:
            return "seconds_to_lock", math.ceil(self.to_lock)
        # Only behind a lock is the log-off the next thing.
        if not self.to_lock and self.to_logoff <= _COUNTED_TO_LOGOFF:
            return "seconds_to_logoff", math.ceil(self.to_logoff)
        return "minutes_left", math.ceil(self.to_logoff / _MINUTE)


class SessionKeeper:
    """Keeps the one session of this process and ends it exactly once.

    `close` writes the closing entry and may take as long as the disk takes. `locked` and `ended` tell the screen and
    must return at once. All three are called in the clock's thread or in that of the caller of `end`, and never while
    the lock is held. `clock` measures idle time and `wall` is the time of day, both in seconds; `wait` lets the clock's
    thread wait for some seconds at most.
    """

    def __init__(
        self,
        limits: SessionSettings,
        *,
        close: Callable[[Session, Ending], None],
        locked: Callable[[], None] = lambda: None,
        ended: Callable[[Ending], None] = lambda _ending: None,
        clock: Callable[[], float] = boot_time,
        wall: Callable[[], float] = time.time,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        self._limits = limits
        self._close = close
        self._locked = locked
        self._ended = ended
        self._clock = clock
        self._wall = wall
        self._wait = wait
        self._changed = threading.Condition()
        self._session: Session | None = None
        self._touched = 0.0
        self._seen = self._seen_wall = 0.0
        # Whether `locked` was called since the session began or was unlocked: it is called once for each lock.
        self._lock_announced = False

    @property
    def session(self) -> Session | None:
        """The session that is open, or None."""
        with self._changed:
            return self._session

    def begin(self, session: Session, limits: SessionSettings | None = None) -> None:
        """Keep `session` from now on under these `limits` (default: those from before), and start its clock."""
        with self._changed:
            self._limits = limits or self._limits
            self._session = session
            self._touched = self._seen = self._clock()
            self._seen_wall = self._wall()
            self._lock_announced = False
        # A thread for each session, which ends with it: no clock has to be told that another session began.
        threading.Thread(target=self._watch, args=(session,), name="session-clock", daemon=True).start()

    def touch(self) -> bool:
        """Note that the person did something; return False when the screen is locked or has to be locked first.

        This does not unlock a locked screen; `unlock` does.
        """
        with self._changed:
            if self._session is None:
                return True
            # After a sleep or a stall of the machine, a key may arrive before the clock's thread has locked the screen.
            # It comes too late: otherwise anybody could go on at a terminal that was left.
            in_time = self._idle() < self._limits.lock_seconds and not self._lock_announced
            if in_time:
                self._touched = self._seen
            return in_time

    def lock(self) -> None:
        """Lock at the person's wish: only `unlock` goes on from here; the time to log-off runs as after any lock."""
        with self._changed:
            # As if the clock had called: its thread goes on to wait for the log-off.
            self._lock_announced = self._session is not None

    def unlock(self) -> None:
        """Go on after the person has given the PIN at the locked screen."""
        with self._changed:
            self._touched = self._clock()
            self._lock_announced = False

    def time_left(self) -> TimeLeft:
        """Return how long the session lasts if the person does nothing."""
        with self._changed:
            if self._session is None:
                return TimeLeft(0.0, 0.0)
            idle = self._idle()
            to_lock = 0.0 if self._lock_announced else max(0.0, self._limits.lock_seconds - idle)
            return TimeLeft(to_lock, max(0.0, self._limits.logoff_seconds - idle))

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

    def _idle(self) -> float:
        """Return the seconds since the last touch, and wake the clock's thread when they reach a limit.

        A jump of the wall clock beyond the time until the lock counts as that time: nobody knows what it stands for.
        """
        seen, seen_wall = self._seen, self._seen_wall
        self._seen, self._seen_wall = self._clock(), self._wall()
        jump = (self._seen_wall - seen_wall) - (self._seen - seen)
        if abs(jump) > self._limits.lock_seconds:
            self._touched = min(self._touched, self._seen - self._limits.lock_seconds)
        idle = self._seen - self._touched
        if idle >= (self._limits.logoff_seconds if self._lock_announced else self._limits.lock_seconds):
            self._changed.notify_all()
        return idle

    def _watch(self, session: Session) -> None:
        while True:
            with self._changed:
                if self._session is not session:
                    return
                idle = self._idle()
                if idle >= self._limits.logoff_seconds:
                    break
                lock_now = idle >= self._limits.lock_seconds and not self._lock_announced
                if lock_now:
                    self._lock_announced = True
                else:
                    # Until the next limit, or until `_end` wakes it. A touch or `unlock` need not wake it: it looks
                    # again soon enough, and the idle time is computed again here.
                    limit = self._limits.logoff_seconds if self._lock_announced else self._limits.lock_seconds
                    self._wait(self._changed, min(limit - idle, _LOOK_SECONDS))
            # Outside the lock: `locked` may ask how much time is left.
            if lock_now:
                self._locked()
        # Only this session: another one may have begun since the clock was read.
        self._end(session, Ending.IDLE)
