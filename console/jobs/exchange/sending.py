"""Sending: every approved message that may leave goes out in batches, and each receipt is verified before it counts."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Final

from console.errors import RecoveryAwaited
from console.jobs import timekeeping
from console.jobs.admission import admit
from console.jobs.exchange.batch_steps import BatchSteps
from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.line import Contact, Interruption, open_line, record_failure
from console.jobs.exchange.outcome import SendOutcome
from console.jobs.exchange.pipeline import Pipeline
from console.jobs.exchange.rebuilding import rebuild_if_due, refuse_awaited
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import EntryDraft, Event
from store.message.states import OutState
from store.queue import MessageRow, QueueFilter
from store.rights import Right
from transport.errors import TransportError
from transport.line.crypto_worker import CryptoWorker, CryptoWorkerProcess, LocalCryptoWorker

_APPROVED: Final = QueueFilter(states=frozenset({OutState.APPROVED}))
# From this many messages on, a separate process for the public-key work saves more time than its start takes.
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

    After the database was set back, `rebuilding` comes first. `report` gets the phases `recover`, `ask` and `send`.
    `clock_reason` is given by an officer when the clocks are apart. Raises RightMissing, DrillCopy, PeerMissing,
    ClocksApart, IdentityFault, or LineFault when the peer cannot be reached at all. Later failures of the line end the
    sending and are reported in its outcome.
    """
    if clock_reason is not None:
        timekeeping.overrule(terminal, session, clock_reason.value)
    admit(terminal, session, Right.EXCHANGE)
    release_due(terminal)
    done = SendOutcome()
    meter = Meter(report, cancel, done.items)
    with open_line(terminal, session, cancel, clock_reason) as contact:
        done.clock_offset, done.clock_warned = contact.clock.offset, contact.clock.warned
        try:
            rebuild_if_due(terminal, session, contact, meter, done.items)
            refuse_awaited(terminal)
            # Asking comes first: what the peer never received can then go out again in this same sending.
            _settle(terminal, BatchSteps(terminal, session, contact, LocalCryptoWorker(), done), meter)
            with _pipeline(terminal, session, contact, done, meter) as pipeline:
                pipeline.run()
        except TransportError as error:
            record_failure(terminal, session, error)
            done.interruption = Interruption.of(error)
        except RecoveryAwaited as error:
            done.interruption = Interruption.of(error)
    _count_left(terminal, done)
    return done


def _count_left(terminal: Terminal, done: SendOutcome) -> None:
    # Counted at the end and in the database, not added up on the way: this is what the person has to deal with now.
    with terminal.database.reading() as reading:
        done.unknown = len(queue.open_shipments(reading, terminal.name))
        done.elsewhere = queue.shipped_elsewhere(reading, terminal.name)
        done.waiting = queue.count(reading, _APPROVED)


def release_due(terminal: Terminal) -> int:
    """Release the approved messages whose planned day has come (住基法24条); return how many."""
    with terminal.database.writing() as tx:
        released = queue.release_due(tx, terminal.vault, clock.now())
        terminal.log.append_many(tx, [_released(row) for row in released])
    return len(released)


def _released(row: MessageRow) -> EntryDraft:
    detail: dict[str, str | int] = {"cause": "planned_day", "to": str(row.state), "version": row.version}
    return EntryDraft(Event.MESSAGE_RELEASED, object=row.uid, detail=detail)


def _settle(terminal: Terminal, steps: BatchSteps, meter: Meter) -> None:
    """Ask what became of messages that this terminal sent without an answer; those not received may go out again."""
    with terminal.database.reading() as reading:
        numbers = queue.open_shipments(reading, terminal.name)
    meter.begin("ask", len(numbers))
    size = terminal.settings.line.batch
    for start in range(0, len(numbers), size):
        meter.advance(steps.ask(numbers[start : start + size]))


@contextmanager
def _pipeline(
    terminal: Terminal, session: Session, contact: Contact, done: SendOutcome, meter: Meter
) -> Iterator[Pipeline]:
    """Yield a pipeline with its crypto worker and the thread of its line."""
    with terminal.database.reading() as reading:
        approved = queue.count(reading, _APPROVED)
        # What waits for the answer to an earlier message stays: a share of all would never be whole.
        meter.begin("send", approved - queue.count_waiting(reading, clock.now()))
    with ExitStack() as closing:
        worker: CryptoWorker = LocalCryptoWorker() if approved < _MANY else closing.enter_context(CryptoWorkerProcess())
        # One thread, so that the batches reach the peer one after the other, in their order.
        line_thread = ThreadPoolExecutor(1, thread_name_prefix="line")
        # Without waiting: a call under way ends with the line, which is closed a moment later.
        closing.callback(line_thread.shutdown, wait=False, cancel_futures=True)
        steps = BatchSteps(terminal, session, contact, worker, done)
        yield Pipeline(steps, contact.line, meter, line_thread.submit)
