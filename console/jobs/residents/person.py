"""Everything about one person (この人): the messages and notices in the order of time, and what each side told last.

Messages know their person by the 宛名番号, and notices by the number of a card. Which notices belong to which messages
is decided as everywhere: by number *and* name, birth date, sex and nationality (`store.message.matching`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages import listing
from console.jobs.messages.partners import partners, second_halves
from console.jobs.residents import protection
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.message.canonical import decode
from store.message.codes import NoticeItem
from store.message.groups import Subject, value_at
from store.message.kinds import AgencyNotice
from store.message.matching import is_about, numbers_of
from store.message.search import SearchPart
from store.message.states import SENT, UNSENT, Direction, InState, OutState, Pointer
from store.queue import MessageRow, QueueFilter
from store.rights import Right

_MOST: Final = 500  # More messages than anybody has; a list of them all still opens at once.
_NUMBERS: Final = ("card_number", "certificate_number")
ITEMS: Final = (
    "person.name",
    "person.name_kanji",
    "person.birth_date",
    "person.sex",
    "person.nationality",
    "person.address",
    "category",
    "status_of_residence",
    "period_of_stay",
    "expiry_date",
    *_NUMBERS,
)
"""The items of which the page says what was told last."""

Records = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StatedValue:
    """What a message says of an item, since when, and the message's number."""

    value: object
    at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class LastWord:
    """An item: what we told last, what the agency told last, and what we have entered and not told (None: nothing)."""

    item: str
    ours: StatedValue | None
    theirs: StatedValue | None
    untold: StatedValue | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person: who it is by the newest message, the former numbers, what was told, and the rows, newest first.

    `subject` is the 宛名番号, empty for somebody of whom only notices are here. `messages` counts what the rows stand
    for. `protected`: the address is hidden in all that is here.
    """

    subject: str
    newest: Mapping[str, Any]
    former: tuple[str, ...]
    last_words: tuple[LastWord, ...]
    rows: Sequence[listing.QueueRow]
    messages: int
    protected: bool


def person(terminal: Terminal, session: Session, number: int) -> PersonView:
    """Return everything about the person of a message or notice, and record the look-up.

    Raises RightMissing, MessageMissing, SealBroken, RowSealBroken.
    """
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        asked = queue.get(reading, number)
        queue.refuse_unsound(reading, terminal.vault, asked)
        contents = queue.contents_of(reading, terminal.vault, [number])
    subject = asked.subject if asked.direction is Direction.OUT else subject_of(terminal, contents.get(number))
    # The entry first: if the log cannot be written, nobody looks at anything.
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx, Event.RESIDENT_READ, actor=session.person_id, session=session.id, object=subject or asked.uid
        )
    with terminal.database.reading() as reading:
        return _person(terminal, session, reading, asked, subject)


def _person(
    terminal: Terminal, session: Session, reading: Connection, asked: MessageRow, subject: str | None
) -> PersonView:
    rows, records = all_about(terminal, reading, asked, subject)
    protected = any(protection.is_protected(terminal, reading, row) for row in rows)
    # Before anything is taken out of them: neither table nor header can show what they do not hold.
    if protected:
        records = {number: protection.without_address(record) for number, record in records.items()}
    # The rows are those of every list, so that a pair or somebody's claim looks the same wherever it is met.
    claims, others = queue.claims_of_others(reading, session.id, clock.now()), partners(terminal, reading, rows)
    shown = [listing.row_of(terminal, row, records.get(row.id, {}), claims, others.get(row.id)) for row in rows]
    second = second_halves((row.id, None if row.pair is None else row.pair.id) for row in shown)
    newest = next((records[row.id] for row in rows if "person" in records.get(row.id, {})), {})
    last_words = tuple(last_words_of(rows, records))
    return PersonView(
        subject=next((str(record["subject"]) for record in records.values() if "subject" in record), ""),
        newest=newest,
        former=tuple(_former(rows, records, last_words)),
        last_words=last_words,
        rows=[row for row in shown if row.id not in second],
        messages=len(rows),
        protected=protected,
    )


def all_about(
    terminal: Terminal, reading: Connection, asked: MessageRow | None, subject: str | None
) -> tuple[list[MessageRow], Records]:
    """Return the messages of the 宛名番号 and the notices about the same person, newest first, with their contents.

    A notice that is `asked` about is among them, whatever number it has.
    """
    pseudonym = terminal.vault.pseudonym
    own = queue.rows_about(reading, [subject]) if subject else []
    records = records_of(terminal, reading, (row.id for row in own))
    persons, numbers = persons_and_numbers(records.values())
    notices = queue.rows_about(reading, [pseudonym("number", number) for number in numbers]) if numbers else []
    if asked is not None and asked.direction is Direction.IN:
        notices = [*notices, asked, *queue.notices_beside(reading, asked)]
    received = records_of(terminal, reading, (row.id for row in notices))
    first = None if asked is None else asked.id
    found = {row.id: row for row in notices if row.id == first or is_theirs(received.get(row.id), persons, numbers)}
    # Newest first; of one moment as they were taken in, so that the record comes before the residence of its pair.
    rows = sorted((*own, *found.values()), key=lambda row: row.id)
    rows.sort(key=lambda row: row.effective_at, reverse=True)
    return rows[:_MOST], {**records, **received}


def records_of(terminal: Terminal, reading: Connection, numbers: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Return the contents of the messages with these numbers, without erased ones. Raises SealBroken."""
    contents = queue.contents_of(reading, terminal.vault, numbers)
    return {number: decode(content) for number, content in contents.items()}


