"""The ends that come from outside: hang-up, signals, a closed terminal.

Textual handles none of them: no hook runs and the terminal stays raw. A terminal that nobody reads even blocks its
event loop, so timers and the loop's own signal handlers never fire. Therefore a separate thread waits for the signals,
closes the session, gives the terminal back and ends the process.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

from console.process.tty import Tty
from store.endings import Ending

# These do not end a process, tell of a fault of its own, or cannot be waited for.
_OTHERS: Final = frozenset(
    {
        signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT,
        signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH, signal.SIGPIPE, signal.SIGXFSZ,
        signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS, signal.SIGTRAP,
    }
)  # fmt: skip
SIGNALS: Final = frozenset(signal.valid_signals()) - _OTHERS
"""All that end a process which does not see to them, not only those that are meant so: a timer or a user signal sent by
mistake would leave the terminal raw and the session open."""
# A terminal can be closed without a signal reaching us, so it is also polled, at this interval.
_LOOK_SECONDS: Final = 1.0
# A closing entry takes milliseconds. When the disk hangs, the next start finds the session abandoned and closes it.
_CLOSE_SECONDS: Final = 5.0


class SignalWatch:
    """Waits for what ends the process from outside. Start it before any other thread is started."""

    def __init__(self, tty: Tty, close: Callable[[Ending], object]) -> None:
        self._tty = tty
        self._close = close
        self._ending = threading.Lock()

    def watch(self) -> None:
        """Block the signals in this thread and in those that it starts later, and wait for them in another thread."""
        for number in SIGNALS:
            # A thread that a library started earlier does not block them. A signal that such a thread gets runs this
            # handler, in the main thread.
            signal.signal(number, self._on_signal)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def _wait(self) -> None:
        while True:
            received = signal.sigtimedwait(SIGNALS, _LOOK_SECONDS)
            if received is not None:
                self._end(received.si_signo)
            elif self._tty.hung_up:
                self._end(signal.SIGHUP)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._end(number)

    def _end(self, number: int) -> None:
        # Never released: the first signal ends the process, and any other that comes meanwhile changes nothing.
        if not self._ending.acquire(blocking=False):
            return
        ending = Ending.HANG_UP if number == signal.SIGHUP else Ending.SIGNAL
        # In a thread that may be left behind: a disk that hangs must not keep the work on the screen.
        closing = threading.Thread(target=self._close, args=(ending,), name="closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        self._tty.cut_painter()
        self._tty.wipe()
        self._tty.give_back()
        # Not `sys.exit`: it would end only this thread, or wait for one that hangs at the terminal.
        os._exit(128 + number)
