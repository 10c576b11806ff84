"""One session, one closing entry, whichever way and however often it ends; and the clock that ends it."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from console.errors import PinToChange, RightMissing
from console.session import Session, SessionKeeper, TimeLeft
from console.settings import SessionSettings
from store.endings import Ending

PATIENCE = 10.0
LOCK, LOGOFF = 180, 300


def session(person_id: str = "op-101", *, pin_given: bool = False) -> Session:
    opened_at = datetime(2026, 11, 23, tzinfo=UTC)
    rights = frozenset({"read", "enter"})
    return Session(f"{person_id}-session", person_id, frozenset({"operator"}), rights, opened_at, pin_given)


class Hand:
    """A clock whose hand the test moves; the next reading can be one that the test makes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.set_by = 0.0
        self.next_reading: Callable[[], float] | None = None

    def __call__(self) -> float:
        reading, self.next_reading = self.next_reading, None
        return self.seconds if reading is None else reading()

    def wall(self) -> float:
        """The wall clock: it goes with the hand, and somebody may have set it by `set_by`."""
        return self.seconds + self.set_by


class Kept:
    """A keeper under an injected clock, and what it reported."""

    def __init__(self) -> None:
        self.hand = Hand()
        self.closed: list[tuple[str, Ending]] = []
        self.locked = threading.Event()
        self.ended = threading.Event()
        self.endings: list[Ending] = []
        self.keeper = SessionKeeper(
            SessionSettings(lock_seconds=LOCK, logoff_seconds=LOGOFF),
            close=lambda closed, ending: self.closed.append((closed.person_id, ending)),
            locked=self.locked.set,
            ended=self._note_end,
            clock=self.hand,
            wall=self.hand.wall,
            # Until it is woken: what has to wake it is not replaced by its own looking.
            wait=lambda changed, _seconds: changed.wait(),
        )

    def _note_end(self, ending: Ending) -> None:
        self.endings.append(ending)
        self.ended.set()

    def at(self, seconds: float) -> None:
        """Move the hand and let the clock's thread look at it, as if it had waited until then."""
        with self.keeper._changed:
            self.hand.seconds = seconds
            self.keeper._changed.notify_all()


@pytest.fixture
def kept() -> Iterator[Kept]:
    made = Kept()
    yield made
    made.keeper.end(Ending.LOGGED_OFF)


class Alone(Kept):
    """A keeper whose clock's thread is left alone: its own waiting moves the hand, so nothing sleeps.

    `touches`: when the person does something. What was told is noted with the time at which it was.
    """

    def __init__(self, *touches: float) -> None:
        super().__init__()
        self._touches = list(touches)
        self.json: list[tuple[str, float]] = []
        self.keeper._wait = self._pass
        self.keeper._locked = lambda: self.json.append(("locked", self.hand.seconds))
        self.keeper.begin(session())
        assert self.ended.wait(PATIENCE)

    def _pass(self, _changed: threading.Condition, seconds: float) -> None:
        # Whoever waits for no time at all spins.
        assert seconds > 0
        until = self.hand.seconds + seconds
        while self._touches and self._touches[0] <= until:
            self.hand.seconds = self._touches.pop(0)
            self.keeper.touch()
        self.hand.seconds = until

    def _note_end(self, ending: Ending) -> None:
        self.json.append((ending, self.hand.seconds))
        super()._note_end(ending)


def begin(kept: Kept, person_id: str = "op-101") -> threading.Thread:
    """Begin a session and return the thread of its clock."""
    before = set(threading.enumerate())
    kept.keeper.begin(session(person_id))
    (clock,) = set(threading.enumerate()) - before
    return clock


def test_a_person_may_what_the_rights_say() -> None:
    person = session()
    assert person.may("enter")
    person.require("enter")
    assert not person.may("approve")
    with pytest.raises(RightMissing) as refused:
        person.require("approve")
    assert refused.value.facts == {"right": "approve"}
    assert refused.value.exit_status == 3


def test_who_has_a_given_pin_may_nothing() -> None:
    person = session(pin_given=True)
    assert not person.may("enter")
    for right in ("enter", "approve"):
        with pytest.raises(PinToChange):
            person.require(right)


def test_locks_first_and_logs_off_later(kept: Kept) -> None:
    kept.keeper.begin(session())
    assert kept.keeper.time_left() == TimeLeft(LOCK, LOGOFF)
    kept.at(LOCK - 1)
    assert kept.keeper.time_left() == TimeLeft(1, LOGOFF - LOCK + 1)
    assert not kept.locked.is_set()
    kept.at(LOCK)
    assert kept.locked.wait(PATIENCE)
    assert kept.closed == []
    kept.at(LOGOFF)
    assert kept.ended.wait(PATIENCE)
    assert kept.closed == [("op-101", Ending.IDLE)]
    assert kept.keeper.session is None
    assert kept.keeper.time_left() == TimeLeft(0, 0)


