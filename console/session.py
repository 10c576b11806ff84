"""Who is logged on, and the clock that logs them off (protection measure 6).

The clock is a thread of its own: a terminal that nobody reads freezes Textual's event loop, so a timer of the screen
would never fire. Whichever way a session ends, by key, idle limit, signal or crash, `SessionKeeper.end` closes it, and
only its first call does anything: one session, one closing entry.

Idle time goes on while the machine sleeps, so it is measured by the boot-time clock: the monotonic one stands still
then. The wall clock is looked at as well, because a virtual machine that was paused wakes with both of them as they
were, and only the wall clock is set right afterwards.
"""

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


def boot_time() -> float:
    """Return the seconds since the machine started, those in which it slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Session:
    """One person at one terminal, from log-on to log-off. `rights` are those of the roles at log-on.

    `pin_given`: the PIN came from somebody else; until it is changed the person may do nothing else.
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
        """Raise PinToChange or RightMissing unless the person may do what `right` names."""
        if self.pin_given:
            raise PinToChange
        if not self.may(right):
            raise RightMissing(right=str(right))


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds until the screen is locked and until the session is logged off; both 0 when it is over."""

    to_lock: float
    to_logoff: float


class SessionKeeper:
    """Keeps the one session of this process and ends it exactly once.

    `close` writes the closing entry and may take as long as the disk takes; `locked` and `ended` tell the screen and
    must return at once. All three are called from the clock's thread or from the caller of `end`. `clock` measures idle
    time and `wall` is the time of day, both in seconds; `wait` lets the clock's thread wait for some seconds at most.
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
        self._lock_told = False

    @property
    def session(self) -> Session | None:
        """The session that is open, or None."""
        with self._changed:
            return self._session

    def begin(self, session: Session) -> None:
        """Start keeping `session`; its clock runs from now."""
        with self._changed:
            self._session = session
            self._touched = self._seen = self._clock()
            self._seen_wall = self._wall()
            self._lock_told = False
        threading.Thread(target=self._watch, args=(session,), name="session-clock", daemon=True).start()

    def touch(self) -> bool:
        """Note that the person did something; return False when the screen is locked or has to be locked first.

        A locked screen is not unlocked by this: see `unlock`.
        """
        with self._changed:
            if self._session is None:
                return True
            # A machine that slept or was stalled delivers a key before the clock's thread has told of the lock.
            in_time = self._idle() < self._limits.lock_seconds and not self._lock_told
            if in_time:
                self._touched = self._seen
            return in_time

    def unlock(self) -> None:
        """Go on after the person has given the PIN again at the locked screen."""
        with self._changed:
            self._touched = self._clock()
            self._lock_told = False
            self._changed.notify_all()

    def time_left(self) -> TimeLeft:
        """Return how long the session lasts if nothing is touched."""
        with self._changed:
            if self._session is None:
                return TimeLeft(0.0, 0.0)
            idle = self._idle()
            return TimeLeft(max(0.0, self._limits.lock_seconds - idle), max(0.0, self._limits.logoff_seconds - idle))

    def end(self, ending: Ending) -> bool:
        """End the session, if one is open, with one closing entry; return whether this call ended it."""
        session = self.session
        return session is not None and self._end(session, ending)

    def _end(self, session: Session, ending: Ending) -> bool:
        with self._changed:
            if self._session is not session:
                return False
            self._session = None
            self._changed.notify_all()
        try:
            self._close(session, ending)
        finally:
            # Whatever the disk does, nothing personal stays on the screen; the next start finds the session abandoned.
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
        if idle >= (self._limits.logoff_seconds if self._lock_told else self._limits.lock_seconds):
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
                tell_lock = idle >= self._limits.lock_seconds and not self._lock_told
                if tell_lock:
                    self._lock_told = True
                else:
                    limit = self._limits.logoff_seconds if self._lock_told else self._limits.lock_seconds
                    self._wait(self._changed, min(limit - idle, _LOOK_SECONDS))
            if tell_lock:
                self._locked()
        # Of this session alone: another one may have begun since the clock was read.
        self._end(session, Ending.IDLE)
