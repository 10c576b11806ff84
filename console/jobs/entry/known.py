"""What is known of a person who is about to be entered: the values that were told last, by 宛名番号 or by card number.

Nobody types a name twice that the terminal has, and a number that is typed wrongly shows as a difference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.jobs.admission import admit
from console.jobs.messages import listing
from console.jobs.residents import person, protection
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.log import Event
from store.message.canonical import decode
from store.message.codes import Action
from store.message.search import SearchPart
from store.message.states import Direction
from store.queue import QueueFilter
from store.rights import Right

_SUBJECT: Final = "subject"
_NUMBERS: Final = ("card_number", "certificate_number")
_ADDRESS: Final = "person.address"
_PREVIOUS: Final = "previous_address"
_KANJI: Final = "person.name_kanji"
# What is held against what was told last, and filled in where it is known. Who enters the register has a new card.
_TOLD: Final = frozenset(
    {"subject", "person.name", _KANJI, "person.birth_date", "person.sex", "person.nationality", _ADDRESS, _PREVIOUS}
)


@dataclass(frozen=True, slots=True)
class LastTold:
    """A value that was told last, since when, and whether the agency told it (by a notice) or this terminal."""

    value: object
    at: datetime
    notice: bool


Known = Mapping[str, LastTold]
"""What was told last of a person, by item; empty for somebody of whom nothing is here."""


def look_up(terminal: Terminal, session: Session, *, subject: str | None, number: str | None = None) -> Known:
    """Return what was told last of the person with a 宛名番号, or else with the number of a card or certificate.

    The look-up of somebody of whom something is here is recorded. A hidden address stays out. Raises RightMissing,
    SealBroken.
    """
    admit(terminal, session, Right.ENTER)
    about = terminal.vault.pseudonym(_SUBJECT, subject) if subject else _with_number(terminal, number or "")
    if about is None:
        return {}
    # A new person is looked up as well, and of nobody nothing was read: that needs no entry.
    with terminal.database.reading() as reading:
        if not queue.rows_about(reading, [about]):
            return {}
    # The entry first: if the log cannot be written, nobody looks at anything.
    with terminal.database.writing() as tx:
        terminal.log.append(tx, Event.RESIDENT_READ, actor=session.person_id, session=session.id, object=about)
    return _told_about(terminal, about)


def expected(known: Known, field: str, records: Iterable[Mapping[str, object]], *, moves: bool) -> LastTold | None:
    """Return what was told last of an item, if it is to be so in these records of an event as well.

    `moves`: one of them states, or is to state, where the person lived before.
    """
    enters = any(record.get("action") == Action.ENTRY for record in records)
    if field in _NUMBERS:
        return None if enters else known.get(field)
    # Who moves had the last address before, and has a new one now.
    if field not in _TOLD or (field == _ADDRESS and (enters or moves)):
        return None
    return known.get(_ADDRESS if field == _PREVIOUS else field)


def _told_about(terminal: Terminal, about: str) -> Known:
    with terminal.database.reading() as reading:
        rows, records = person.all_about(terminal, reading, None, about)
        hidden = any(protection.is_protected(terminal, reading, row) for row in rows)
    known = {}
    # What waits here untold counts as well: a second event of one morning follows the first.
    for words in person.last_words_of(rows, records):
        sides = [(side, side is words.theirs) for side in (words.ours, words.theirs, words.untold) if side is not None]
        last, notice = max(sides, key=lambda each: each[0].at)
        known[words.item] = LastTold(last.value, last.at, notice)
    if hidden:
        known.pop(_ADDRESS, None)
    # Newest first, so that the first message has the present 宛名番号.
    own = next((row for row in rows if _SUBJECT in records.get(row.id, {})), None)
    if own is not None:
        known[_SUBJECT] = LastTold(records[own.id][_SUBJECT], own.effective_at, notice=False)
    return known


def _with_number(terminal: Terminal, number: str) -> str | None:
    """Return the pseudonym of the only person whose messages state a number; two who do are nobody.

    No index holds the numbers of cards, so that the names and numbers of all messages are searched, as `/` does.
    """
    if not number:
        return None
    found = listing.numbers_about(terminal, [QueueFilter(Direction.OUT)], SearchPart(number))
    with terminal.database.reading() as reading:
        rows = [row for row in queue.rows_of(reading, found) if row.subject is not None]
        contents = queue.contents_of(reading, terminal.vault, [row.id for row in rows])
    # The search finds a part, and a number that only looks alike is somebody else's.
    persons = {row.subject for row in rows if row.id in contents and _states(decode(contents[row.id]), number)}
    return persons.pop() if len(persons) == 1 else None


def _states(record: Mapping[str, object], number: str) -> bool:
    return any(record.get(name) == number for name in _NUMBERS)
