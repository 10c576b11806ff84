"""The other message of the same event (対): found by what the contents say, since no message names the other.

What shows the two as a pair, decides about both or cancels both asks here, so that they never differ about what belongs
together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from sqlalchemy import Connection

from console.terminal import Terminal
from store import queue
from store.message.canonical import decode
from store.message.codes import Kind
from store.message.kinds import Message, message_from_record
from store.message.pairs import is_pair
from store.message.states import OutState
from store.queue import MessageRow

_KINDS = frozenset({Kind.RESIDENT_RECORD, Kind.RESIDENCE_REPORT})


def partners(terminal: Terminal, reading: Connection, rows: Iterable[MessageRow]) -> dict[int, MessageRow]:
    """Return the other message of the event of each message, by its number; those without one are left out.

    Raises SealBroken.
    """
    # Only two kinds make pairs, and nobody's messages have no others beside them.
    asked = [row for row in rows if row.kind in _KINDS and row.subject is not None]
    beside = queue.of_one_moment(reading, [row.id for row in asked])
    # Most messages have nothing beside them, so that no content is opened.
    groups = {row.id: [row, *filter(_stands, beside[row.id])] for row in asked if row.id in beside}
    numbers = {member.id for group in groups.values() for member in group}
    contents = queue.contents_of(reading, terminal.vault, sorted(numbers))
    messages = {number: message_from_record(decode(content)) for number, content in contents.items()}
    found = ((number, _partner_in(group, messages)) for number, group in groups.items())
    return {number: other for number, other in found if other is not None}


def partner(terminal: Terminal, reading: Connection, row: MessageRow) -> MessageRow | None:
    """Return the other message of the event that `row` is about, or None when there is none. Raises SealBroken."""
    return partners(terminal, reading, [row]).get(row.id)


def second_halves(halves: Iterable[tuple[int, int | None]]) -> set[int]:
    """Return the messages that come after the other half of their pair, which has the row of both in a list.

    `halves` are the messages in the order of the list, each with its other half (None: it has a row of its own).
    """
    above, second = set[int](), set[int]()
    for number, other in halves:
        # The half that comes first keeps the row, whatever the order: so the first rows never depend on those below.
        if other in above:
            second.add(number)
        above.add(number)
    return second


def _stands(row: MessageRow) -> bool:
    return row.kind in _KINDS and row.state is not OutState.WITHDRAWN


def _partner_in(group: Sequence[MessageRow], messages: Mapping[int, Message]) -> MessageRow | None:
    """Return what belongs to the first message of a group of one person and moment.

    Two that would fit either of them, such as a report that was taken in twice: people tell those apart.
    """
    pairs = list(_pairs_in([row for row in group if row.id in messages], messages))
    fits = Counter(half.id for pair in pairs for half in pair)
    own = next((pair for pair in pairs if group[0] in pair), None)
    if own is None or max(fits[half.id] for half in own) > 1:
        return None
    return own[1] if own[0] is group[0] else own[0]


def _pairs_in(group: Sequence[MessageRow], messages: Mapping[int, Message]) -> Iterator[tuple[MessageRow, MessageRow]]:
    records = [row for row in group if row.kind == Kind.RESIDENT_RECORD]
    reports = [row for row in group if row.kind == Kind.RESIDENCE_REPORT]
    return (pair for pair in product(records, reports) if is_pair(*(messages[half.id] for half in pair)))
