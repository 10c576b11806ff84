"""What is known before an exchange (事前確認): the peer, both certificates, the log, and what would leave or waits.

Nothing here asks the line: the peer is looked at by `line_state`, which may take seconds.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from console.jobs.peers import register
from console.terminal import Terminal
from store import clock, queue
from store.log import Event, LogFilter, Result, newest, page
from store.message.states import Hold, OutState
from store.queue import MessageRow, PageKey, QueueFilter

# Rows that are read at once: few enough to keep no reader waiting.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PeerInForce:
    """The version of the peer that is in force, and until when its certificate holds."""

    name: str
    version: str
    valid_from: datetime
    certificate_until: datetime


@dataclass(frozen=True, slots=True)
class LogStanding:
    """When the log was verified last and with which result (None: never), its entries, and its last export."""

    entries: int
    verified_at: datetime | None
    sound: bool | None
    exported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What does not leave yet, in numbers of messages, by the reason.

    `day`: held until a planned day, of which `first_day` is the next. `hand`: until somebody releases it. `alarm`:
    until people have acted. `earlier`: until the peer has accepted an earlier message about the same person.
    """

    day: int = 0
    first_day: date | None = None
    hand: int = 0
    alarm: int = 0
    earlier: int = 0

    @property
    def total(self) -> int:
        """How many they are together."""
        return self.day + self.hand + self.alarm + self.earlier


@dataclass(frozen=True, slots=True)
class Preflight:
    """All of it. `ready` counts what would leave now, by kind; `to_ask`: about so many the peer is asked first."""

    peer: PeerInForce
    own_certificate_until: datetime
    log: LogStanding
    ready: Mapping[str, int]
    to_ask: int
    waiting: Waiting

    @property
    def leaving(self) -> int:
        """How many messages would leave."""
        return sum(self.ready.values())


def preflight(terminal: Terminal) -> Preflight:
    """Return what is known here, without a word to the peer; it is nothing personal, so it asks for no right.

    Raises PeerMissing.
    """
    now = clock.now()
    with terminal.database.reading() as reading:
        due, held = _held(reading, now)
        ready = Counter(row.kind for row in _ready(reading, terminal.name, now))
        log, to_ask = _standing(reading), len(queue.open_shipments(reading, terminal.name))
        waiting = Waiting(*held, queue.count_waiting(reading, now))
    # Sending begins by releasing those whose day has come.
    return Preflight(_peer(terminal, now), terminal.identity.certificate_until, log, ready + due, to_ask, waiting)


def _peer(terminal: Terminal, now: datetime) -> PeerInForce:
    endpoint = register.endpoint(terminal, at=now)
    current = endpoint.in_force(now)
    until = current.public.certificate.not_valid_after_utc
    return PeerInForce(endpoint.name, current.version, current.valid_from, until)


def _ready(reading: Connection, terminal: str, now: datetime) -> Iterator[MessageRow]:
    """Yield what the next sending would take, by the rule of the sending itself."""
    after: PageKey | None = None
    while rows := queue.next_to_send(reading, terminal, now, _AT_ONCE, after):
        yield from rows
        after = PageKey.of(rows[-1])


def _held(reading: Connection, now: datetime) -> tuple[Counter[str], tuple[int, date | None, int, int]]:
    """Return what is held and due today, by kind, and the counts of what stays held."""
    today, due = clock.day_in_japan(now), Counter[str]()
    days, other = list[date](), Counter[Hold | None]()
    after: PageKey | None = None
    while rows := queue.page(reading, QueueFilter(states=frozenset({OutState.HELD})), after=after, limit=_AT_ONCE):
        after = PageKey.of(rows[-1])
        for row in rows:
            # A message with a planned day may be held for another reason as well: the reason counts.
            if row.hold is not Hold.DAY or row.due_on is None:
                other[row.hold] += 1
            elif row.due_on <= today:
                due[row.kind] += 1
            else:
                days.append(row.due_on)
    return due, (len(days), min(days, default=None), other[Hold.HAND], other[Hold.ALARM])


def _standing(reading: Connection) -> LogStanding:
    # Whatever its result was: a log that was found changed must not look like one that nobody has verified.
    verified = page(reading, limit=1, chosen=LogFilter(events=frozenset({Event.LOG_VERIFIED})))
    done = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE)
    exported = page(reading, limit=1, chosen=done)
    return LogStanding(
        entries=newest(reading),
        verified_at=verified[0].at if verified else None,
        sound=verified[0].result == Result.DONE if verified else None,
        exported_at=exported[0].at if exported else None,
    )
