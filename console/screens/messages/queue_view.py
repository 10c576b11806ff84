"""What the queue can show: a list of work or chosen states, in an order; and the rows that the list is drawn from."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from console import jobs
from console.widgets.virtual_list import BLOCK
from store.message.states import UNSENT, Direction, State, state_of
from store.message.worklists import PARTS, Sort, WorkList, WorkPart
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.messages.listing import Counts, QueueRow
    from console.jobs.residents.hits import Hits
    from console.jobs.work.lists import Wanted
    from console.session import Session
    from console.terminal import Terminal


class Mark(StrEnum):
    """What the filter can ask for besides states and kinds."""

    OVERDUE = "overdue"
    WARNED = "warned"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class View:
    """What the list shows.

    `states` (such as `out.held`) are chosen in the filter and take the place of the list of work. `sought` was typed
    into the search, which looks through everything.
    """

    work: WorkList = WorkList.TODO
    states: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    marks: frozenset[Mark] = frozenset()
    sought: str = ""
    sort: Sort = Sort.URGENCY
    backward: bool = False

    @property
    def filtered(self) -> bool:
        """Whether something was chosen in the filter."""
        return bool(self.states or self.kinds or self.marks)

    @property
    def parts(self) -> tuple[WorkPart, ...]:
        """What the list is made of."""
        parts = tuple(_chosen_parts(self.states)) if self.states else PARTS[self.work]
        return tuple(_late(parts)) if Mark.OVERDUE in self.marks else parts


@dataclass(frozen=True, slots=True)
class Begun:
    """The beginning of a list: the numbers and rows of the first messages; `whole`: there are no others.

    The second half of a pair has no row of its own, so that there may be more `messages` than rows. `hits` are what a
    search has found.
    """

    keys: "array[int]"
    rows: Sequence["QueueRow"]
    whole: bool
    messages: int
    hits: "Hits | None" = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The rest: the number of each row, for how many messages they stand, and the counts of all lists.

    Without numbers, they are known already.
    """

    keys: "array[int] | None"
    messages: int
    counts: "Counts"
    hits: "Hits | None" = None


def begin(view: View, apart: frozenset[int], terminal: "Terminal", session: "Session") -> Begun:
    """Return how the list of `view` begins; this and `complete` are called in a thread of the background.

    The first rows never wait for the numbers of all, which take 0.3 s for a million messages. Pairs that the person
    took `apart` have a row for each half.
    """
    # The custodian sees no personal data: for that role the queue is its counts.
    if not session.may(Right.READ):
        return Begun(array("q"), (), whole=True, messages=0)
    if view.sought:
        hits = jobs.residents.hits.find(terminal, session, view.sought, apart)
        rows = rows_of(hits, terminal, session, hits.numbers[:BLOCK])
        return Begun(hits.numbers, rows, whole=True, messages=hits.messages, hits=hits)
    first = jobs.work.lists.first(terminal, session, wanted(view, session), BLOCK)
    second = jobs.messages.partners.second_halves(
        (row.id, row.pair.id if row.pair is not None and row.id not in apart else None) for row in first.rows
    )
    rows = [row for row in first.rows if row.id not in second]
    return Begun(array("q", (row.id for row in rows)), rows, first.whole, len(first.rows))


def complete(view: View, apart: frozenset[int], terminal: "Terminal", session: "Session", *, known: bool) -> Completed:
    """Return the counts, and unless they are `known` the numbers of all messages of `view`.

    Rows come in blocks: the list stays still under the cursor while other consoles change the queue, and 100,000
    messages are no more to draw than a screen of them.
    """
    counts = jobs.messages.listing.counts(terminal)
    if known or not session.may(Right.READ):
        return Completed(None, 0, counts)
    if view.sought:
        hits = jobs.residents.hits.find(terminal, session, view.sought, apart)
        return Completed(hits.numbers, hits.messages, counts, hits)
    lists = jobs.work.lists
    every = lists.numbers(terminal, session, wanted(view, session))
    return Completed(lists.folded(terminal, session, every, apart), len(every), counts)


def rows_of(
    hits: "Hits | None", terminal: "Terminal", session: "Session", numbers: Sequence[int]
) -> Sequence["QueueRow"]:
    """Return the rows with these numbers; of `hits`, each with the person whom it begins."""
    if hits is None:
        return jobs.messages.listing.rows(terminal, session, numbers)
    return jobs.residents.hits.rows(terminal, session, numbers, hits.tellers)


def wanted(view: View, session: "Session") -> "Wanted":
    """Return what to ask the queue for."""
    return jobs.work.lists.Wanted(
        view.parts,
        view.kinds,
        warned=Mark.WARNED in view.marks,
        author=session.person_id if Mark.OWN in view.marks else None,
        sort=view.sort,
        backward=view.backward,
    )


def _chosen_parts(states: frozenset[str]) -> Iterator[WorkPart]:
    """Yield one part for each direction, which its messages share in the order of time."""
    for direction in Direction:
        chosen: frozenset[State] = frozenset(
            state_of(direction, name) for way, _, name in (state.partition(".") for state in states) if way == direction
        )
        if chosen:
            yield WorkPart(direction, chosen)


def _late(parts: Sequence[WorkPart]) -> Iterator[WorkPart]:
    """Yield what of the parts is not sent in time: only what still waits here can be late."""
    for part in parts:
        states = part.states & UNSENT if part.states else UNSENT
        if part.direction is Direction.OUT and part.overdue is not False and states:
            yield part._replace(states=states, overdue=True)
