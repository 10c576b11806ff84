"""How long from exec to a painted login screen, in a real pseudo-terminal, beside a bare Textual app."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from tests.benchmarks.report import Report

# The label of the PIN field: the last of the two, on both screens.
_PAINTED: Final = "暗証番号".encode()
_LIMIT: Final = 1.6
_DEADLINE_SECONDS: Final = 60
_SIZE: Final = struct.pack("HHHH", 24, 80, 0, 0)


def measure(runs: int) -> Report:
    """Measure both `runs` times, in turn, so that what else the machine does falls on both."""
    with tempfile.TemporaryDirectory(prefix="renkei-start-") as directory:
        home = Path(directory) / "home"
        _prepare(home)
        commands = {
            "bare Textual app": [sys.executable, str(Path(__file__).with_name("bare.py"))],
            "renkei": [str(Path(sys.executable).with_name("renkei")), "--home", str(home)],
        }
        for command in commands.values():
            _seconds_to_painted(command)  # The first start compiles modules and fills the disk cache.
        seen: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                seen[name].append(_seconds_to_painted(command) * 1000)
    ratio = median(seen["renkei"]) / median(seen["bare Textual app"])
    verdict = f"exec to painted login screen: {ratio:.2f} × the bare app (at most {_LIMIT} is wanted)"
    return Report("ms", seen, verdict, {"ratio": ratio, "limit": _LIMIT})


def _prepare(home: Path) -> None:
    from console.jobs.rehearsal.world import prepare

    prepare(home)


def _seconds_to_painted(command: Sequence[str]) -> float:
    began = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, _SIZE)
        os.execve(command[0], list(command), _environment())
    try:
        _read_until(terminal, _PAINTED)
        return time.perf_counter() - began
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def _read_until(terminal: int, wanted: bytes) -> None:
    seen = b""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while wanted not in seen:
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError(f"no login screen within {_DEADLINE_SECONDS} s; the last bytes: {seen[-500:]!r}")
        try:
            seen += os.read(terminal, 65536)
        except OSError as error:
            raise RuntimeError(f"the program ended before it painted: {seen[-500:]!r}") from error
