"""What the units of systemd forbid, the program never asks for: each command of a unit, and a session at the screen.

It shows the filter of `console.configuration.units` without a running systemd: whatever a process asks for beyond it,
by the sets of calls that systemd knows, is written down.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from console.configuration import units
from console.words import Words
from tests.end_to_end.screen import Screen, approve_first, exchange_once, log_on, needs_tmux
from tests.faults.failing_files import can_trace
from tests.running import PROGRAM, World, environment, serving

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd, which knows the sets of calls"),
    pytest.mark.skipif(not can_trace(), reason="needs strace, allowed to trace"),
]
# One that each process makes, so that an empty answer is no failed look; and of root alone, SQLite's, which gives
# its files to whom the database belongs.
_MADE, _OF_ROOT = "exit_group", {"fchown"}


def _members(name: str) -> set[str]:
    """Return the calls of a set, those of the sets in it included; of a call, the call."""
    if not name.startswith("@"):
        return {name}
    shown = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    entries = [line.strip() for line in shown.stdout.splitlines()[1:] if not line.strip().startswith("#")]
    calls = {entry for entry in entries if not entry.startswith("@")}
    return calls.union(*(_members(entry) for entry in entries if entry.startswith("@")))


@cache
def _tracer() -> tuple[str, ...]:
    """Return the beginning of a command that writes down what is forbidden; all else runs at its own speed."""
    # Not each kernel, nor each strace, knows every call that systemd knows.
    wanted = ",".join(f"?{name}" for name in sorted(_members("@known") - _allowed()))
    return "strace", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={_MADE},{wanted}"


def _allowed() -> set[str]:
    filters = [line.partition("=")[2] for line in units._CONFINED if line.startswith("SystemCallFilter=")]
    calls: set[str] = set()
    for line in filters:
        for name in line.removeprefix("~").split():
            calls = calls - _members(name) if line.startswith("~") else calls | _members(name)
    return calls


def _beyond(trace: Path) -> set[str]:
    """Return the calls that were made and would be refused."""
    made = set(re.findall(r"^\d+ +([a-z0-9_]+)\(", trace.read_text(errors="replace"), re.MULTILINE))
    assert _MADE in made
    return made - _OF_ROOT - {_MADE}


def test_no_command_of_a_unit_asks_for_a_call_that_it_forbids(world: World, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    commands = {
        "check": ("check", "--brief"),
        "send": ("send", *_as(world, "ka-301")),
        "receive": ("receive", *_as(world, "ka-301")),
        "backup": ("backup", str(tmp_path / "1.backup"), *_as(world, "cu-501")),
        "erase": ("erase", *_as(world, "cu-501")),
        "verify": ("log", "verify", "--tables", *_as(world, "au-401")),
        "export": ("log", "export", str(medium), "--label", "LOG-1", "--same-disk", *_as(world, "au-401")),
    }
    assert set(commands) == {task.name for task in units._TASKS}
    with serving(world.agency_home):
        for name, command in commands.items():
            trace = tmp_path / name
            ran = subprocess.run(
                [*_tracer(), "-o", trace, PROGRAM, *command, "--home", world.home],
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            # The check of a rehearsal world wants care, and says so.
            assert ran.returncode == 0 or (name == "check" and "WARNING" in ran.stdout), (name, ran)
            assert _beyond(trace) == set(), name


def _as(world: World, person: str) -> tuple[str, ...]:
    return "--as", person, "--pin-file", str(world.pin_files[person])


@needs_tmux
def test_no_session_at_the_screen_asks_for_one(world: World, tmp_path: Path) -> None:
    words, trace = Words("ja"), tmp_path / "calls"
    traced = [*_tracer(), "-o", str(trace), str(PROGRAM), "--home", str(world.home)]
    with serving(world.agency_home), Screen(tmp_path, traced) as screen:
        log_on(screen, world, words, "ka-301")
        approve_first(screen, words)
        exchange_once(screen, words)
        screen.press("F10")
        screen.wait_for(words("login.pin"), words("login.ended.log_off"))
        screen.press("F10")
        assert screen.wait_for_end() == 0
    assert _beyond(trace) == set()
