"""What a search has found, person by person: whose messages the rows of the list are, and how many people there are."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from console.jobs.messages import listing
from console.jobs.residents.person import Records, is_theirs, persons_and_numbers, records_of
from console.jobs.work import lists
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.message.codes import Kind
from store.message.kinds import AgencyNotice
from store.message.matching import numbers_of
from store.message.states import Direction
from store.queue import MessageRow

_MOST_OPENED: Final = 500
"""Of so many messages the contents are opened to put notices to their person: more than anybody reads through."""
_TELLING: Final = frozenset({Kind.RESIDENT_RECORD, Kind.RESIDENCE_REPORT})


@dataclass(frozen=True, slots=True)
class Hits:
    """The rows that were found, 8 bytes each, and for how many messages they stand.

    `starts` are the indices of the rows with which another person begins. `tellers` has the message that tells best who
    it is, for each of those rows.
    """

    numbers: "array[int]"
    messages: int
    starts: "array[int]"
    tellers: Mapping[int, int]


def find(terminal: Terminal, session: Session, text: str, apart: frozenset[int] = frozenset()) -> Hits:
    """Return everything about the people who are meant by `text`, and record the search. Raises SealBroken.

    The person of whom something came last stands first. Pairs that are not taken `apart` have one row.
    """
    found = listing.find(terminal, session, listing.QueueQuery(), text)
    with terminal.database.reading() as reading:
        records = records_of(terminal, reading, found) if len(found) <= _MOST_OPENED else {}
        people = list(_by_person(queue.rows_of(reading, found), records))
    every = array("q", (row.id for group in people for row in group))
    numbers = lists.folded(terminal, session, every, apart)
    places = {number: index for index, number in enumerate(numbers)}
    # The first message of a person never is the second half of a pair.
    tellers = {group[0].id: _teller(group) for group in people}
    return Hits(numbers, len(every), array("q", (places[number] for number in tellers)), tellers)


def rows(
    terminal: Terminal, session: Session, numbers: Sequence[int], tellers: Mapping[int, int]
) -> list[listing.QueueRow]:
    """Return the rows with these numbers; those in `tellers` begin a person, and have a heading."""
    found = listing.rows(terminal, session, numbers)
    telling = {row.id: tellers[row.id] for row in found if row.id in tellers}
    with terminal.database.reading() as reading:
        records = records_of(terminal, reading, telling.values())
    headings = {number: listing.subject_of(records.get(teller, {})) for number, teller in telling.items()}
    return [replace(row, heading=headings.get(row.id)) for row in found]


def _by_person(newest: Sequence[MessageRow], records: Records) -> Iterable[Sequence[MessageRow]]:
    """Return the messages of each person, and their notices where `records` has the contents that tell whose they are.

    A notice of which just one person among those found can be the subject stands there, any other by itself.
    """
    groups = defaultdict[str, list[MessageRow]](list)
    known = _Known(newest, records)
    for row in newest:
        groups[known.name_of(row)].append(row)
    for group in groups.values():
        # Of one moment as they were taken in, so that the record comes before the residence of its pair.
        group.sort(key=lambda row: row.id)
        group.sort(key=lambda row: row.effective_at, reverse=True)
    return groups.values()


class _Known:
    """The people of the messages that were found, by the numbers of their cards and certificates."""

    def __init__(self, rows: Iterable[MessageRow], records: Records) -> None:
        self._records = records
        stated = defaultdict[str, list[Mapping[str, Any]]](list)
        for row in rows:
            if row.direction is Direction.OUT and row.id in records:
                stated[row.subject or row.uid].append(records[row.id])
        self._people = {name: persons_and_numbers(messages) for name, messages in stated.items()}
        self._holders = defaultdict[str, set[str]](set)
        for name, (_, numbers) in self._people.items():
            for number in numbers:
                self._holders[number].add(name)

    def name_of(self, row: MessageRow) -> str:
        """Return a name under which all about one person stands together."""
        record = self._records.get(row.id)
        if row.direction is Direction.OUT or record is None:
            return row.subject or row.uid
        numbers = numbers_of(AgencyNotice.from_record(record))
        held = set[str]().union(*(self._holders[number] for number in numbers if number in self._holders))
        owners = [name for name in held if is_theirs(record, *self._people[name])]
        # A number alone means nobody: another person may state it by mistake.
        stated = listing.subject_of(record)
        return owners[0] if len(owners) == 1 else f"{row.subject or row.uid} {stated.name} {stated.birth_date}"


def _teller(group: Sequence[MessageRow]) -> int:
    """Return the newest message that states name, number and nationality, which some kinds do not."""
    return next((row.id for row in group if row.kind in _TELLING), group[0].id)
