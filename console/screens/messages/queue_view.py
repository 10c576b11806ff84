"""What the queue can show: the filters, the search, and the snapshot of the store that the list is drawn from."""

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from console import jobs
from console.widgets.virtual_list import BLOCK
from store.message.states import Direction, InState, OutState, State
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.messages.listing import Counts, QueueRow
    from console.session import Session
    from console.terminal import Terminal

_DIGIT: Final = re.compile(r"\d")


class Group(StrEnum):
    """What the filter offers besides single states."""

    BEING_UNDONE = "being_undone"  # messages in any state that wait for their cancellation or replacement
    UNHANDLED = "unhandled"  # notices in any state in which they wait for people


FILTERS: Final[Mapping[Direction, tuple[State | Group | None, ...]]] = MappingProxyType(
    {
        Direction.OUT: (
            None,
            OutState.REVIEW,
            OutState.APPROVED,
            OutState.HELD,
            OutState.RETURNED,
            OutState.SENDING,
            OutState.UNKNOWN,
            OutState.DELIVERED,
            OutState.REFUSED,
            OutState.ACCEPTED,
            OutState.WITHDRAWN,
            Group.BEING_UNDONE,
        ),
        Direction.IN: (
            None,
            Group.UNHANDLED,
            InState.RECEIVED,
            InState.AWAITING_SECOND,
            InState.ON_HOLD,
            InState.CONFIRMED,
            InState.EXPORTED,
            InState.APPLIED,
            InState.RETURNED,
            InState.SUPERSEDED,
        ),
    }
)
"""What the filter key shows in turn, for each direction; None shows everything.

The order is that of the work, not that of the enums: what waits for people comes first, so that few keys lead to it.
"""


@dataclass(frozen=True, slots=True)
class View:
    """What the list shows: one direction, one filter, and what was typed into the search."""

    direction: Direction = Direction.OUT
    state: State | Group | None = None
    sought: str = ""

    # One field serves both searches: references hold a digit, and names do not.

    @property
    def name(self) -> str | None:
        """The part of a name that is searched for: text without a digit."""
        return self.sought if self.sought and not _DIGIT.search(self.sought) else None

    @property
    def reference(self) -> str | None:
        """The beginning of a reference that is searched for: text with a digit, as every reference has one."""
        return self.sought if self.sought and self.name is None else None

    @property
    def being_undone(self) -> bool:
        """Whether only messages are shown that wait for their cancellation or replacement, in any state."""
        return self.state is Group.BEING_UNDONE


@dataclass(frozen=True, slots=True)
class Loaded:
    """The snapshot that the list is drawn from: the numbers of all messages, the first rows, and the counts."""

    keys: "array[int]"
    rows: Sequence["QueueRow"]
    counts: "Counts"


def snapshot(view: View, terminal: "Terminal", session: "Session") -> Loaded:
    """Return what `view` shows now; this is called in a thread of the background.

    All numbers are read at once (8 bytes each), and rows only in blocks: the list stays still under the cursor while
    other consoles change the queue, and 100,000 messages are no more to draw than a screen of them.
    """
    listing = jobs.messages.listing
    counts = listing.counts(terminal)
    # The custodian sees no personal data: for that role the queue is its counts.
    if not session.may(Right.READ):
        return Loaded(array("q"), (), counts)
    query = listing.QueueQuery(
        direction=view.direction,
        state=None if isinstance(view.state, Group) else view.state,
        reference=view.reference,
        being_undone=view.being_undone,
        unhandled=view.state is Group.UNHANDLED,
    )
    # Names are sealed, so looking for one opens every content, and is recorded in the log. References lie open.
    keys = listing.find(terminal, session, query, view.name) if view.name else listing.ids(terminal, session, query)
    # The first rows come with the numbers, so that the list is drawn only once.
    return Loaded(keys, listing.rows(terminal, session, keys[:BLOCK]), counts)
