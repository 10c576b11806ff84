"""Sessions that end in every way there is, one after another on one terminal: each has exactly one closing entry.

Each is a real program in a pseudo-terminal, with a person logged on and messages on the screen. How it ends and what
the person does before is drawn. A program that was killed, or lost its power, leaves a session open: whoever starts
next closes it. Lost power is a killed program whose machine has another boot id afterwards.
"""

import os
import random
import select
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final
from unittest import mock

from console.jobs.people import logon
from console.terminal import Terminal
from store import clock
from store.endings import Ending
from store.log import Event, LogFilter
from store.log import page as log_page
from store.people import sessions
from tests.console.live import impatient, logged_on
from tests.console.pseudo import Pseudo
from tests.faults.power import memory

SERIES: Final = 20
"""Sessions on one terminal."""
_KEYS: Final = (b"j", b"k", b"\x1b[B", b"\x1b[6~", b"\r", b"\x1b", b".", b"?", b"\x1b", b"1", b"2")
_MOST_KEYS: Final = 8
_STUCK_KEYS: Final = 400
_LONGEST_PAUSE: Final = 0.4
_DEADLINE_SECONDS: Final = 60.0
_F10: Final = b"\x1b[21~"
_ON_AND_OFF: Final = frozenset({Event.OPERATOR_LOGGED_ON, Event.OPERATOR_LOGGED_OFF})
_MANY: Final = 10_000
# A key after which the event loop of the console never runs again.
_HANGS: Final = "QueueScreen.action_reload = lambda self: time.sleep(1000)"


class Way(StrEnum):
    """How a session ends."""

    LOG_OFF = "log_off"
    LOG_OFF_AND_HANG_UP = "log_off_and_hang_up"
    TERM = "SIGTERM"
    INT = "SIGINT"
    QUIT = "SIGQUIT"
    HUP = "SIGHUP"
    USR1 = "SIGUSR1"
    HANG_UP = "hang_up"
    TWO_AT_ONCE = "two_at_once"
    UNREAD = "unread"
    IDLE = "idle"
    STUCK_LOOP = "stuck_loop"
    KILLED = "killed"
    POWER = "power"


_SIGNALS: Final = MappingProxyType(
    {
        Way.TERM: signal.SIGTERM,
        Way.INT: signal.SIGINT,
        Way.QUIT: signal.SIGQUIT,
        Way.HUP: signal.SIGHUP,
        Way.USR1: signal.SIGUSR1,
    }
)
_CAUSES: Final = MappingProxyType(
    {
        Way.LOG_OFF: {Ending.LOGGED_OFF},
        Way.LOG_OFF_AND_HANG_UP: {Ending.LOGGED_OFF},
        **{way: {Ending.SIGNAL} for way in _SIGNALS},
        Way.HUP: {Ending.HANG_UP},
        Way.HANG_UP: {Ending.HANG_UP},
        Way.TWO_AT_ONCE: {Ending.SIGNAL, Ending.HANG_UP},
        Way.UNREAD: {Ending.SIGNAL},
        Way.IDLE: {Ending.IDLE},
        Way.STUCK_LOOP: {Ending.IDLE},
        Way.KILLED: {Ending.CRASH},
        Way.POWER: {Ending.CRASH},
    }
)
_SHORT: Final = frozenset({Way.IDLE, Way.STUCK_LOOP})


def end_each(made: Path, pin: str, seeds: range) -> Counter[str]:
    """End a session for each seed on a copy of the world at `made`, way by way; return how often each was taken.

    Raises AssertionError unless each session has one closing entry, with a cause that fits its end.
    """
    ways = [list(Way)[seed % len(Way)] for seed in seeds]
    with tempfile.TemporaryDirectory(prefix="renkei-endings-", dir=memory()) as name:
        home = Path(name) / "world"
        shutil.copytree(made, home)
        for way, seed in zip(ways, seeds, strict=True):
            _end(home, pin, way, random.Random(seed))
        _hold_against(home, ways)
    return Counter(ways)


