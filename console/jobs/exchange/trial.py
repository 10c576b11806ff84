"""What the next exchange would meet at the line, asked without exchanging anything: for `check`.

The peer is greeted, says which checkpoint of the log it saw last, and shows whether its feed goes as far as it was read
before. No message leaves, none is opened, and nothing is stored or recorded here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from console.errors import DrillCopy, FeedEndsEarly
from console.foreseen import Foreseen, foreseen
from console.jobs import checkpoints
from console.jobs.exchange.clocks import line_clock
from console.jobs.exchange.line import line_limits, refuse_copy
from console.jobs.exchange.reach import falls_short
from console.jobs.peers import register
from console.terminal import Terminal
from store import queue
from store.errors import StoreError
from transport.errors import TransportError
from transport.line.client import Line
from transport.line.peer import PeerEndpoint


@dataclass(slots=True)
class Trial:
    """What was met: by part (`peer`, `clock`, `witness`, `feed`) the error there, or None where all is well.

    A part that could not be asked, because the line was gone by then, is missing. `offset`: seconds by which the peer's
    clock is ahead of ours, None when the peer could not be greeted.
    """

    peer_name: str = ""
    offset: float | None = None
    parts: dict[str, Foreseen | None] = field(default_factory=dict)

    def ask(self, part: str, question: Callable[[], object]) -> bool:
        """Ask one part; tell whether it is in order. What nobody foresaw is raised."""
        try:
            question()
        except Exception as error:
            self.parts[part] = foreseen(error)
            if self.parts[part] is None:
                raise
            return False
        self.parts[part] = None
        return True


def try_line(terminal: Terminal) -> Trial:
    """Return what the next exchange would meet; raise nothing that an exchange would report."""
    trial = Trial()
    try:
        refuse_copy(terminal)
        endpoint = register.endpoint(terminal)
        trial.peer_name = endpoint.name
        with Line(endpoint, terminal.identity, line_limits(terminal)) as line:
            trial.offset = line.status().clock_offset
            trial.parts["peer"] = None
            _ask(trial, terminal, line, endpoint)
    except (TransportError, StoreError, DrillCopy) as error:
        trial.parts["peer"] = error
    return trial


def _ask(trial: Trial, terminal: Terminal, line: Line, endpoint: PeerEndpoint) -> None:
    assert trial.offset is not None, "the peer was greeted"
    offset = trial.offset
    # In the order of an exchange, which ends with the first refusal; here the others are asked as well, so that one
    # does not hide another, while the line is up.
    trial.ask("clock", lambda: line_clock(offset, None))
    trial.ask("witness", lambda: checkpoints.compare(terminal, line, endpoint))
    if line.connected:
        trial.ask("feed", lambda: _compare_feed(terminal, line, endpoint))


def _compare_feed(terminal: Terminal, line: Line, endpoint: PeerEndpoint) -> None:
    with terminal.database.reading() as reading:
        cursor = queue.cursor(reading, queue.Feed(terminal.name, endpoint.name))
    if cursor and falls_short(line, cursor):
        raise FeedEndsEarly(cursor=cursor)
