"""The line as the jobs use it: opened to the peer in force, recorded, and closed at once when a person cancels."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from console.errors import ClocksApart, DrillCopy, FeedFault, RecoveryAwaited
from console.incidents import record_incident
from console.jobs import checkpoints
from console.jobs.exchange.clocks import ClockReason, LineClock, line_clock
from console.jobs.peers import register
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import DiskLow, IntegrityFault, StoreError
from store.log import EntryDraft, Event, LogFilter, Occasion, Result, page
from transport.errors import AnswerCancelled, LineCancelled, TransportError
from transport.line.client import Line, LineLimits
from transport.line.peer import PeerEndpoint

# How soon a cancelled exchange lets go of the line. A person notices a delay from about a quarter of a second on.
_CANCEL_SECONDS: Final = 0.1
_DRILLS: Final = LogFilter(events=frozenset({Event.BACKUP_DRILLED}))


@dataclass(frozen=True, slots=True)
class LineState:
    """Whether the peer answers: its registered name, when that was checked, and the error's code if it does not.

    `clock_offset`: seconds by which the peer's clock is ahead of ours. `answer_seconds`: how long its answer took.
    """

    up: bool
    peer_name: str
    checked_at: datetime
    code: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    clock_offset: float | None = None
    answer_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """Why an exchange ended early; what was done before remains. `incident`: the number of the technical record."""

    code: str
    facts: Mapping[str, str]
    incident: str | None = None

    @classmethod
    def of(cls, error: TransportError | FeedFault | DiskLow | RecoveryAwaited) -> "Interruption":
        """Return the interruption that an error caused."""
        return cls(error.code, error.facts, error.incident)


@dataclass(frozen=True, slots=True)
class Contact:
    """The peer on an open line; it has been greeted, and its clock was measured."""

    line: Line
    endpoint: PeerEndpoint
    clock: LineClock


def line_state(terminal: Terminal) -> LineState:
    """Greet the peer and return the state of the line; touch no message, and raise nothing when the line is down."""
    # For the head line of the screen, which has to show something in any case.
    name = ""
    try:
        refuse_copy(terminal)
        endpoint = register.endpoint(terminal)
        name = endpoint.name
        with Line(endpoint, terminal.identity, line_limits(terminal)) as line:
            began = time.monotonic()
            status = line.status()
            took = time.monotonic() - began
    except (TransportError, StoreError, DrillCopy) as error:
        return LineState(up=False, peer_name=name, code=error.code, facts=error.facts, checked_at=clock.now())
    offset = status.clock_offset
    return LineState(up=True, peer_name=name, checked_at=clock.now(), clock_offset=offset, answer_seconds=took)


@contextmanager
def open_line(
    terminal: Terminal,
    session: Session,
    cancel: threading.Event | None,
    clock_reason: ClockReason | None = None,
) -> Iterator[Contact]:
    """Yield an open line on which the peer was greeted; setting `cancel` ends a call under way within moments.

    `clock_reason` comes from somebody who may give it. Raises DrillCopy, PeerMissing, IdentityFault, LineFault when the
    peer cannot be reached, ClocksApart; the last three are recorded.
    """
    refuse_copy(terminal)
    try:
        endpoint = register.endpoint(terminal)
        if cancel is not None and cancel.is_set():
            raise LineCancelled
        with Line(endpoint, terminal.identity, line_limits(terminal)) as line, _cancelling(line, cancel):
            measured = line_clock(line.status().clock_offset, clock_reason)
            # Before anything is exchanged: when the peer has seen a later log than this one, the database was set back,
            # and what it says of messages cannot be trusted.
            checkpoints.show(terminal, line, endpoint)
            _record_opened(terminal, session, endpoint, measured)
            yield Contact(line, endpoint, measured)
            checkpoints.make(terminal, Occasion.EXCHANGE)
            if line.connected:
                # What was exchanged is valid whatever becomes of the peer's statement; the next exchange asks again.
                with suppress(TransportError, IntegrityFault):
                    checkpoints.show(terminal, line, endpoint)
    except (TransportError, ClocksApart) as error:
        record_failure(terminal, session, error)
        checkpoints.make(terminal, Occasion.EXCHANGE)
        raise


def refuse_copy(terminal: Terminal) -> None:
    """Raise DrillCopy at a terminal that was restored for a drill."""
    # The mark is an entry of the log: no setting takes it away, and without it the log would not verify.
    with terminal.database.reading() as reading:
        if page(reading, limit=1, chosen=_DRILLS):
            raise DrillCopy


def record_failure(terminal: Terminal, session: Session, error: TransportError | ClocksApart) -> None:
    """Record once that the line failed, with a technical record unless a person cancelled it."""
    # An error that carries the number of an incident was recorded already.
    if error.incident is not None:
        return
    detail = {"code": error.code}
    if not isinstance(error, LineCancelled | AnswerCancelled):
        error.incident = detail["incident"] = record_incident(terminal.home, error)
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LINE_FAILED,
            actor=session.person_id,
            session=session.id,
            result=Result.FAILED,
            detail=detail,
        )


def _record_opened(terminal: Terminal, session: Session, endpoint: PeerEndpoint, measured: LineClock) -> None:
    events: list[tuple[Event, dict[str, str | int]]] = [(Event.LINE_OPENED, {"peer": endpoint.name})]
    seconds = round(measured.offset)
    if measured.overruled and measured.reason is not None:
        events.append((Event.CLOCK_OVERRULED, {"seconds": seconds, "cause": measured.reason.value}))
    elif measured.warned:
        events.append((Event.CLOCK_DIFFERS, {"seconds": seconds}))
    drafts = [EntryDraft(event, session.person_id, session.id, detail=detail) for event, detail in events]
    with terminal.database.writing() as tx:
        terminal.log.append_many(tx, drafts)


def line_limits(terminal: Terminal) -> LineLimits:
    """Return how long the line waits, by the settings."""
    line = terminal.settings.line
    return LineLimits(connect_seconds=line.connect_seconds, read_seconds=line.read_seconds)


@contextmanager
def _cancelling(line: Line, cancel: threading.Event | None) -> Iterator[None]:
    """Close the line from a separate thread as soon as `cancel` is set."""
    # The thread that works on the line may be blocked in a read for as long as the line's time limit allows. Closing
    # the connection under it is what makes it return at once.
    if cancel is None:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_CANCEL_SECONDS):
            if cancel.is_set():
                line.close()
                return

    watcher = threading.Thread(target=watch, name="cancel-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
