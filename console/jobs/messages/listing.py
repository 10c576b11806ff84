"""Looking at the queue: counts, pages, snapshots of numbers."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.message.canonical import decode
from store.message.names import NamePart
from store.message.states import CONFIRMABLE, UNHANDLED, UNSENT, Direction, OutState, State, state_of
from store.queue import Claims, MessageRow, PageKey, QueueFilter
from store.rights import Right

_ERASED: Final = b"{}"


@dataclass(frozen=True, slots=True)
class Counts:
    """The line of counts: how many messages are in each state that wants a person, and how many notices."""

    review: int
    approved: int
    held: int
    overdue: int
    unknown: int
    refused: int
    received: int


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What to list; None lets everything through. `reference` is the beginning of one; a page begins after `after`.

    `being_undone`: only messages whose cancellation or replacement the peer has not accepted yet. `unhandled`: only
    notices that wait for people, in whatever state.
    """

    direction: str | None = None
    state: str | None = None
    reference: str | None = None
    limit: int = 100
    after: PageKey | None = None
    overdue: bool = False
    being_undone: bool = False
    unhandled: bool = False


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Who has a message in hand, so that others only read it: `task` is `edit`, `review` or `confirm`.

    `reference`: of which message; while one is edited, others about the same person are only read as well.
    """

    task: str
    person: str
    reference: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One message in a list. `name` is the person's; `matter` are codes of what it is about, with names in `items`.

    `claim` tells when somebody else has it in hand.
    """

    id: int
    uid: str
    direction: str
    kind: str
    reference: str
    state: str
    hold: str | None
    occurred_at: datetime
    waiting_seconds: float
    overdue: bool
    due_on: date | None
    warnings: int
    author: str | None
    approver: str | None
    revision: int
    version: int
    name: str
    matter: tuple[str, ...]
    claim: ClaimView | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows, how many the query has in all, and where the next page begins (None: this was the last)."""

    rows: list[QueueRow]
    total: int
    next: PageKey | None


def counts(terminal: Terminal) -> Counts:
    """Return the numbers of the head line; they tell nothing personal, so everyone logged on sees them."""
    with terminal.database.reading() as reading:
        found = queue.counts(reading)
        overdue = queue.count(reading, QueueFilter(overdue_before=_overdue_before(terminal)))

    def number(state: OutState) -> int:
        return found.get((Direction.OUT, state), 0)

    return Counts(
        review=number(OutState.REVIEW),
        approved=number(OutState.APPROVED),
        held=number(OutState.HELD),
        overdue=overdue,
        unknown=number(OutState.UNKNOWN) + number(OutState.SENDING),
        refused=number(OutState.REFUSED),
        received=sum(found.get((Direction.IN, state), 0) for state in CONFIRMABLE),
    )


def page(terminal: Terminal, session: Session, query: QueueQuery) -> QueuePage:
    """Return one page of the queue, oldest first; what a reference was looked for, in the order of the references."""
    admit(terminal, session, Right.READ)
    chosen = _filters(terminal, query)
    with terminal.database.reading() as reading:
        # One row more than wanted tells whether another page follows.
        found = [row for one in chosen for row in queue.page(reading, one, after=query.after, limit=query.limit + 1)]
        found.sort(key=lambda row: queue.place_of(row, chosen[0]))
        total = sum(queue.count(reading, one) for one in chosen)
        rows = _rows(terminal, session, reading, found[: query.limit])
    last = found[query.limit - 1] if len(found) > query.limit else None
    return QueuePage(rows, total, PageKey.of(last) if last else None)


def ids(terminal: Terminal, session: Session, query: QueueQuery) -> "array[int]":
    """Return the numbers of all messages of the query, so that rows stay where they are while one looks at them."""
    admit(terminal, session, Right.READ)
    numbers = array("q")
    with terminal.database.reading() as reading:
        for one in _filters(terminal, query):
            numbers.extend(queue.ids(reading, one))
    return numbers


def find(terminal: Terminal, session: Session, query: QueueQuery, name: str) -> "array[int]":
    """Return the numbers of the query's messages about people with `name` in theirs, and record that it was looked for.

    The log holds how many were found, not the name. Raises SealBroken.
    """
    admit(terminal, session, Right.READ)
    part, found = NamePart(name), array("q")
    with terminal.database.reading() as reading:
        for one in _filters(terminal, query):
            contents = queue.each_content(reading, terminal.vault, one)
            named = {number for number, content in contents if part.is_in(content)}
            found.extend(number for number in queue.ids(reading, one) if number in named)
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.MESSAGE_SEARCHED,
            actor=session.person_id,
            session=session.id,
            detail={"count": len(found)},
        )
    return found


def rows(terminal: Terminal, session: Session, numbers: Sequence[int]) -> list[QueueRow]:
    """Return the rows with these numbers, in that order."""
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        return _rows(terminal, session, reading, queue.rows_of(reading, numbers))


def _filters(terminal: Terminal, query: QueueQuery) -> list[QueueFilter]:
    """Return one filter for each direction that the query is about."""
    chosen = []
    if query.unhandled:
        waiting = frozenset[State](one for one in UNHANDLED if query.state is None or one == query.state)
        return [QueueFilter(Direction.IN, waiting, reference=query.reference)] if waiting else []
    for direction in [Direction(query.direction)] if query.direction else list(Direction):
        try:
            states = frozenset({state_of(direction, query.state)}) if query.state else frozenset()
        except ValueError:
            # A state of the other direction: nothing of this one.
            continue
        overdue_before = _overdue_before(terminal) if query.overdue else None
        chosen.append(
            QueueFilter(
                direction,
                states,
                reference=query.reference,
                overdue_before=overdue_before,
                being_undone=query.being_undone,
            )
        )
    return chosen


def _overdue_before(terminal: Terminal) -> datetime:
    return clock.now() - timedelta(hours=terminal.settings.review.overdue_hours)


def _rows(terminal: Terminal, session: Session, reading: Connection, found: Iterable[MessageRow]) -> list[QueueRow]:
    wanted = list(found)
    claims = queue.claims_of_others(reading, session.id, clock.now())
    contents = queue.contents_of(reading, terminal.vault, (row.id for row in wanted))
    return [row_of(terminal, row, decode(contents.get(row.id, _ERASED)), claims) for row in wanted]


def row_of(terminal: Terminal, row: MessageRow, record: Mapping[str, Any], claims: Claims) -> QueueRow:
    """Return a message as a list shows it; `record` is its content, `claims` what others have in hand."""
    person, claim = record.get("person"), queue.claim_on(row, claims)
    return QueueRow(
        id=row.id,
        uid=row.uid,
        direction=str(row.direction),
        kind=row.kind,
        reference=row.reference,
        state=str(row.state),
        hold=str(row.hold) if row.hold else None,
        occurred_at=row.occurred_at,
        waiting_seconds=max(0.0, (clock.now() - row.occurred_at).total_seconds()),
        overdue=row.state in UNSENT and row.occurred_at < _overdue_before(terminal),
        due_on=row.due_on,
        warnings=row.warnings,
        author=row.author,
        approver=row.approver,
        revision=row.revision,
        version=row.version,
        name=str(person["name"]) if isinstance(person, dict) else "",
        matter=tuple(_matter(record)),
        claim=ClaimView(str(claim.task), claim.person, claim.reference) if claim is not None else None,
    )


def _matter(record: Mapping[str, Any]) -> Iterable[str]:
    """Yield the codes that say in a line what a message is about: action and cause, article, or changed items."""
    basis = record.get("basis", {})
    lost = record.get("category_lost", {})
    codes = (
        record.get("action"),
        basis.get("article") or basis.get("cause"),
        record.get("article"),
        record.get("deemed_by"),
        "category_lost" if lost else None,
        lost.get("cause"),
        *(change["item"] for change in record.get("changes", ())),
    )
    return (str(code) for code in codes if code)
