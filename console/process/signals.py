"""The ways out that nobody asked for: hang-up, signals, a closed terminal.

Textual handles none of them: no hook runs and the terminal stays raw. A terminal that nobody reads even blocks its
event loop, so timers and the loop's own signal handlers never fire. Therefore a thread of its own waits for the
signals, closes the session, gives the terminal back and ends the process.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

from console.process.tty import Tty
from store.endings import Ending

SIGNALS: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
# How often a terminal is looked at that was closed without a signal reaching us.
_LOOK_SECONDS: Final = 1.0
# A closing entry takes milliseconds; when the disk hangs, the next start finds the session instead.
_CLOSE_SECONDS: Final = 5.0


class Departure:
    """Waits for what ends the process from outside. Make one before any other thread is started."""

    def __init__(self, tty: Tty, close: Callable[[Ending], object]) -> None:
        self._tty = tty
        self._close = close
        self._leaving = threading.Lock()

    def watch(self) -> None:
        """Block the signals in this thread and all that it starts later, and wait for them in another."""
        for number in SIGNALS:
            # A thread that somebody started earlier does not block them: then the handler leaves in its place.
            signal.signal(number, self._on_signal)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=self._wait, name="departure", daemon=True).start()

    def _wait(self) -> None:
        while True:
            received = signal.sigtimedwait(SIGNALS, _LOOK_SECONDS)
            if received is not None:
                self._leave(received.si_signo)
            elif self._tty.hung_up:
                self._leave(signal.SIGHUP)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._leave(number)

    def _leave(self, number: int) -> None:
        if not self._leaving.acquire(blocking=False):
            return
        ending = Ending.HANG_UP if number == signal.SIGHUP else Ending.SIGNAL
        closing = threading.Thread(target=self._close, args=(ending,), name="closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        self._tty.cut_painter()
        self._tty.wipe()
        self._tty.give_back()
        os._exit(128 + number)
