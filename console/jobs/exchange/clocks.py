"""The clocks of both sides: how far they may differ, and who may let an exchange go on all the same.

Envelopes and receipts are dated and signed. A difference is told from half a minute on; beyond five minutes, what the
other side tolerates (PROTOCOL.md, 4), nothing is signed unless an officer says why. Times on the line are then the
peer's, as measured: it would refuse ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from console.errors import ClocksApart
from store import clock
from transport import wire

WARNED_SECONDS: Final = 30.0
MOST_SECONDS: Final = wire.CLOCK_TOLERANCE.total_seconds()


class ClockReason(StrEnum):
    """Why an officer lets an exchange go on although the clocks are apart; a closed list, for the log."""

    PEER_WRONG = "peer_wrong"  # The peer's clock is wrong, as both have found by telephone.
    SYNC_DOWN = "sync_down"  # Our time synchronisation is down and being mended.
    OUTAGE = "outage"  # What happened must be told at once (直ちに), whatever the clocks say.


@dataclass(frozen=True, slots=True)
class LineClock:
    """The time on the line. `offset`: seconds by which the peer's clock is ahead of ours, as its greeting said."""

    offset: float
    reason: ClockReason | None = None

    @property
    def warned(self) -> bool:
        """Whether the difference is told to the operator."""
        return abs(self.offset) > WARNED_SECONDS

    @property
    def overruled(self) -> bool:
        """Whether the exchange goes on only because an officer said why."""
        return abs(self.offset) > MOST_SECONDS

    def now(self) -> datetime:
        """Return the moment that envelopes are dated with, and compared with."""
        return clock.now() + (timedelta(seconds=self.offset) if self.overruled else timedelta())


def line_clock(offset: float, reason: ClockReason | None) -> LineClock:
    """Return the clock of an exchange. Raises ClocksApart when nothing may be signed."""
    measured = LineClock(offset, reason)
    if measured.overruled and reason is None:
        raise ClocksApart(seconds=f"{offset:+.0f}", most=f"{MOST_SECONDS:.0f}")
    return measured
