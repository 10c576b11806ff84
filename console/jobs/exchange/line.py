"""The line as the jobs use it: opened to the peer in force, recorded, and ended at once when a person cancels."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from console.jobs import peers
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import StoreError
from store.log import Event, Result
from transport.client import Line, LineSettings
from transport.errors import TransportError
from transport.peer import PeerEndpoint

# How soon a cancelled exchange lets go of the line; a person notices from about a quarter of a second on.
_CANCEL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class LineState:
    """Whether the peer answers: its name as registered, when that was seen, and the error's code if it does not.

    `clock_offset`: seconds by which the peer's clock is ahead of ours.
    """

    up: bool
    peer_name: str
    checked_at: datetime
    code: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    clock_offset: float | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """Why an exchange ended before its end; what was done until then stands."""

    code: str
    facts: Mapping[str, str]

    @classmethod
    def of(cls, error: TransportError) -> "Interruption":
        """Tell what the line's error said."""
        return cls(error.code, error.facts)


def line_state(terminal: Terminal) -> LineState:
    """Greet the peer and tell how the line is; no message is touched, and nothing is raised for a line that is down."""
    name = ""
    try:
        endpoint = peers.endpoint(terminal)
        name = endpoint.name
        with Line(endpoint, terminal.identity, _limits(terminal)) as line:
            status = line.status()
    except (TransportError, StoreError) as error:
        return LineState(up=False, peer_name=name, code=error.code, facts=error.facts, checked_at=clock.now())
    return LineState(up=True, peer_name=name, checked_at=clock.now(), clock_offset=status.clock_offset)


@contextmanager
def opened(terminal: Terminal, session: Session, cancel: threading.Event | None) -> Iterator[tuple[Line, PeerEndpoint]]:
    """Yield a line that the peer has greeted; setting `cancel` ends a call under way within moments.

    Raises PeerMissing, IdentityError, or LineError when the peer cannot be reached; the last is recorded.
    """
    endpoint = peers.endpoint(terminal)
    with Line(endpoint, terminal.identity, _limits(terminal)) as line, _cancelling(line, cancel):
        try:
            line.status()
        except TransportError as error:
            record_failure(terminal, session, error)
            raise
        _record_opened(terminal, session, endpoint)
        yield line, endpoint


def record_failure(terminal: Terminal, session: Session, error: TransportError) -> None:
    """Record that the line failed."""
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LINE_FAILED,
            actor=session.person_id,
            session=session.id,
            result=Result.FAILED,
            detail={"code": error.code},
        )


def _record_opened(terminal: Terminal, session: Session, endpoint: PeerEndpoint) -> None:
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx, Event.LINE_OPENED, actor=session.person_id, session=session.id, detail={"peer": endpoint.name}
        )


def _limits(terminal: Terminal) -> LineSettings:
    line = terminal.settings.line
    return LineSettings(connect_seconds=line.connect_seconds, read_seconds=line.read_seconds)


@contextmanager
def _cancelling(line: Line, cancel: threading.Event | None) -> Iterator[None]:
    """Close the line from a thread of its own as soon as `cancel` is set."""
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
