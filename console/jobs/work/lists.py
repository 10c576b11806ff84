"""The rows of a list of work: the first of them at once, and the numbers of all in the order that people choose."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from console.jobs.admission import admit
from console.jobs.messages import listing
from console.jobs.messages.partners import partners, second_halves
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.message.canonical import decode
from store.message.codes import INCOMING, Kind
from store.message.states import Direction, InState, OutState, State
from store.message.worklists import Sort, WorkPart
from store.queue import Order, QueueFilter
from store.rights import Right

# Filters whose messages are merged by one order; the messages of the next segment all follow.
_Segment = Sequence[QueueFilter]
MOST_FOLDED = 3000
"""So many messages of a list are looked at for pairs: what a person pages through, and what opens in half a second."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shows: parts of the queue, what of them, and in which order.

    Empty `kinds` let all kinds through. `warned`: only messages with warnings. `author`: only what they entered.
    """

    parts: tuple[WorkPart, ...]
    kinds: frozenset[str] = frozenset()
    warned: bool = False
    author: str | None = None
    sort: Sort = Sort.URGENCY
    backward: bool = False


@dataclass(frozen=True, slots=True)
class First:
    """The first rows of a list, and whether they are all of it."""

    rows: list[listing.QueueRow]
    whole: bool


def first(terminal: Terminal, session: Session, wanted: Wanted, limit: int) -> First:
    """Return the first rows of a list. Raises RightMissing, SealBroken.

    Each segment is asked for no more than is missing, along its index: the length of the list does not matter.
    """
    admit(terminal, session, Right.READ)
    # Names are sealed, so that their order is known only when all of them are open.
    if wanted.sort is Sort.NAME:
        known = numbers(terminal, session, wanted)
        return First(listing.rows(terminal, session, known[:limit]), len(known) <= limit)
    found: list[int] = []
    with terminal.database.reading() as reading:
        for segment in _segments(terminal, wanted):
            # One more than wanted tells whether these are all.
            order, missing = _order(wanted), limit + 1 - len(found)
            rows = [row for chosen in segment for row in queue.page(reading, chosen, order, limit=missing)]
            rows.sort(key=lambda row: queue.place_of(row, QueueFilter(reference=_by(wanted))), reverse=wanted.backward)
            found += [row.id for row in rows[:missing]]
            if len(found) > limit:
                break
    return First(listing.rows(terminal, session, found[:limit]), len(found) <= limit)


def numbers(terminal: Terminal, session: Session, wanted: Wanted) -> "array[int]":
    """Return the numbers of all messages of a list in its order, 8 bytes each. Raises RightMissing, SealBroken."""
    admit(terminal, session, Right.READ)
    found = array("q")
    with terminal.database.reading() as reading:
        for segment in _segments(terminal, wanted):
            found.extend(queue.ids_of_all(reading, segment, _order(wanted)))
        if wanted.sort is Sort.NAME:
            contents = queue.contents_of(reading, terminal.vault, found)
            names = {number: listing.subject_of(decode(content)).name for number, content in contents.items()}
            found = array("q", sorted(found, key=lambda number: names.get(number, ""), reverse=wanted.backward))
    return found


def folded(
    terminal: Terminal, session: Session, known: "array[int]", apart: frozenset[int] = frozenset()
) -> "array[int]":
    """Return the numbers of a list without the second halves of its pairs. Raises RightMissing, SealBroken.

    Both halves stay of pairs that people took `apart`. Only contents tell what a pair is, so that no more than
    `MOST_FOLDED` messages are asked: the halves of pairs further down have a row each, which still means both.
    """
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        rows = queue.rows_of(reading, known[:MOST_FOLDED])
        others = partners(terminal, reading, rows)
    # In different states, each half waits for somebody else.
    pairs = {row.id: other.id for row in rows if (other := others.get(row.id)) is not None and other.state is row.state}
    second = second_halves((row.id, None if row.id in apart else pairs.get(row.id)) for row in rows)
    return array("q", (number for number in known if number not in second)) if second else known


def count_states(terminal: Terminal) -> dict[str, int]:
    """Return how many messages are in each state, such as `out.held`; that is nothing personal."""
    with terminal.database.reading() as reading:
        numbers = queue.counts(reading)
    every: list[tuple[Direction, State]] = [(Direction.OUT, state) for state in OutState]
    every += [(Direction.IN, state) for state in InState]
    return {f"{direction}.{state}": numbers.get((direction, state), 0) for direction, state in every}


def count_kinds(terminal: Terminal, session: Session, wanted: Wanted) -> dict[str, int]:
    """Return how many messages of each kind a list holds. Raises RightMissing."""
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        return {
            kind: sum(queue.count(reading, chosen) for part in wanted.parts for chosen in _of(terminal, part, kind))
            for kind in Kind
        }


def _segments(terminal: Terminal, wanted: Wanted) -> Sequence[_Segment]:
    """Return the filters of a list: one segment for each part or kind, or one for all in the order of one column."""
    kinds = [kind for kind in Kind if not wanted.kinds or kind in wanted.kinds]
    # A list of all kinds asks once for each part, not once for each kind.
    asked: list[Kind | None] = [*kinds] if wanted.kinds else [None]
    if wanted.sort is Sort.URGENCY:
        segments = [
            [each for kind in asked for each in _filters(terminal, wanted, part, kind)] for part in wanted.parts
        ]
    elif wanted.sort is Sort.KIND:
        segments = [
            [each for part in wanted.parts for each in _filters(terminal, wanted, part, kind)] for kind in kinds
        ]
    else:
        segments = [
            [each for part in wanted.parts for kind in asked for each in _filters(terminal, wanted, part, kind)]
        ]
    filled = [segment for segment in segments if segment]
    return filled[::-1] if wanted.backward else filled


def _filters(terminal: Terminal, wanted: Wanted, part: WorkPart, kind: Kind | None) -> Iterator[QueueFilter]:
    for chosen in _of(terminal, part, kind):
        yield replace(chosen, reference=_by(wanted), warned=wanted.warned, author=wanted.author)


def _of(terminal: Terminal, part: WorkPart, kind: Kind | None = None) -> Iterator[QueueFilter]:
    """Yield the filter of a part; none where its direction has no such kind."""
    if kind is not None and (kind in INCOMING) is not (part.direction is Direction.IN):
        return
    # What is late by now: the moment moves on with each question, as the messages do.
    moment = listing.overdue_before(terminal)
    yield QueueFilter(
        part.direction,
        part.states,
        kind=kind,
        overdue_before=moment if part.overdue is True else None,
        since=moment if part.overdue is False else None,
        being_undone=part.being_undone,
    )


def _by(wanted: Wanted) -> str | None:
    """Return the beginning of all references where the list is in their order."""
    return "" if wanted.sort is Sort.NUMBER else None


def _order(wanted: Wanted) -> Order:
    return Order.NEWEST if wanted.backward else Order.OLDEST