def test_a_touch_starts_the_time_anew(kept: Kept) -> None:
    kept.keeper.begin(session())
    kept.at(LOCK - 1)
    kept.keeper.touch()
    kept.at(LOCK + 1)
    assert kept.keeper.time_left() == TimeLeft(LOCK - 2, LOGOFF - 2)
    kept.at(2 * LOCK - 1)
    assert kept.locked.wait(PATIENCE)
    assert kept.closed == []


def test_a_touch_does_not_unlock(kept: Kept) -> None:
    kept.keeper.begin(session())
    kept.at(LOCK)
    assert kept.locked.wait(PATIENCE)
    kept.keeper.touch()
    assert kept.keeper.time_left() == TimeLeft(0, LOGOFF - LOCK)
    kept.at(LOGOFF)
    assert kept.ended.wait(PATIENCE)


@pytest.mark.parametrize("late", [0, 1])
def test_a_key_after_a_stall_comes_too_late(kept: Kept, late: int) -> None:
    # The machine slept past the lock, and the key is delivered before the clock's thread runs again.
    kept.keeper.begin(session())
    kept.hand.seconds = LOCK + late
    assert not kept.keeper.touch()
    assert kept.keeper.time_left() == TimeLeft(0, LOGOFF - LOCK - late)
    assert kept.locked.wait(PATIENCE)


def test_a_key_after_a_longer_stall_logs_off(kept: Kept) -> None:
    kept.keeper.begin(session())
    kept.at(LOCK)
    assert kept.locked.wait(PATIENCE)
    kept.hand.seconds = LOGOFF
    assert not kept.keeper.touch()
    assert kept.ended.wait(PATIENCE)


def test_the_clock_s_own_waiting_ends_at_the_limits() -> None:
    assert Alone().json == [("locked", LOCK), (Ending.IDLE, LOGOFF)]


def test_the_clock_waits_for_what_is_left_after_a_touch() -> None:
    # The clock's thread sees the touch when its waiting ends, and waits for the rest of the limit alone.
    assert Alone(101.5, 178.25).json == [("locked", 178.25 + LOCK), (Ending.IDLE, 178.25 + LOGOFF)]


def test_the_clock_s_thread_goes_on_looking_after_a_suspend(kept: Kept) -> None:
    # The condition's waiting sleeps with the machine; the thread must not rely on waiting for long.
    waits: list[float] = []

    def sleep_with_the_machine(_changed: threading.Condition, seconds: float) -> None:
        waits.append(seconds)
        kept.hand.seconds += 8 * 3600 if len(waits) == 1 else seconds

    kept.keeper._wait = sleep_with_the_machine
    kept.keeper.begin(session())
    assert kept.ended.wait(PATIENCE)
    assert kept.closed == [("op-101", Ending.IDLE)]
    assert max(waits) <= 5


def test_idle_time_goes_on_while_the_machine_sleeps() -> None:
    keeper = SessionKeeper(SessionSettings(), close=lambda _session, _ending: None)
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= keeper._clock() <= time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.parametrize("jump", [LOCK + 1, 8 * 3600, -LOCK - 1, -8 * 3600])
def test_a_jump_of_the_wall_clock_locks(kept: Kept, jump: float) -> None:
    # A paused virtual machine wakes with its boot-time clock as it was.
    kept.keeper.begin(session())
    kept.at(10)
    kept.hand.set_by = jump
    assert not kept.keeper.touch()
    assert kept.locked.wait(PATIENCE)
    assert kept.keeper.time_left() == TimeLeft(0, LOGOFF - LOCK)
    assert kept.closed == []


def test_a_jump_of_the_wall_clock_puts_no_log_off_off(kept: Kept) -> None:
    kept.keeper.begin(session())
    kept.at(LOCK + 60)
    assert kept.locked.wait(PATIENCE)
    kept.hand.set_by = 8 * 3600
    assert kept.keeper.time_left() == TimeLeft(0, LOGOFF - LOCK - 60)


@pytest.mark.parametrize("step", [LOCK, -LOCK])
def test_a_small_step_of_the_wall_clock_does_not_lock(kept: Kept, step: float) -> None:
    kept.keeper.begin(session())
    kept.at(10)
    kept.hand.set_by = step
    assert kept.keeper.touch()
    assert kept.keeper.time_left() == TimeLeft(LOCK, LOGOFF)


