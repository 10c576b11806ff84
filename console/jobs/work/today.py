"""What needs this person today (今日の仕事): the lists of work, whose turn each is, and the last weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from console.jobs.admission import admit
from console.jobs.messages import listing
from console.jobs.work import lists
from console.session import Session
from console.terminal import Terminal
from store import clock, workload
from store.message.worklists import PARTS, WorkList
from store.people.drafts import count_drafts
from store.rights import Right

# Who can do what a list waits for. A list of somebody else's is told as well, in fewer words.
_TURNS: Final[Mapping[WorkList, Right]] = MappingProxyType(
    {
        WorkList.RETURNED: Right.ENTER,
        WorkList.REVIEW: Right.APPROVE,
        WorkList.OVERDUE: Right.APPROVE,
        WorkList.UNKNOWN: Right.EXCHANGE,
        WorkList.REFUSED: Right.ENTER,
        WorkList.BEING_UNDONE: Right.EXCHANGE,
        WorkList.RECEIVED: Right.CONFIRM,
        WorkList.SECOND: Right.CONFIRM,
    }
)
_WEEKS: Final = 4


@dataclass(frozen=True, slots=True)
class Due:
    """A list of work: how many messages it holds, and the one that has waited longest (None: it is not told)."""

    work: WorkList
    count: int
    oldest: listing.QueueRow | None


@dataclass(frozen=True, slots=True)
class Today:
    """What this person can do, what others can, and the days of the last weeks, from a Monday on.

    `drafts` is how many entries the person has begun and not registered.
    """

    day: date
    yours: Sequence[Due]
    others: Sequence[Due]
    counts: listing.Counts
    drafts: int
    days: Sequence[workload.Day]


def today(terminal: Terminal, session: Session) -> Today:
    """Return the work of today. Raises RightMissing, SealBroken."""
    admit(terminal, session, Right.READ)
    counts, day = listing.counts(terminal), clock.day_in_japan(clock.now())
    filled = [work for work in _TURNS if getattr(counts, work)]
    mine = [work for work in filled if session.may(_TURNS[work])]
    with terminal.database.reading() as reading:
        # From a Monday on, so that the weeks stand below each other.
        monday = day - timedelta(days=day.weekday())
        drafts = count_drafts(reading, session.person_id)
        days = workload.of_days(reading, monday - timedelta(weeks=_WEEKS - 1), day)
    return Today(
        day,
        [Due(work, getattr(counts, work), _oldest(terminal, session, work)) for work in mine],
        [Due(work, getattr(counts, work), None) for work in filled if work not in mine],
        counts,
        drafts,
        days,
    )


def _oldest(terminal: Terminal, session: Session, work: WorkList) -> listing.QueueRow | None:
    """Return the message of a list that has waited longest; of what was returned, this person's own come first."""
    # Whoever wrote it knows the case, and mends it soonest.
    authors = (session.person_id, None) if work is WorkList.RETURNED else (None,)
    for author in authors:
        rows = lists.first(terminal, session, lists.Wanted(PARTS[work], author=author), 1).rows
        if rows:
            return rows[0]
    return None
