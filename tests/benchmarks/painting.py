"""A full-screen program in a pseudo-terminal: what a key costs until the last byte of its answer, in time and bytes."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

_DEADLINE_SECONDS: Final = 120
# The answer to a key is over when nothing comes for so long; it does not count into the time.
_QUIET_SECONDS: Final = 0.2
_SETTLED_SECONDS: Final = 2
# What a library asks its terminal about at the start, with the answers of an xterm: some wait for them.
_ASKED: Final[Mapping[bytes, bytes]] = {
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
}


class Burst(NamedTuple):
    """What came after a key: seconds until its last byte, how many bytes, and the bytes."""

    seconds: float
    size: int
    text: bytes


class Painted:
    """A program that paints on a pseudo-terminal of its own, from its start to its end by SIGKILL."""

    def __init__(self, command: Sequence[str], columns: int, rows: int) -> None:
        self._began = time.perf_counter()
        self.process, self._terminal = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(command[0], list(command), _environment())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self._terminal)

    def seconds_to(self, wanted: bytes) -> float:
        """Return how many seconds passed from the start to the bytes `wanted`."""
        self._read_until(wanted)
        return time.perf_counter() - self._began

    def seconds_to_quiet(self) -> float:
        """Return how many seconds passed from the start to the last byte before the program waits."""
        return self._answer(b"", self._began).seconds

    def press(self, keys: bytes, wanted: bytes = b"") -> Burst:
        """Press keys, and return what follows: at least up to the bytes `wanted`, then until the program waits."""
        began = time.perf_counter()
        os.write(self._terminal, keys)
        return self._answer(wanted, began)

    def bytes_in(self, seconds: float) -> int:
        """Return how many bytes come in so many seconds without a key, once all answers to earlier ones are in."""
        while self._read(_SETTLED_SECONDS):
            pass
        until, came = time.perf_counter() + seconds, 0
        while (left := until - time.perf_counter()) > 0:
            came += len(self._read(left))
        return came

    def megabytes(self) -> float:
        """Return the greatest resident memory of the program so far."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def _answer(self, wanted: bytes, began: float) -> Burst:
        text = self._read_until(wanted)
        last = time.perf_counter()
        # Without a text to wait for the first byte may take its time; after it silence ends the answer.
        patience = _QUIET_SECONDS if wanted else _DEADLINE_SECONDS
        while some := self._read(patience):
            text += some
            last, patience = time.perf_counter(), _QUIET_SECONDS
        return Burst(last - began, len(text), text)

    def _read_until(self, wanted: bytes) -> bytes:
        text = b""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while wanted not in text:
            some = self._read(max(0.0, deadline - time.monotonic()))
            if not some:
                raise TimeoutError(f"{wanted!r} did not come; the last bytes: {text[-500:]!r}")
            text += some
        return text

    def _read(self, seconds: float) -> bytes:
        """Return what comes next, at the latest after so many seconds, and answer as a terminal would."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return b""
        try:
            some = os.read(self._terminal, 65536)
        except OSError as error:
            raise RuntimeError("the program ended") from error
        for asked, answer in _ASKED.items():
            if asked in some:
                os.write(self._terminal, answer)
        return some


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
