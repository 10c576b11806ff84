"""Many who guess the PIN of one ID at once and are killed at any moment: how many PINs are ever looked at.

Processes with several threads each try one ID over and over. Their clock runs an hour a millisecond, so that no waiting
time protects the ID. They are killed at drawn moments, and others take their place. What counts is not what the
terminal says but how often a PIN was really compared: each process writes that down before it does so, in a file that
outlives it.
"""

import os
import random
import select
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest import mock

from console.errors import CredentialsRefused
from console.jobs.people import changes, logon
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.terminal import Terminal
from store import clock
from store.errors import AttemptTooSoon, PersonLocked
from store.log import Event, LogFilter
from store.log import page as log_page
from store.people import attempts
from tests.console.jobs.site import CHIEF, CUSTODIAN, PEOPLE, open_as, second
from tests.faults.crashes import end_with_parent

GUESSERS: Final = 8
AT_ONCE: Final = 8
NOBODY: Final = "nobody-1"
WRONG: Final = "58209317"
_KILLS: Final = 2
_LONGEST_LIFE: Final = 0.3
_TURNED_AWAY: Final = 5
_BEGAN: Final = time.monotonic()


def guess(home: Path, person_id: str, seed: int, *, guessers: int = GUESSERS) -> Counter[str]:
    """Let the ID be guessed until it is locked, and once more after it was released; return what was counted.

    Nobody releases an ID that nobody has. Raises AssertionError when more PINs were looked at than are allowed, or the
    log tells of no lock.
    """
    chance = random.Random(seed)
    counted: Counter[str] = Counter()
    for released in (False, True) if person_id in PEOPLE else (False,):
        if released:
            _release(home, person_id)
        compared, killed = _guess_until_locked(home, person_id, chance, guessers)
        assert compared <= attempts.LOCKED_AFTER, f"{compared} PINs of {person_id} were looked at"
        counted += Counter(compared=compared, killed=killed)
        _stays_locked(home, person_id)
    return counted


def _guess_until_locked(home: Path, person_id: str, chance: random.Random, guessers: int) -> tuple[int, int]:
    """Return how many PINs were compared, and how many processes were killed before the others found the ID locked."""
    written = home.with_name("compared")
    written.write_bytes(b"")
    children = [_begin(home, person_id, written) for _ in range(guessers)]
    kills = _KILLS * guessers
    for _ in range(kills):
        # Their turns are what is drawn here, not a time that something takes.
        select.select([], [], [], chance.uniform(0.0, _LONGEST_LIFE))
        place = chance.randrange(guessers)
        os.kill(children[place], signal.SIGKILL)
        os.waitpid(children[place], 0)
        children[place] = _begin(home, person_id, written)
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert not any(ended), f"guessers ended with {ended}"
    return written.stat().st_size, kills


def _begin(home: Path, person_id: str, written: Path) -> int:
    """Fork a process that guesses; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        end_with_parent()
        _guess(home, person_id, written)
        status = 0
    finally:
        os._exit(status)


def _guess(home: Path, person_id: str, written: Path) -> None:
    """Guess in several threads, until each was told often that the ID is locked."""
    compare = attempts.Attempt.verify
    with written.open("ab", buffering=0) as file:

        def verify(attempt: attempts.Attempt, pin: str) -> bool:
            file.write(b".")
            return compare(attempt, pin)

        with (
            mock.patch.object(attempts.Attempt, "verify", verify),
            _clock_ahead(),
            Terminal.open(home) as terminal,
        ):
            threads = [threading.Thread(target=_try_on, args=(terminal, person_id)) for _ in range(AT_ONCE)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


def _try_on(terminal: Terminal, person_id: str) -> None:
    turned_away = 0
    while turned_away < _TURNED_AWAY:
        try:
            logon.log_on(terminal, person_id, WRONG, origin="command")
        except PersonLocked:
            turned_away += 1
        except (CredentialsRefused, AttemptTooSoon):
            turned_away = 0


@contextmanager
def _clock_ahead() -> Iterator[None]:
    """Let the clock run by an hour a millisecond, the same for all processes."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(hours=int(1000 * (time.monotonic() - _BEGAN)))

    with mock.patch.object(clock, "now", now):
        yield


def _release(home: Path, person_id: str) -> None:
    with _clock_ahead(), Terminal.open(home) as terminal:
        change = PersonChange(PersonDeed.RELEASE, person_id)
        changes.make(terminal, open_as(terminal, CHIEF), change, second=second(CUSTODIAN))


def _stays_locked(home: Path, person_id: str) -> None:
    """Hold the terminal to it that even the right PIN is refused, and that the log tells why."""
    with _clock_ahead(), Terminal.open(home) as terminal:
        with suppress(PersonLocked):
            logon.log_on(terminal, person_id, PEOPLE.get(person_id, ((), WRONG))[1], origin="command")
            raise AssertionError("the ID was locked, and its PIN opened a session")
        with terminal.database.reading() as reading:
            newest = log_page(reading, chosen=LogFilter(events=frozenset({Event.OPERATOR_REFUSED})), limit=1)
        assert [row.detail["cause"] for row in newest] == [PersonLocked.code]
