"""The way back after a backup was restored or the database was set back otherwise, as one act that can be repeated.

First what left in the lost time is rebuilt from the peer's receipts. Then the feed is read, from where an item about it
was rejected if there is one: results of what was rebuilt fit now.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

from console.errors import ResultOfNone, ResultUnexpected
from console.jobs import timekeeping
from console.jobs.admission import admit
from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.line import Interruption, open_line, record_failure
from console.jobs.exchange.outcome import ItemResult
from console.jobs.exchange.rebuilding import Rebuilding, awaited
from console.jobs.exchange.receiving import before_rejected, receive
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.queue import Lost
from store.rights import Right
from transport.errors import TransportError

__all__ = ["MOST_LISTED", "Lost", "RecoveryOutcome", "recover"]

MOST_LISTED: Final = 1000
"""So many of the messages that only the peer has are listed; the rest are counted."""

_ABOUT_LOST: Final = frozenset({ResultOfNone.code, ResultUnexpected.code})


@dataclass(slots=True)
class RecoveryOutcome:
    """The outcome of a recovery.

    `recovered` messages are here and were found to be with the peer. `lost` are with the peer alone, now and from
    earlier recoveries; `messages` lists them. `received`, `results` and `rejected` count what the feed brought.
    `awaited` are the terminals that have to do the same before anything is sent. The rest is as in `ReceiveOutcome`.
    """

    recovered: int = 0
    lost: int = 0
    received: int = 0
    results: int = 0
    rejected: int = 0
    messages: list[Lost] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)
    items: list[ItemResult] = field(default_factory=list)
    interruption: Interruption | None = None
    clock_offset: float = 0.0
    clock_warned: bool = False


def recover(
    terminal: Terminal,
    session: Session,
    *,
    report: Report | None = None,
    cancel: threading.Event | None = None,
    clock_reason: ClockReason | None = None,
) -> RecoveryOutcome:
    """Rebuild what left in the lost time from the peer's evidence, and read its feed. Nothing is sent.

    `report` gets the phases `recover` and `receive`. Raises as `receive`.
    """
    if clock_reason is not None:
        timekeeping.overrule(terminal, session, clock_reason.value)
    admit(terminal, session, Right.EXCHANGE)
    done = RecoveryOutcome()
    with open_line(terminal, session, cancel, clock_reason) as contact:
        done.clock_offset, done.clock_warned = contact.clock.offset, contact.clock.warned
        rebuilding = Rebuilding(terminal, session, contact, Meter(report, cancel), done.items)
        try:
            rebuilding.run()
        except TransportError as error:
            record_failure(terminal, session, error)
            done.interruption = Interruption.of(error)
        done.recovered = rebuilding.recovered
    # On a line of its own: what was rebuilt is durable by now, whatever becomes of the feed.
    if done.interruption is None:
        _read_feed(terminal, session, done, report, cancel, clock_reason)
    with terminal.database.reading() as reading:
        done.lost, done.messages = queue.count_lost(reading), queue.lost(reading, limit=MOST_LISTED)
        done.awaited = awaited(reading, terminal)
    return done


def _read_feed(
    terminal: Terminal,
    session: Session,
    done: RecoveryOutcome,
    report: Report | None,
    cancel: threading.Event | None,
    clock_reason: ClockReason | None,
) -> None:
    after = before_rejected(terminal, _ABOUT_LOST)
    read = receive(terminal, session, after=after, report=report, cancel=cancel, clock_reason=clock_reason)
    done.received, done.results, done.rejected = read.received, read.results, read.rejected
    done.items += read.items
    done.interruption = read.interruption
