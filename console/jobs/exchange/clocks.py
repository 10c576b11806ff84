"""The clocks of both sides: how far they may differ, and who may let an exchange go on nevertheless.

Envelopes and receipts are dated and signed. A difference is reported from half a minute on. The other side tolerates
five minutes (PROTOCOL.md, 4); beyond that nothing is signed unless an officer gives a reason. Then times on the line
are those of the peer's clock, as measured, because it would refuse ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from console.errors import ClocksApart
from store import clock
from transport import wire

# Clocks under time synchronisation are far closer than this, and it leaves time to act before the line stops.
WARNED_SECONDS: Final = 30.0
MOST_SECONDS: Final = wire.CLOCK_TOLERANCE.total_seconds()


class ClockReason(StrEnum):
    """Why an officer lets an exchange go on although the clocks are apart; a closed list, as the log takes no text."""

    PEER_WRONG = "peer_wrong"  # The peer's clock is wrong, as both sides have found by telephone.
    SYNC_DOWN = "sync_down"  # Our time synchronisation is down and being mended.
    OUTAGE = "outage"  # What happened must be told at once (直ちに), whatever the clocks say.


@dataclass(frozen=True, slots=True)
class LineClock:
    """The time on the line. `offset`: seconds by which the peer's clock is ahead of ours, according to its greeting."""

    offset: float
    reason: ClockReason | None = None

    @property
    def warned(self) -> bool:
        """Whether the operator is warned of the difference."""
        return abs(self.offset) > WARNED_SECONDS

    @property
    def overruled(self) -> bool:
        """Whether the exchange goes on only because an officer gave a reason."""
        return abs(self.offset) > MOST_SECONDS

    def now(self) -> datetime:
        """Return the moment with which envelopes are dated and compared."""
        # Within the tolerance our own clock is used: a peer must not be able to move our dates by what it claims.
        return clock.now() + (timedelta(seconds=self.offset) if self.overruled else timedelta())


def line_clock(offset: float, reason: ClockReason | None) -> LineClock:
    """Return the clock of an exchange. Raises ClocksApart when the clocks are too far apart and nobody overrules it."""
    measured = LineClock(offset, reason)
    if measured.overruled and reason is None:
        raise ClocksApart(seconds=f"{offset:+.0f}", most=f"{MOST_SECONDS:.0f}")
    return measured
