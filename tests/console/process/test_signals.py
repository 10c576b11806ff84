"""Whichever way the console ends, its session has exactly one closing entry and the terminal is given back.

It shows `console.process.launch` as well, which does both.
"""

import os
import signal
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

from console.process.signals import SIGNALS
from tests.console.live import PERSON, impatient, logged_on
from tests.running import World


def pin_of(world: World) -> str:
    """The PIN of the person who is logged on."""
    return world.pin_files[PERSON].read_text().strip()


def closings(world: World) -> list[dict[str, Any]]:
    """The closing entries of sessions at the screen, oldest first."""
    entries = world.run("ka-301", "log", "show", "--limit", "200").json["entries"]
    screens = {
        entry["session"]
        for entry in entries
        if entry["event"] == "operator.logged_on" and entry["detail"]["origin"] == "screen"
    }
    off = [entry for entry in entries if entry["event"] == "operator.logged_off" and entry["session"] in screens]
    return sorted(off, key=lambda entry: entry["seq"])


def entries_of(world: World, event: str) -> list[dict[str, Any]]:
    """The entries of one event, newest first."""
    entries: list[dict[str, Any]] = world.run("ka-301", "log", "show", "--event", event).json["entries"]
    return entries


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (signal.SIGTERM, "signal"),
        (signal.SIGHUP, "hang_up"),
        # Meant for other programs, and ends this one all the same.
        (signal.SIGUSR1, "signal"),
        # Handled by the same lines.
        pytest.param(signal.SIGQUIT, "signal", marks=pytest.mark.long),
        pytest.param(signal.SIGINT, "signal", marks=pytest.mark.long),
    ],
)
def test_a_signal_closes_the_session_and_gives_the_terminal_back(
    world: World, number: signal.Signals, cause: str
) -> None:
    with logged_on(world.home, pin_of(world)) as program:
        os.kill(program.process, number)
        assert program.wait() == 128 + number
        assert program.modes() & termios.ECHO
        assert b"\x1b[2J" in program.seen[-200:]
    assert [entry["detail"]["cause"] for entry in closings(world)] == [cause]


def test_every_signal_that_would_end_the_process_is_waited_for() -> None:
    assert {signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGPWR} <= SIGNALS
    # Those that say something else, and those of a fault of the program's own, are left alone.
    assert not SIGNALS & {
        signal.SIGCHLD,
        signal.SIGWINCH,
        signal.SIGPIPE,
        signal.SIGTSTP,
        signal.SIGSEGV,
        signal.SIGKILL,
    }


@pytest.mark.long
def test_two_signals_at_once_make_one_entry(world: World) -> None:
    with logged_on(world.home, pin_of(world)) as program:
        for _ in range(5):
            os.kill(program.process, signal.SIGTERM)
            os.kill(program.process, signal.SIGHUP)
        assert program.wait() in (128 + signal.SIGTERM, 128 + signal.SIGHUP)
    assert len(closings(world)) == 1
    assert len(entries_of(world, "terminal.stopped")) == 1


def test_a_closed_terminal_closes_the_session(world: World) -> None:
    with logged_on(world.home, pin_of(world)) as program:
        program.hang_up()
        program.wait(reading=False)
    assert [entry["detail"]["cause"] for entry in closings(world)] == ["hang_up"]


@pytest.mark.long
def test_a_terminal_that_nobody_reads_does_not_keep_the_session_open(world: World) -> None:
    with logged_on(world.home, pin_of(world)) as program:
        # Each key repaints lines that nobody takes, until the writes are stuck.
        for _ in range(400):
            program.write(b"\x1b[6~\x1b[5~")
        os.kill(program.process, signal.SIGTERM)
        assert program.wait(reading=False) == 128 + signal.SIGTERM
    assert [entry["detail"]["cause"] for entry in closings(world)] == ["signal"]


@pytest.mark.long
def test_an_idle_session_is_locked_then_logged_off(world: World, tmp_path: Path) -> None:
    with logged_on(world.home, pin_of(world), impatient(world.home, tmp_path, lock=2, logoff=5)) as program:
        seen = len(program.seen)
        program.read_until("画面をロックしています", since=seen)
        locked = len(program.seen)
        # Keys at the locked screen keep it locked, and do not prolong the session.
        program.write(b"x\x1b[6~a\r")
        program.read_until("自動でログオフしました", since=locked)
        assert b"R26-" not in program.seen[locked:]
        program.write(b"\x1b[21~")
        assert program.wait() == 0
    assert [entry["detail"]["cause"] for entry in closings(world)] == ["idle"]


def test_the_right_pin_unlocks_and_the_work_is_where_it_was(world: World, tmp_path: Path) -> None:
    pin = pin_of(world).encode()
    with logged_on(world.home, pin_of(world), impatient(world.home, tmp_path, lock=2, logoff=60)) as program:
        program.read_until("画面をロックしています")
        locked = len(program.seen)
        program.write(b"11112222\r")
        program.read_until("エラー", since=locked)
        refused = len(program.seen)
        assert b"R26-" not in program.seen[locked:]
        program.write(pin + b"\r")
        program.read_until("R26-", since=refused)
        program.write(b"q")
        program.read_until("ログオフしました", since=refused)
        program.write(b"\x1b[21~")
        assert program.wait() == 0
    assert [entry["detail"]["cause"] for entry in closings(world)] == ["log_off"]


def test_a_crash_shows_an_incident_number_and_closes_the_session(world: World, tmp_path: Path) -> None:
    probe = tmp_path / "crashing.py"
    probe.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from console import __main__ as program\n"
        "from console.screens.messages.queue import QueueScreen\n"
        "def fail(self):\n"
        "    secret = 'a name nobody may see'\n"
        "    raise ValueError(secret)\n"
        "QueueScreen.action_reload = fail\n"
        f"sys.exit(program._open(program.environment.Opening(Path({str(world.home)!r}), 'en')))\n"
    )
    with logged_on(world.home, pin_of(world), [sys.executable, "-I", "-X", "utf8", str(probe)], label="PIN") as program:
        program.write(b".")
        assert program.wait() == 1
        assert program.modes() & termios.ECHO
        left = program.seen.rpartition(b"\x1b[?25h")[2].decode()
    assert left.count("\n") == 1
    assert "incident number" in left
    assert b"a name nobody may see" not in program.seen
    assert b"Traceback" not in program.seen
    record = (world.home / "log" / "technical.log").read_text()
    assert "ValueError at" in record
    assert "a name nobody may see" not in record
    assert [entry["detail"]["cause"] for entry in closings(world)] == ["crash"]
    (failed,) = entries_of(world, "program.failed")
    assert failed["detail"]["incident"] in left
