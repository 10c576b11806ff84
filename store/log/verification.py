"""The proof of the log: the chain entry by entry as stored, and the signed checkpoints that stand in it."""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from store import clock
from store.log import checkpoints
from store.log.checkpoints import Checkpoint
from store.log.entries import ENTRIES, FIRST_PREVIOUS
from store.log.events import Event
from store.log.findings import START, Flaw, Link, Progress, Verification
from store.log.rows import blocks, digests_of, examine
from store.log.signing_keys import SigningKeys, has_signed
from store.log.terminals import RETIRED, Ladders, Origin, carries_on

_PRUNED: Final = Event.LOG_PRUNED.value.encode()
_PRUNED_TO: Final = re.compile(rb'"to":(\d+)')


class Marks:
    """The checkpoints beside the chain, held against it as it is walked.

    `ladders`: who may write and sign as `rows` begin; `before`: the checkpoint before the first of them; `begun`: there
    is one, which the caller alone knows.
    """

    def __init__(
        self, rows: Iterator[Any], ladders: Ladders, *, before: Checkpoint | None = None, begun: bool = False
    ) -> None:
        self._rows = rows
        self._begun = begun or before is not None
        self.ladders = ladders
        self._next: Checkpoint | None = None
        self._waiting: Flaw | None = None
        self.last = before
        self.held = 0
        self.resumed: list[int] = []
        self._fetch()

    @property
    def place(self) -> int:
        """The number of the entry at which the next checkpoint stands; beyond all entries when there is none."""
        return sys.maxsize if self._next is None else self._next.seq

    @property
    def proved(self) -> int:
        """The number of the last entry that a checkpoint proves."""
        return self.last.seq if self.last else 0

    def reach(self, link: Link) -> Flaw | None:
        """Hold the checkpoint that stands at the entry of `link`, if one does, against it."""
        while self._waiting is None and self._next is not None and self._next.seq <= link.seq:
            if self._next.seq < link.seq:
                return Flaw.CHECKPOINT
            if self._next.hash.hex() != link.hash:
                return Flaw.MARK
            self.last, self.ladders, self.held = self._next, self._next.ladders, self.held + 1
            self._begun = True
            if self._next.resumed:
                self.resumed.append(self._next.seq)
            self._fetch()
        return self._waiting

    def end(self) -> Flaw | None:
        """Return what is wrong when the chain ends here."""
        return self._waiting or (Flaw.CUT if self._next is not None else None)

    def _fetch(self) -> None:
        """Look at the next checkpoint; what is wrong with it is told for the entries that it should prove."""
        row = next(self._rows, None)
        self._next = None if row is None else checkpoints.read(row.body, row.signature)
        self._waiting = None if row is None else self._fault(row)

    def _fault(self, row: Any) -> Flaw | None:
        mark, last = self._next, self.last
        if mark is None or (mark.number, mark.seq) != (row.number, row.seq):
            return Flaw.CHECKPOINT
        if self.ladders.get(mark.terminal, RETIRED) == RETIRED:
            return Flaw.TERMINAL
        if not has_signed(mark.key, mark.signature, mark.body):
            return Flaw.SIGNATURE
        if last is not None and (mark.previous != last.digest or mark.seq < last.seq or mark.number <= last.number):
            return Flaw.CHECKPOINT
        return None if self._is_signed_by_right(mark) else Flaw.LADDER

    def _is_signed_by_right(self, mark: Checkpoint) -> bool:
        """Tell whether it has the key that was named for it, and leaves the others' keys alone."""
        if not carries_on(self.ladders, mark.ladders, mark.terminal):
            return False
        if mark.resumed and self._begun:
            return True
        number = self.last.number + 1 if self.last else mark.number if self._begun else 1
        begins = self._begun or mark.previous == FIRST_PREVIOUS
        return begins and mark.number == number and self.ladders[mark.terminal] in {None, mark.key}