def test_looking_at_the_time_left_locks_without_a_key(kept: Kept) -> None:
    # The head line asks each second, also right after waking.
    kept.keeper.begin(session())
    kept.hand.seconds = LOCK + 1
    assert kept.keeper.time_left().to_lock == 0
    assert kept.locked.wait(PATIENCE)


def test_without_a_session_a_key_is_never_late(kept: Kept) -> None:
    kept.hand.seconds = 8 * 3600
    assert kept.keeper.touch()


def test_a_lock_at_the_person_s_wish_is_a_lock(kept: Kept) -> None:
    kept.keeper.lock()
    assert kept.keeper.touch(), "without a session there is nothing to lock"
    kept.keeper.begin(session())
    kept.keeper.lock()
    assert not kept.keeper.touch()
    assert kept.keeper.time_left() == TimeLeft(0, LOGOFF)
    kept.keeper.unlock()
    assert kept.keeper.touch()


def test_the_last_seconds_are_counted() -> None:
    assert TimeLeft(31, 151).shown == ("minutes_left", 3)
    assert TimeLeft(29.5, 149.5).shown == ("seconds_to_lock", 30)
    assert TimeLeft(0, 61).shown == ("minutes_left", 2)
    assert TimeLeft(0, 59.2).shown == ("seconds_to_logoff", 60)


def test_unlocking_starts_the_time_anew_and_locks_again(kept: Kept) -> None:
    kept.keeper.begin(session())
    kept.at(LOCK)
    assert kept.locked.wait(PATIENCE)
    kept.locked.clear()
    kept.keeper.unlock()
    assert kept.keeper.time_left() == TimeLeft(LOCK, LOGOFF)
    kept.at(2 * LOCK)
    assert kept.locked.wait(PATIENCE)


@pytest.mark.parametrize("ending", list(Ending))
def test_each_way_to_end_is_recorded_once(kept: Kept, ending: Ending) -> None:
    kept.keeper.begin(session())
    assert kept.keeper.end(ending)
    assert not kept.keeper.end(Ending.SIGNAL)
    assert kept.closed == [("op-101", ending)]
    assert kept.endings == [ending]


def test_ended_from_many_threads_at_once(kept: Kept) -> None:
    kept.keeper.begin(session())
    start = threading.Barrier(12)
    ended: list[bool] = []

    def end(ending: Ending) -> None:
        start.wait(PATIENCE)
        ended.append(kept.keeper.end(ending))

    threads = [threading.Thread(target=end, args=(list(Ending)[number % 5],)) for number in range(11)]
    for thread in threads:
        thread.start()
    start.wait(PATIENCE)
    kept.at(LOGOFF)
    for thread in threads:
        thread.join(PATIENCE)
    assert kept.ended.wait(PATIENCE)
    assert sum(ended) <= 1, "the clock itself may have been the first"
    assert len(kept.closed) == len(kept.endings) == 1


def test_nothing_to_end(kept: Kept) -> None:
    assert not kept.keeper.end(Ending.SIGNAL)
    assert kept.closed == []


def test_the_clock_of_an_earlier_session_does_not_end_the_next(kept: Kept) -> None:
    # Log-off and the next log-on happen between reading the first session's clock and ending it.
    first = begin(kept, "op-101")

    def change_over() -> float:
        kept.keeper.end(Ending.LOGGED_OFF)
        kept.keeper.begin(session("ap-201"))
        return LOGOFF

    with kept.keeper._changed:
        kept.hand.next_reading = change_over
        kept.keeper._changed.notify_all()
    first.join(PATIENCE)
    assert not first.is_alive()
    assert kept.closed == [("op-101", Ending.LOGGED_OFF)]
    assert kept.keeper.session == session("ap-201")


def test_the_screen_is_told_even_when_the_closing_entry_cannot_be_written(kept: Kept) -> None:
    def fail(_session: Session, _ending: Ending) -> None:
        raise OSError

    kept.keeper._close = fail
    kept.keeper.begin(session())
    with pytest.raises(OSError):  # noqa: PT011  # It is the very error that `fail` raised.
        kept.keeper.end(Ending.IDLE)
    assert kept.endings == [Ending.IDLE]
    assert kept.keeper.session is None


def test_the_clock_ends_with_its_session(kept: Kept) -> None:
    clock = begin(kept)
    assert clock.daemon, "it holds no exit up"
    kept.keeper.end(Ending.LOGGED_OFF)
    clock.join(PATIENCE)
    assert not clock.is_alive()
    assert not kept.locked.is_set()
