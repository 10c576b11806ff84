"""Listing the queue: counts, pages of rows, snapshots of numbers, and search by name."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages.partners import partners
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.message.canonical import decode
from store.message.codes import Action
from store.message.dates import parse_moment
from store.message.search import SearchPart
from store.message.states import UNHANDLED, UNSENT, Direction, InState, OutState, State, state_of
from store.message.worklists import DONE
from store.queue import Claim, Claims, MessageRow, PageKey, QueueFilter
from store.rights import Right

ERASED: Final = b"{}"
"""Stands for an erased content: an empty record, whose row shows neither a name nor a matter."""
_STATED: Final = ("name", "name_kanji", "birth_date", "nationality")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages are in each list of work, by the names of `store.message.worklists`."""

    todo: int
    returned: int
    review: int
    overdue: int
    unknown: int
    refused: int
    being_undone: int
    received: int
    second: int
    approved: int
    held: int


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What to list; None does not restrict. `reference` is how a reference begins; a page begins after `after`.

    `being_undone`: only messages whose cancellation or replacement the peer has not accepted yet. `unhandled`: only
    notices that wait for people, in any state.
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
    """Who is working on a message, so that others can only read it: `task` is `edit`, `review` or `confirm`.

    `reference`: of the message that is claimed. It can be another one, because an edit also binds the other messages
    about the same person.
    """

    task: str
    person: str
    reference: str


@dataclass(frozen=True, slots=True)
class OtherHalf:
    """The other message of the same event (対), as far as a list tells of it."""

    id: int
    kind: str
    reference: str
    state: str
    version: int
    warnings: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One message in a list. `name` is the person's; `matter` are codes of what it is about (catalogue `items`).

    `effective_at` is the moment from which it waits, and the order in time: a deletion after 転出届 counts from the
    beginning of its planned day. `claim` is set while somebody else is working on it. `name` may be empty: a newborn
    may have none, and a delivered certificate has only its `number`. `pointer`: it cancels or replaces another message.
    `deletion`: it takes somebody out of the register. `ended_at`: since when nothing waits any more (None: it does).
    `other`: the other message of the event. `heading`: whom this row and those below it are about, in the result of a
    search.
    """

    id: int
    uid: str
    direction: str
    kind: str
    reference: str
    state: str
    hold: str | None
    occurred_at: datetime
    effective_at: datetime
    waiting_seconds: float
    overdue: bool
    due_on: date | None
    warnings: int
    author: str | None
    approver: str | None
    revision: int
    version: int
    name: str
    name_kanji: str
    number: str
    matter: tuple[str, ...]
    deletion: bool
    pointer: str | None
    ended_at: datetime | None
    claim: ClaimView | None
    other: OtherHalf | None
    heading: "AboutWhom | None" = None

    @property
    def pair(self) -> OtherHalf | None:
        """The other message, if people decide about both at once: they are where the other is, too."""
        return self.other if self.other is not None and self.other.state == self.state else None


class AboutWhom(NamedTuple):
    """Whom a message is about, as its content says; what the content does not say is empty."""

    name: str
    name_kanji: str
    number: str
    subject: str
    birth_date: str
    nationality: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows, how many rows the query has in total, and where the next page begins (None: this was the last)."""

    rows: list[QueueRow]
    total: int
    next: PageKey | None


def counts(terminal: Terminal) -> Counts:
    """Return how many messages are in each list of work; that is nothing personal, so it asks for no right."""
    moment = overdue_before(terminal)
    with terminal.database.reading() as reading:
        by_state = queue.counts(reading)
        late = queue.count(reading, QueueFilter(states=UNSENT, overdue_before=moment))
        undone = queue.count(reading, QueueFilter(being_undone=True))

    def number(direction: Direction, *states: State) -> int:
        return sum(by_state.get((direction, state), 0) for state in states)

    returned, review = number(Direction.OUT, OutState.RETURNED), number(Direction.OUT, OutState.REVIEW)
    # For people both are the same: handed over, and without an answer.
    unknown = number(Direction.OUT, OutState.UNKNOWN, OutState.SENDING)
    refused, received = number(Direction.OUT, OutState.REFUSED), number(Direction.IN, *UNHANDLED)
    return Counts(
        # What was approved or is held only waits; where it is late, the list of what is overdue says so.
        todo=returned + review + unknown + refused + received,
        returned=returned,
        review=review,
        overdue=late,
        unknown=unknown,
        refused=refused,
        being_undone=undone,
        received=received,
        second=number(Direction.IN, InState.AWAITING_SECOND),
        approved=number(Direction.OUT, OutState.APPROVED),
        held=number(Direction.OUT, OutState.HELD),
    )


