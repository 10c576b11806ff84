"""A program in a real pseudo-terminal, for what neither Textual's driver nor tmux can show: bytes, echo, hang-ups."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PROGRAM: Final = str(Path(sys.executable).with_name("renkei"))
_DEADLINE_SECONDS: Final = 60.0
_SIZE: Final = struct.pack("HHHH", 24, 80, 0, 0)


class Pseudo:
    """The program and the other end of its terminal; everything it wrote is kept."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        base = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.process, self._terminal = pty.fork()
        if self.process == 0:
            # The size has to be there before the program asks for it.
            fcntl.ioctl(0, termios.TIOCSWINSZ, _SIZE)
            os.execve(command[0], list(command), {**base, **(environment or {})})
        self.seen = b""
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is None:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        if self._terminal >= 0:
            os.close(self._terminal)

    def write(self, data: bytes) -> None:
        os.write(self._terminal, data)

    def read_until(self, wanted: str, *, since: int = 0) -> bytes:
        """Read until `wanted` was written after byte `since`; return all that was written."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while wanted.encode() not in self.seen[since:]:
            assert time.monotonic() < deadline, self.seen[-2000:]
            if not self._read(0.5) and wanted.encode() not in self.seen[since:]:
                raise AssertionError(self.seen[-2000:])
        return self.seen

    def _read(self, seconds: float) -> bool:
        """Read what comes within `seconds`; False when the terminal is closed."""
        readable, _, _ = select.select([self._terminal], [], [], seconds)
        if not readable:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def modes(self) -> int:
        """The terminal's local modes (ECHO, ICANON, ISIG …)."""
        return int(termios.tcgetattr(self._terminal)[3])

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self._terminal)
        self._terminal = -1

    def wait(self, *, reading: bool = True) -> int:
        """Wait for the end; return the exit status, or the signal's number below zero."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while True:
            ended, status = os.waitpid(self.process, os.WNOHANG)
            if ended:
                self._status = status
                break
            assert time.monotonic() < deadline, self.seen[-2000:]
            if reading and self._terminal >= 0:
                self._read(0.05)
            else:
                select.select([], [], [], 0.05)
        while self._terminal >= 0 and reading and self._read(0.05) and self._pending():
            pass
        return os.waitstatus_to_exitcode(status)

    def _pending(self) -> bool:
        return bool(select.select([self._terminal], [], [], 0)[0])
