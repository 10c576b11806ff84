"""Sending: every approved message that may leave, batch by batch, each receipt verified before it counts."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Final

from console.jobs import timekeeping
from console.jobs.admission import admit
from console.jobs.exchange.batch_steps import Shipper
from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.line import Contact, Interruption, opened, record_failure
from console.jobs.exchange.outcome import SendOutcome
from console.jobs.exchange.pipeline import Flow
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import EntryDraft, Event
from store.message.states import OutState
from store.queue import QueueFilter
from store.rights import Right
from transport.errors import TransportError
from transport.line.crypto_worker import CryptoWorker, CryptoWorkerProcess, LocalCryptoWorker

_APPROVED: Final = QueueFilter(states=frozenset({OutState.APPROVED}))
# From so many messages on, a process beside this one is worth its start.
_MANY: Final = 2000


def send(
    terminal: Terminal,
    session: Session,
    *,
    report: Report | None = None,
    cancel: threading.Event | None = None,
    clock_reason: ClockReason | None = None,
) -> SendOutcome:
    """Send everything that is approved and may leave, after asking what became of messages without an answer.

    `report` gets the phases `ask` and `send`; `clock_reason` is an officer's, for clocks that are apart. Raises
    RightMissing, PeerMissing, ClocksApart, IdentityFault, or LineFault when the peer cannot be reached at all; later
    failures of the line end the sending and are told in its result.
    """
    if clock_reason is not None:
        timekeeping.overrule(terminal, session, clock_reason.value)
    admit(terminal, session, Right.EXCHANGE)
    release_due(terminal)
    meter = Meter(report, cancel)
    done = SendOutcome()
    with opened(terminal, session, cancel, clock_reason) as contact:
        done.clock_offset, done.clock_warned = contact.clock.offset, contact.clock.warned
        try:
            _settle(terminal, Shipper(terminal, session, contact, LocalCryptoWorker(), done), meter)
            with _flow(terminal, session, contact, done, meter) as flow:
                flow.run()
        except TransportError as error:
            record_failure(terminal, session, error)
            done.interruption = Interruption.of(error)
    with terminal.database.reading() as reading:
        done.unknown = len(queue.open_shipments(reading, terminal.name))
        done.elsewhere = queue.shipped_elsewhere(reading, terminal.name)
        done.waiting = queue.count(reading, _APPROVED)
    return done


def release_due(terminal: Terminal) -> int:
    """Let go the approved messages whose planned day has come (住基法24条); return how many."""
    with terminal.database.writing() as tx:
        released = queue.release_due(tx, clock.now())
        terminal.log.append_many(
            tx,
            [EntryDraft(Event.MESSAGE_RELEASED, object=row.uid, detail={"cause": "planned_day"}) for row in released],
        )
    return len(released)


def _settle(terminal: Terminal, shipper: Shipper, meter: Meter) -> None:
    """Ask what became of messages that were sent from here without an answer; those the peer has not go out again."""
    with terminal.database.reading() as reading:
        numbers = queue.open_shipments(reading, terminal.name)
    meter.begin("ask", len(numbers))
    size = terminal.settings.line.batch
    for start in range(0, len(numbers), size):
        meter.advance(shipper.ask(numbers[start : start + size]))


@contextmanager
def _flow(terminal: Terminal, session: Session, contact: Contact, done: SendOutcome, meter: Meter) -> Iterator[Flow]:
    """Yield the flow of batches, which overlap: while one is on the line, the next is sealed and stored."""
    with terminal.database.reading() as reading:
        approved = queue.count(reading, _APPROVED)
    meter.begin("send", approved)
    with ExitStack() as closing:
        notary: CryptoWorker = LocalCryptoWorker() if approved < _MANY else closing.enter_context(CryptoWorkerProcess())
        hands = ThreadPoolExecutor(1, thread_name_prefix="line")
        # A call under way ends with the line, which is closed a moment later.
        closing.callback(hands.shutdown, wait=False, cancel_futures=True)
        shipper = Shipper(terminal, session, contact, notary, done)
        yield Flow(shipper, contact.line, meter, hands.submit)