def page(terminal: Terminal, session: Session, query: QueueQuery) -> QueuePage:
    """Return one page of the queue, oldest first; with a `reference`, in the order of the references."""
    admit(terminal, session, Right.READ)
    filters = _filters(terminal, query)
    with terminal.database.reading() as reading:
        # One row more than wanted tells whether another page follows.
        most = query.limit + 1
        rows = [row for chosen in filters for row in queue.page(reading, chosen, after=query.after, limit=most)]
        # Each direction gave its own rows in order; a page of both is cut from the merged ones.
        rows.sort(key=lambda row: queue.place_of(row, filters[0]))
        total = sum(queue.count(reading, chosen) for chosen in filters)
        shown = _rows(terminal, session, reading, rows[: query.limit])
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return QueuePage(shown, total, PageKey.of(last) if last else None)


def ids(terminal: Terminal, session: Session, query: QueueQuery) -> "array[int]":
    """Return the numbers of all messages of the query, so that rows keep their places while a person looks at them."""
    admit(terminal, session, Right.READ)
    # Eight bytes a message: a million of them take 8 MB and 0.3 s, where rows would take hundreds of MB.
    numbers = array("q")
    with terminal.database.reading() as reading:
        for chosen in _filters(terminal, query):
            numbers.extend(queue.ids(reading, chosen))
    return numbers


def find(terminal: Terminal, session: Session, query: QueueQuery, text: str) -> "array[int]":
    """Return the numbers of the query's messages that are meant by what somebody typed, and record the search.

    It is a part of a name, of the 宛名番号, of the number of a card or certificate, or of a reference, however it is
    spelt. All about one person stands together, and the person of whom something came last stands first. The log holds
    how many there were, not what was sought. Raises SealBroken.
    """
    admit(terminal, session, Right.READ)
    numbers = numbers_about(terminal, _filters(terminal, query), SearchPart(text), reference=text)
    with terminal.database.reading() as reading:
        found = _by_person(queue.rows_of(reading, numbers))
    # Recorded like looking at a message: a search tells who is among the municipality's residents.
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.MESSAGE_SEARCHED,
            actor=session.person_id,
            session=session.id,
            detail={"count": len(found)},
        )
    return found


def _by_person(rows: Iterable[MessageRow]) -> "array[int]":
    # The person about whom something came last is the one whom people most often mean.
    newest = sorted(rows, key=lambda row: (row.effective_at, row.id), reverse=True)
    # A notice states a number and no 宛名番号, so that it stands with the others of that number.
    places: dict[str, int] = {}
    for row in newest:
        places.setdefault(row.subject or row.uid, len(places))
    newest.sort(key=lambda row: places[row.subject or row.uid])
    return array("q", (row.id for row in newest))


def numbers_about(
    terminal: Terminal, filters: Sequence[QueueFilter], part: SearchPart, *, reference: str = ""
) -> "array[int]":
    """Return the numbers of the chosen messages about people with this part in a name or number.

    With a part of a `reference`, those that have it as well.

    A job that shows people what was found records that. Raises SealBroken.
    """
    while True:
        with terminal.database.reading() as reading:
            # No index holds names, since it would keep them readable. They are sealed by the thousand instead.
            missing = queue.missing_blocks(reading)
            if not missing:
                named = set(queue.numbers_found(reading, terminal.vault, part))
                named |= set(queue.numbers_with_reference(reading, reference) if reference else ())
                chosen = (number for each in filters for number in queue.ids(reading, each))
                return array("q", (number for number in chosen if number in named))
        # In a turn each: making one opens a thousand contents.
        for block in missing:
            with terminal.database.writing() as tx:
                queue.make_block(tx, terminal.vault, block)


def rows(terminal: Terminal, session: Session, numbers: Sequence[int]) -> list[QueueRow]:
    """Return the rows with these numbers, in that order."""
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        return _rows(terminal, session, reading, queue.rows_of(reading, numbers))


