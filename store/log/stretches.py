"""From times to numbers: where in the log the entries of a time are, although the clock may have stepped back.

The entries about steps cut the log into stretches, and within each the times never run backwards. So a binary search
over the numbers of a stretch finds a time. An index by time would do the same, but each new entry would have to be
written to it. The times at both ends of a stretch are read with it, so that most stretches need no search at all.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select

from store.log.entries import ENTRIES
from store.log.events import Event


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers of entries whose times never run backwards, and the times of the first and the last of them.

    `ends` is None where the last one is missing, as somebody may have taken it out of the database.
    """

    numbers: range
    begins: datetime
    ends: datetime | None

    def place(self, reading: Connection, moment: datetime) -> int:
        """Return the number of its first entry at `moment` or later; the number after the last when there is none."""

        def time(seq: int) -> datetime:
            # Where the last ones are missing, they count as late enough: an entry before them may be the first.
            entry = self.entry(reading, seq)
            return moment if entry is None else entry.at

        if moment <= self.begins:
            return self.numbers.start
        if self.ends is not None and moment > self.ends:
            return self.numbers.stop
        return self.numbers.start + bisect_left(self.numbers, moment, key=time)

    def entry(self, reading: Connection, seq: int) -> Row[Any, Any] | None:
        """Return number and time of its first entry from `seq` on: where a tampered log has a gap, what follows it."""
        return reading.execute(_ENTRY, {"seq": seq, "stop": self.numbers.stop}).one_or_none()


_BEFORE: Final = ENTRIES.alias("entry_before")
_STEPS: Final = (
    select(ENTRIES.c.seq, ENTRIES.c.at, _BEFORE.c.at.label("before"))
    .join_from(ENTRIES, _BEFORE, _BEFORE.c.seq == ENTRIES.c.seq - 1, isouter=True)
    .where(ENTRIES.c.event == Event.CLOCK_STEPPED)
    .order_by(ENTRIES.c.seq)
)
_END: Final = select(ENTRIES.c.seq, ENTRIES.c.at).limit(1)
_ENTRY: Final = _END.where(ENTRIES.c.seq >= bindparam("seq"), ENTRIES.c.seq < bindparam("stop")).order_by(ENTRIES.c.seq)


def stretches(reading: Connection) -> list[Stretch]:
    """Return the stretches of the log, in the order of their numbers."""
    first = _end(reading, _END.order_by(ENTRIES.c.seq))
    last = _end(reading, _END.order_by(ENTRIES.c.seq.desc()))
    if first is None:
        return []
    # A step at the very beginning, where what was before it is pruned, cuts off a stretch without entries.
    steps = reading.execute(_STEPS).all()
    numbers = [range(start, stop) for start, stop in pairwise([first.seq, *(step.seq for step in steps), last.seq + 1])]
    begins = [first.at, *(step.at for step in steps)]
    ends = [*(step.before for step in steps), last.at]
    return [Stretch(*stretch) for stretch in zip(numbers, begins, ends, strict=True)]


def _end(reading: Connection, end: Select[Any]) -> Any:
    return reading.execute(end).one_or_none()


def numbers_between(reading: Connection, since: datetime | None, until: datetime | None) -> list[range]:
    """Return the numbers of all entries at `since` <= at < `until`, as ascending ranges that do not touch.

    None leaves that end open.
    """
    ranges: list[range] = []
    for stretch in stretches(reading):
        start = stretch.numbers.start if since is None else stretch.place(reading, since)
        stop = stretch.numbers.stop if until is None else stretch.place(reading, until)
        if start >= stop:
            continue
        if ranges and ranges[-1].stop == start:
            start = ranges.pop().start
        ranges.append(range(start, stop))
    return ranges


def first_since(reading: Connection, moment: datetime) -> int | None:
    """Return the number of the entry that comes next in time, at `moment` or later; None when there is none.

    What a wrong clock dated years ahead is later in time than today's entries, wherever it stands.
    """
    found: list[tuple[datetime, int]] = []
    for stretch in stretches(reading):
        entry = stretch.entry(reading, stretch.place(reading, moment))
        if entry is not None:
            found.append((entry.at, entry.seq))
    return min(found)[1] if found else None
