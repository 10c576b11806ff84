"""The other message of the same event (対): found by what the contents say, since no message names the other.

What shows the two as a pair, decides about both or cancels both asks here, so that they never differ about what belongs
together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from console.jobs.residents import protection
from console.terminal import Terminal
from store import queue
from store.message.canonical import decode
from store.message.checks.rules import RULES, Finding
from store.message.codes import Kind
from store.message.contradictions import COMPARED
from store.message.kinds import Message, message_from_record
from store.message.pairs import is_pair, items_apart
from store.message.states import Direction, OutState, Pointer
from store.queue import MessageKey, MessageRow

_KINDS = frozenset({Kind.RESIDENT_RECORD, Kind.RESIDENCE_REPORT})
_APART: Final = RULES["pair_differs"]
_IN_VAIN: Final = frozenset({OutState.WITHDRAWN, OutState.REFUSED})


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What the other half of an event says now, beside a message that corrects one half."""

    id: int
    reference: str
    record: Mapping[str, Any]

    def findings(self, record: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return a warning for each item of which the corrected half would say something else."""
        facts = MappingProxyType({"other": self.reference})
        # Of what stands beside it, name and number are compared anyway; what replaces another is not.
        compared = () if record.get(Pointer.REPLACES) else COMPARED
        fields = (field for field in items_apart(record, self.record) if field not in compared)
        return tuple(Finding(field, _APART.name, _APART.severity, facts) for field in fields)

    def without_address(self) -> "Counterpart":
        """Return it as it is shown where the address of the person is hidden."""
        return replace(self, record=protection.without_address(self.record))


def counterpart(terminal: Terminal, reading: Connection, row: MessageRow) -> Counterpart | None:
    """Return what stands beside a message that is corrected or corrects another: the other half, as it is now.

    None without a pair, or when the other half is cancelled. Raises SealBroken.
    """
    # A correction has a moment of its own, so that its pair is found by the message that it corrects.
    halves = (partner(terminal, reading, each) for each in _line_of(reading, row))
    other = next((half for half in halves if half is not None), None)
    now = None if other is None else _in_its_place(reading, other)
    if now is None:
        return None
    content = queue.contents_of(reading, terminal.vault, [now.id]).get(now.id)
    return None if content is None else Counterpart(now.id, now.reference, decode(content))


def beside_correction(terminal: Terminal, reading: Connection, row: MessageRow) -> Counterpart | None:
    """Return what `counterpart` does for a message that replaces another or has a new content; else None."""
    corrects = row.pointer is Pointer.REPLACES or row.revision > 1
    return counterpart(terminal, reading, row) if corrects else None


def _line_of(reading: Connection, row: MessageRow) -> Iterator[MessageRow]:
    """Yield a message, the one that it replaces, and so on to the first."""
    if row.kind not in _KINDS or row.direction is not Direction.OUT:
        return
    seen = set[int]()
    # A message cannot replace itself by a detour; a table that was tampered with could say so.
    while row.id not in seen:
        seen.add(row.id)
        yield row
        key = MessageKey(row.kind, row.target or "")
        known = queue.known(reading, Direction.OUT, [key]).get(key) if row.pointer is Pointer.REPLACES else None
        if known is not None:
            row = queue.get(reading, known.id)


def _in_its_place(reading: Connection, row: MessageRow) -> MessageRow | None:
    """Return the message that stands in the place of one that was replaced, or None where it was cancelled."""
    seen = set[int]()
    while row.id not in seen:
        seen.add(row.id)
        for later in queue.pointing_at(reading, row):
            if later.state in _IN_VAIN:
                continue
            if later.pointer is Pointer.CANCELS:
                return None
            row = later
    return row


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