def _filters(terminal: Terminal, query: QueueQuery) -> list[QueueFilter]:
    """Return one filter for each direction that the query includes."""
    filters = []
    if query.unhandled:
        waiting = frozenset[State](state for state in UNHANDLED if query.state is None or state == query.state)
        return [QueueFilter(Direction.IN, waiting, reference=query.reference)] if waiting else []
    for direction in [Direction(query.direction)] if query.direction else list(Direction):
        try:
            states = frozenset({state_of(direction, query.state)}) if query.state else frozenset()
        except ValueError:
            # A state of the other direction: this one has no such messages.
            continue
        moment = overdue_before(terminal) if query.overdue else None
        filters.append(
            QueueFilter(
                direction,
                states,
                reference=query.reference,
                overdue_before=moment,
                being_undone=query.being_undone,
            )
        )
    return filters


def overdue_before(terminal: Terminal) -> datetime:
    """Return the moment before which a message must have happened that is late while it still waits here."""
    return clock.now() - timedelta(hours=terminal.settings.review.overdue_hours)


def _rows(terminal: Terminal, session: Session, reading: Connection, found: Iterable[MessageRow]) -> list[QueueRow]:
    rows = list(found)
    claims = queue.claims_of_others(reading, session.id, clock.now())
    # Only the contents of the rows that are shown are opened: names and matters exist nowhere else.
    contents = queue.contents_of(reading, terminal.vault, (row.id for row in rows))
    others = partners(terminal, reading, rows)
    return [row_of(terminal, row, decode(contents.get(row.id, ERASED)), claims, others.get(row.id)) for row in rows]


def row_of(
    terminal: Terminal, row: MessageRow, record: Mapping[str, Any], claims: Claims, other: MessageRow | None
) -> QueueRow:
    """Return a message as a list shows it; `record` is its content, `claims` are those of other sessions.

    `other` is the other message of the event.
    """
    subject, claim = subject_of(record), _claim_of(row, other, claims)
    return QueueRow(
        id=row.id,
        uid=row.uid,
        direction=str(row.direction),
        kind=row.kind,
        reference=row.reference,
        state=str(row.state),
        hold=str(row.hold) if row.hold else None,
        occurred_at=occurred_at(row, record),
        effective_at=row.effective_at,
        # A planned day lies ahead, and an `occurred_at` up to 300 s of this clock.
        waiting_seconds=max(0.0, (clock.now() - row.effective_at).total_seconds()),
        # The same words name states of notices, which have no time in which to leave.
        overdue=row.direction is Direction.OUT and row.state in UNSENT and row.effective_at < overdue_before(terminal),
        due_on=row.due_on,
        warnings=row.warnings,
        author=row.author,
        approver=row.approver,
        revision=row.revision,
        version=row.version,
        name=subject.name,
        name_kanji=subject.name_kanji,
        number=subject.number,
        matter=tuple(_matter(record)),
        deletion=record.get("action") == Action.DELETION or "category_lost" in record,
        pointer=str(row.pointer) if row.pointer else None,
        ended_at=row.state_since if row.state in DONE[row.direction] else None,
        claim=ClaimView(str(claim.task), claim.person, claim.reference) if claim is not None else None,
        other=None if other is None else _half(other),
    )


def _claim_of(row: MessageRow, other: MessageRow | None, claims: Claims) -> Claim | None:
    """Return who has the message in hand, or the other half of its pair: people decide about both at once."""
    claim = queue.claim_on(row, claims)
    if claim is None and other is not None and other.state is row.state:
        return queue.claim_on(other, claims)
    return claim


def _half(row: MessageRow) -> OtherHalf:
    return OtherHalf(row.id, row.kind, row.reference, str(row.state), row.version, row.warnings)


def subject_of(record: Mapping[str, Any]) -> AboutWhom:
    """Return whom a message is about."""
    person = record.get("person")
    known = person if isinstance(person, dict) else {}
    number = record.get("certificate_number") or record.get("card_number") or ""
    name, kanji, born, nationality = (str(known.get(item) or "") for item in _STATED)
    return AboutWhom(name, kanji, str(number), str(record.get("subject", "")), born, nationality)


def occurred_at(row: MessageRow, record: Mapping[str, Any]) -> datetime:
    """Return when the record was changed or the report taken, or what the row knows of it once it is erased."""
    return parse_moment(str(record.get("occurred_at"))) or row.effective_at


def _matter(record: Mapping[str, Any]) -> Iterable[str]:
    """Return the codes that say in one line what a message is about: action and cause, article, or changed items."""
    # Each kind of message has some of these items, and the others none.
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