def persons_and_numbers(messages: Iterable[Mapping[str, Any]]) -> tuple[list[Subject], set[str]]:
    """Return how our messages about a person state the person, and the numbers of cards and certificates in them."""
    records = list(messages)
    numbers = {str(record[name]) for record in records for name in _NUMBERS if name in record}
    return [Subject.from_record(record["person"]) for record in records if "person" in record], numbers


def is_theirs(record: Mapping[str, Any] | None, persons: Iterable[Subject], numbers: Collection[str]) -> bool:
    """Tell whether the notice with this content is about the person whom `persons_and_numbers` tells of."""
    # An erased notice tells nothing of its person any more.
    if record is None:
        return False
    notice = AgencyNotice.from_record(record)
    return any(is_about(notice, known, numbers) for known in persons)


def subject_of(terminal: Terminal, content: bytes | None) -> str | None:
    """Return the pseudonym of the person of a notice, if exactly one person of our messages is the notice's.

    No index leads from the number of a card to a message, so that people of that name are looked through.
    """
    if content is None:
        return None
    notice = AgencyNotice.from_record(decode(content))
    # A newborn without a name cannot be looked for, and who has no number is matched with nobody.
    if not notice.person.name or not numbers_of(notice):
        return None
    numbers = listing.numbers_about(terminal, [QueueFilter(Direction.OUT)], SearchPart(notice.person.name))
    with terminal.database.reading() as reading:
        rows = [row for row in queue.rows_of(reading, numbers) if row.subject is not None]
        records = records_of(terminal, reading, (row.id for row in rows))
    # Two who fit are nobody: a page that mixed two people would be worse than none.
    found = {row.subject for row in rows if row.id in records and _names(records[row.id], notice)}
    return found.pop() if len(found) == 1 else None


def _names(record: Mapping[str, Any], notice: AgencyNotice) -> bool:
    persons, numbers = persons_and_numbers([record])
    return any(is_about(notice, person, numbers) for person in persons)


# ── What each side told last ──────────────────────────────────────────────────────────────────────


def last_words_of(rows: Sequence[MessageRow], records: Records) -> Iterator[LastWord]:
    """Yield the items of which anything is known; `rows` are the newest first."""
    undone = {
        (row.kind, row.target) for row in rows if row.pointer is Pointer.CANCELS and row.state is OutState.ACCEPTED
    }
    # What was cancelled was never said, as far as the register is concerned.
    out = [row for row in rows if row.direction is Direction.OUT and (row.kind, row.reference) not in undone]
    sent = [row for row in out if row.state in SENT and row.pointer is not Pointer.CANCELS]
    waiting = [row for row in out if row.state in UNSENT or row.state is OutState.REFUSED]
    received = [row for row in rows if row.direction is Direction.IN and row.state is not InState.SUPERSEDED]
    for item in ITEMS:
        ours = _newest(sent, records, item)
        theirs = _newest(received, records, item)
        untold = _newest(waiting, records, item)
        last = max((side for side in (ours, theirs) if side is not None), key=lambda side: side.at, default=None)
        # What waits here and says the same is no difference, and neither is what was entered before the last word.
        if untold is not None and last is not None and (untold.value == last.value or untold.at < last.at):
            untold = None
        if ours or theirs or untold:
            yield LastWord(item, ours, theirs, untold)


def _former(rows: Sequence[MessageRow], records: Records, last_words: Iterable[LastWord]) -> Iterator[str]:
    """Yield the numbers that the person had before, the last of them first."""
    numbers = (each for each in last_words if each.item in _NUMBERS)
    sides = [side for each in numbers for side in (each.ours, each.theirs) if side is not None]
    stated = dict.fromkeys(
        str(records[row.id][name]) for row in rows for name in _NUMBERS if name in records.get(row.id, {})
    )
    # Of somebody of whom nothing was told yet, the newest message has the present number.
    present = max(sides, key=lambda side: side.at).value if sides else next(iter(stated), None)
    yield from (number for number in stated if number != present)


def _newest(rows: Iterable[MessageRow], records: Records, item: str) -> StatedValue | None:
    for row in rows:
        value = _value_in(records.get(row.id, {}), row.direction, item)
        if value is not None:
            return StatedValue(value, row.effective_at, row.reference)
    return None


def _value_in(record: Mapping[str, Any], direction: Direction, item: str) -> object:
    if direction is Direction.OUT:
        return value_at(record, item)
    # A notice tells what it changes; the rest of it only says whom it is about.
    name = item.rpartition(".")[2]
    if name not in set(NoticeItem):
        return None
    return next((change.get("after") for change in record.get("changes", ()) if change.get("item") == name), None)
