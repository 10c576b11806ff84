"""How a long job reports its progress, and how it learns that it is to stop."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job is: `done` of `total` items in the phase `phase` (a key of the catalogue `exchange`).

    A `total` of 0 is not known: then there is no share to speak of. `results`: what became of the items so far; it is
    the job's own list, which goes on growing.
    """

    phase: str
    done: int
    total: int
    per_second: float
    remaining_seconds: float | None
    results: Sequence[Any] = ()


Report = Callable[[Progress], None]


class Meter:
    """Counts what a job has done, reports it, and knows whether it was cancelled."""

    def __init__(
        self, report: Report | None = None, cancel: threading.Event | None = None, results: Sequence[Any] = ()
    ) -> None:
        self._report = report
        self._results = results
        self._cancel = cancel or threading.Event()
        # Monotonic: a corrected clock must not turn the rate or the remaining time into nonsense.
        self._started = time.monotonic()
        self._phase = ""
        self._done = 0
        self._total = 0

    @property
    def cancelled(self) -> bool:
        """Whether the person asked to stop. A job checks this between two transactions, never inside one."""
        return self._cancel.is_set()

    def begin(self, phase: str, total: int) -> None:
        """Start a phase of `total` items; 0 when their number is unknown."""
        self._phase, self._done, self._total = phase, 0, total
        self._started = time.monotonic()
        self.advance(0)

    def advance(self, count: int) -> None:
        """Count `count` more items and report."""
        self._done += count
        if self._report is None:
            return
        seconds = time.monotonic() - self._started
        rate = self._done / seconds if seconds > 0 else 0.0
        # Without a total there is nothing to divide: the person sees the count and the rate, and no remaining time.
        left = (self._total - self._done) / rate if rate > 0 and self._total else None
        # More can turn up than was counted at the start: messages are approved while others are being sent.
        total = max(self._total, self._done) if self._total else 0
        self._report(Progress(self._phase, self._done, total, rate, left, self._results))

    def reach(self, count: int) -> None:
        """Set the number of finished items to `count`, and report."""
        self.advance(count - self._done)
