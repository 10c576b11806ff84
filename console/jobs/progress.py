"""How a long job tells where it is, and how it is told to stop."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job stands: `done` of `total` items in the phase `phase` (a key of the catalogue `exchange`)."""

    phase: str
    done: int
    total: int
    per_second: float
    remaining_seconds: float | None


Report = Callable[[Progress], None]


class Meter:
    """Counts what a job has done, reports it, and knows whether it was cancelled."""

    def __init__(self, report: Report | None = None, cancel: threading.Event | None = None) -> None:
        self._report = report
        self._cancel = cancel or threading.Event()
        self._started = time.monotonic()
        self._phase = ""
        self._done = 0
        self._total = 0

    @property
    def cancelled(self) -> bool:
        """Whether the person asked to stop; a job looks between two transactions."""
        return self._cancel.is_set()

    def begin(self, phase: str, total: int) -> None:
        """Start a phase of `total` items; 0 when the number is not known."""
        self._phase, self._done, self._total = phase, 0, total
        self._started = time.monotonic()
        self.advance(0)

    def advance(self, count: int) -> None:
        """Note `count` more items and report."""
        self._done += count
        if self._report is None:
            return
        seconds = time.monotonic() - self._started
        rate = self._done / seconds if seconds > 0 else 0.0
        left = (self._total - self._done) / rate if rate > 0 and self._total else None
        self._report(Progress(self._phase, self._done, max(self._total, self._done), rate, left))

    def reach(self, count: int) -> None:
        """Note that `count` items in all are done, and report."""
        self.advance(count - self._done)