def verify(
    reading: Connection,
    origin: Origin,
    *,
    since: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Read the chain once, front to back, with its checkpoints, and say how far it holds.

    `origin`: who began it. `since`: a checkpoint that is known to be right; what lies before it is not read. What this
    cannot see: entries cut off after the last checkpoint, and a log replaced as a whole; `standing` and the peer's
    witness tell of these.
    """
    walk = _ChainWalk(reading, origin, since)
    return walk.run(progress)


def standing(tx: Connection, ladder: SigningKeys, terminal_id: str) -> Flaw | None:
    """Tell whether the database is where the keys and the peer's witness saw it; None when it is.

    To be called while the database is held for writing: nobody else climbs the ladder meanwhile.
    """
    last, witness = checkpoints.latest(tx), checkpoints.last_witness(tx)
    number = last.number if last else 0
    if witness is not None and witness.number > number:
        return Flaw.CUT
    if witness is not None and not _agrees(tx, witness):
        return Flaw.MARK
    expected = last.ladders.get(terminal_id, RETIRED) if last else ladder.root
    if ladder.number_of(expected) is not None:
        return None
    return Flaw.CUT if ladder.highest > number + 1 else Flaw.LADDER


def first_unproved(tx: Connection, flaw: Flaw) -> int:
    """Return the number of the first entry that nothing proves any more, when `standing` found `flaw`."""
    last, witness = checkpoints.latest(tx), checkpoints.last_witness(tx)
    if flaw is Flaw.MARK and witness is not None:
        # The peer saw another checkpoint under that number: what is kept there since the one before is not it.
        last = checkpoints.before(tx, witness.number)
    elif flaw is Flaw.LADDER and last is not None:
        # Whoever signed the last checkpoint does not have the key that comes after it.
        last = checkpoints.before(tx, last.number)
    return last.seq + 1 if last else 1


def _agrees(tx: Connection, witness: checkpoints.WitnessRow) -> bool:
    seen = checkpoints.numbered(tx, witness.number)
    if seen is not None and seen.digest == witness.digest:
        return True
    # Two persons who went on after a roll-back have told of the difference already.
    later = (checkpoints.read(row.body, row.signature) for row in checkpoints.since(tx, witness.number + 1))
    return any(one is not None and one.resumed for one in later)


class _ChainWalk:
    """One walk along the chain."""

    def __init__(self, reading: Connection, origin: Origin, since: Checkpoint | None) -> None:
        self._reading = reading
        self._boundary = since or _boundary(reading)
        self._pruned = 0 if since is not None or self._boundary is None else self._boundary.seq
        self._pruning_told = self._pruned == 0
        start = self._boundary
        rows = checkpoints.since(reading, start.number + 1 if start else 1)
        self._marks = Marks(rows, start.ladders if start else origin.ladders, before=start)
        self._link = START if start is None else Link(start.seq, start.hash.hex(), "")

    def run(self, progress: Progress | None) -> Verification:
        begun = self._link.seq
        total = (self._reading.scalar(select(func.max(ENTRIES.c.seq))) or 0) - begun
        for rows in blocks(self._reading, begun + 1):
            broken = self._take(rows)
            if broken is not None:
                return broken
            if progress is not None:
                progress(self._link.seq - begun, total)
        flaw = self._marks.end()
        if flaw is not None:
            return self._broken(self._link.seq + 1 if flaw is Flaw.CUT else self._marks.proved + 1, flaw)
        if not self._pruning_told:
            return self._broken(1, Flaw.GAP)
        return self._found(self._link.seq - begun)

    def _take(self, rows: Sequence[Row[Any]]) -> Verification | None:
        """Walk along a block: all at once when all is well, else row by row to find the first that is bad."""
        # Terminals are only let in along the way: who may write as a block begins may do so until it ends.
        digests = digests_of(rows, self._link, self._marks.ladders.keys())
        if digests is None:
            return self._search(rows)
        first, last = rows[0].seq, rows[-1].seq
        at = clock.to_text(clock.from_microseconds(rows[-1].at))
        # Only where a checkpoint stands is there something to hold an entry against.
        while (seq := min(max(self._marks.place, first), last)) <= last:
            flaw = self._marks.reach(Link(seq, digests[seq - first].hex(), at))
            if flaw is not None:
                return self._broken(self._marks.proved + 1, flaw)
            if seq == last:
                break
        self._link = Link(last, digests[-1].hex(), at)
        self._look_for_pruning(rows)
        return None

    def _search(self, rows: Sequence[Row[Any]]) -> Verification | None:
        for row in rows:
            examined = examine(row, self._link, self._marks.ladders.keys())
            if isinstance(examined, Flaw):
                return self._broken(self._link.seq + 1, examined)
            self._link = examined
            flaw = self._marks.reach(self._link)
            if flaw is not None:
                return self._broken(self._marks.proved + 1, flaw)
        self._look_for_pruning(rows)
        return None

    def _look_for_pruning(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows if not self._pruning_told else ():
            told = _PRUNED_TO.search(row.body) if _PRUNED in row.body else None
            self._pruning_told |= told is not None and int(told[1]) == self._pruned

    def _broken(self, first_bad: int, flaw: Flaw) -> Verification:
        return self._found(first_bad - 1 - self._pruned, first_bad, flaw)

    def _found(self, entries: int, first_bad: int | None = None, cause: Flaw | None = None) -> Verification:
        return Verification(
            ok=cause is None,
            entries=max(entries, 0),
            first_bad=first_bad,
            cause=cause,
            checkpoints=self._marks.held,
            resumed=tuple(self._marks.resumed),
            pruned=self._pruned,
        )


def _boundary(reading: Connection) -> Checkpoint | None:
    """Return the checkpoint at which the log was pruned, which then is the first one kept."""
    first = reading.scalar(select(func.min(ENTRIES.c.seq)))
    if first is None or first <= 1:
        return None
    kept = checkpoints.at_entry(reading, first - 1)
    genuine = kept is not None and has_signed(kept.key, kept.signature, kept.body)
    return kept if genuine else None