def _end(home: Path, pin: str, way: Way, chance: random.Random) -> None:
    """Open the console, log on, press some keys, and end the session in that way."""
    place = home.parent
    short = impatient(home, place, lock=3, logoff=4, before=_HANGS if way is Way.STUCK_LOOP else "")
    with logged_on(home, pin, short if way in _SHORT else ()) as program:
        # A screen above the list would take the key after which nothing runs any more.
        for _ in range(0 if way is Way.STUCK_LOOP else chance.randrange(_MOST_KEYS)):
            program.write(chance.choice(_KEYS))
        # What is drawn is the moment, not how long something takes.
        select.select([], [], [], chance.uniform(0.0, _LONGEST_PAUSE))
        if way in _SIGNALS:
            os.kill(program.process, _SIGNALS[way])
            assert program.wait() == 128 + _SIGNALS[way]
        else:
            _ACTS[way](program, home)
    # Killed at the latest when the block is left.
    if way is Way.POWER:
        _start_after_power_loss(home)


def _log_off(program: Pseudo, _home: Path) -> None:
    seen = len(program.seen)
    program.write(_F10)
    program.read_until("ログオフしました", since=seen)
    program.write(_F10)
    assert program.wait() == 0


def _log_off_and_hang_up(program: Pseudo, _home: Path) -> None:
    seen = len(program.seen)
    program.write(_F10)
    program.read_until("ログオフしました", since=seen)
    program.hang_up()
    program.wait(reading=False)


def _hang_up(program: Pseudo, _home: Path) -> None:
    program.hang_up()
    program.wait(reading=False)


def _strike_twice(program: Pseudo, _home: Path) -> None:
    for _ in range(5):
        os.kill(program.process, signal.SIGTERM)
        os.kill(program.process, signal.SIGHUP)
    program.wait()


def _leave_unread(program: Pseudo, _home: Path) -> None:
    # Each key repaints lines that nobody takes, until the writes are stuck.
    program.write(b"\x1b[6~\x1b[5~" * _STUCK_KEYS)
    os.kill(program.process, signal.SIGTERM)
    assert program.wait(reading=False) == 128 + signal.SIGTERM


def _wait_for_log_off(program: Pseudo, _home: Path) -> None:
    program.read_until("自動でログオフしました")
    program.write(_F10)
    assert program.wait() == 0


def _hang(program: Pseudo, home: Path) -> None:
    program.write(b".")
    with closing(sqlite3.connect(next(home.glob("database/*.sqlite3")))) as database:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while database.execute("SELECT count(*) FROM session WHERE closed_at IS NULL").fetchone() != (0,):
            assert time.monotonic() < deadline, "the clock waits for the screen"
            select.select([], [], [], 0.1)


def _be_killed(program: Pseudo, _home: Path) -> None:
    os.kill(program.process, signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL


_ACTS: Final[Mapping[Way, Callable[[Pseudo, Path], None]]] = MappingProxyType(
    {
        Way.LOG_OFF: _log_off,
        Way.LOG_OFF_AND_HANG_UP: _log_off_and_hang_up,
        Way.HANG_UP: _hang_up,
        Way.TWO_AT_ONCE: _strike_twice,
        Way.UNREAD: _leave_unread,
        Way.IDLE: _wait_for_log_off,
        Way.STUCK_LOOP: _hang,
        Way.KILLED: _be_killed,
        Way.POWER: _be_killed,
    }
)


def _start_after_power_loss(home: Path) -> None:
    """Open the terminal on a machine that has started anew, when the lease of its sessions has run out."""
    later = clock.now() + 2 * sessions.LEASE
    with (
        mock.patch.object(sessions, "_machine", return_value="another start"),
        mock.patch.object(clock, "now", return_value=later),
        Terminal.open(home) as terminal,
    ):
        assert logon.close_abandoned(terminal) == 1


def _hold_against(home: Path, ways: Sequence[Way]) -> None:
    """Hold the log against the ways in which the sessions ended, in their order."""
    with Terminal.open(home) as terminal:
        # What the last one left.
        logon.close_abandoned(terminal)
        with terminal.database.reading() as reading:
            entries = log_page(reading, chosen=LogFilter(events=_ON_AND_OFF), limit=_MANY)
    causes = defaultdict(list)
    for entry in entries:
        if entry.event == Event.OPERATOR_LOGGED_OFF:
            causes[entry.session].append(Ending(str(entry.detail["cause"])))
    opened = [
        entry.session
        for entry in reversed(entries)
        if entry.event == Event.OPERATOR_LOGGED_ON and entry.detail["origin"] == "screen"
    ]
    assert len(opened) == len(ways)
    for way, session in zip(ways, opened, strict=True):
        assert len(causes[session]) == 1, f"{way}: {causes[session]}"
        assert causes[session][0] in _CAUSES[way], f"{way}: {causes[session]}"
