"""Verification of the log: the chain entry by entry as stored, and the signed checkpoints along it."""

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
from store.log.rows import blocks, digests_of, examine, version_of
from store.log.signing_keys import SigningKeys, has_signed
from store.log.terminals import RETIRED, NextKeys, Origin, carries_on

_PRUNED_TO: Final = re.compile(rb'"to":(\d+)')


class Marks:
    """The checkpoints beside the chain, compared with it as it is walked.

    `next_keys` says who may write and sign where `rows` begin, and `before` is the checkpoint before the first of them.
    `begun` says that there is a checkpoint before, where only the caller knows (a bundle does not hold it).
    """

    def __init__(
        self, rows: Iterator[Any], next_keys: NextKeys, *, before: Checkpoint | None = None, begun: bool = False
    ) -> None:
        self._rows = rows
        self._begun = begun or before is not None
        self.next_keys = next_keys
        self._next: Checkpoint | None = None
        # The flaw of the next checkpoint. It is reported only when the chain gets there: a bad entry before it is named
        # first.
        self._waiting: Flaw | None = None
        self.last = before
        self.held = 0
        self.resumed: list[int] = []
        self._fetch()

    @property
    def place(self) -> int:
        """The number of the entry that the next checkpoint signs; beyond all entries when there is none."""
        return sys.maxsize if self._next is None else self._next.seq

    @property
    def proved(self) -> int:
        """The number of the last entry that a good checkpoint proves."""
        return self.last.seq if self.last else 0

    def reach(self, link: Link) -> Flaw | None:
        """Compare the entry of `link` with the checkpoint that signs it, if there is one; return its flaw."""
        # A loop, because two checkpoints may sign one entry: `resume` always makes another one.
        while self._waiting is None and self._next is not None and self._next.seq <= link.seq:
            if self._next.seq < link.seq:
                return Flaw.CHECKPOINT
            if self._next.hash.hex() != link.hash:
                return Flaw.MARK
            # Only a checkpoint that holds may say who signs next.
            self.last, self.next_keys, self.held = self._next, self._next.next_keys, self.held + 1
            self._begun = True
            if self._next.resumed:
                self.resumed.append(self._next.seq)
            self._fetch()
        return self._waiting

    def end(self) -> Flaw | None:
        """Return the flaw when the chain ends here: a checkpoint that is left over proves that entries are missing."""
        return self._waiting or (Flaw.CUT if self._next is not None else None)

    def _fetch(self) -> None:
        """Read the next checkpoint and check it; its flaw is reported for the entries that it should prove."""
        row = next(self._rows, None)
        self._next = None if row is None else checkpoints.read(row.body, row.signature)
        self._waiting = None if row is None else self._fault(row)

    def _fault(self, row: Any) -> Flaw | None:
        mark, last = self._next, self.last
        if mark is None or (mark.number, mark.seq) != (row.number, row.seq):
            return Flaw.CHECKPOINT
        # This comes before the last check, which looks up the signer's key and relies on there being one.
        if self.next_keys.get(mark.terminal, RETIRED) == RETIRED:
            return Flaw.TERMINAL
        if not has_signed(mark.key, mark.signature, mark.body):
            return Flaw.SIGNATURE
        if last is not None and (mark.previous != last.digest or mark.seq < last.seq or mark.number <= last.number):
            return Flaw.CHECKPOINT
        return None if self._is_signed_by_right(mark) else Flaw.LADDER

    def _is_signed_by_right(self, mark: Checkpoint) -> bool:
        """Tell whether it was signed with the key that was named for it, and leaves the others' keys alone."""
        if not carries_on(self.next_keys, mark.next_keys, mark.terminal):
            return False
        # Two persons who go on have no key that anything names. The result lists such a checkpoint under `resumed`, so
        # a thief of the machine cannot use it unseen.
        if mark.resumed and self._begun:
            return True
        number = self.last.number + 1 if self.last else mark.number if self._begun else 1
        begins = self._begun or mark.previous == FIRST_PREVIOUS
        return begins and mark.number == number and self.next_keys[mark.terminal] in {None, mark.key}


def verify(
    reading: Connection,
    origin: Origin,
    *,
    since: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Read the chain once, front to back, with its checkpoints, and return how far it holds.

    `origin`: who began it. `since`: a checkpoint that is known to be right; what lies before the entry that it signs is
    not read. This does not notice entries cut off after the last checkpoint, nor a log replaced as a whole: `standing`
    does, by the keys and the peer's witness.
    """
    walk = _ChainWalk(reading, origin, since)
    cut = None if since is None else _first_cut(reading, since)
    return walk.run(progress) if cut is None else walk.broken_at(*cut)


def standing(
    tx: Connection, keys: SigningKeys, terminal_id: str, statement: checkpoints.WitnessRow | None = None
) -> Flaw | None:
    """Tell whether the database is where the keys and the peer's witness saw it last; None when it is.

    `statement` is a newer word of the peer that is not stored. Call it while holding the database for writing, so that
    no other process signs a checkpoint meanwhile.
    """
    last, witness = checkpoints.latest(tx), statement or checkpoints.last_witness(tx)
    number = last.number if last else 0
    # The witness covers what the keys cannot: a copy of the whole machine that was put back, keys and all.
    if witness is not None and witness.number > number:
        return Flaw.CUT
    if witness is not None and not _agrees(tx, witness):
        return Flaw.MARK
    expected = last.next_keys.get(terminal_id, RETIRED) if last else keys.root
    if keys.number_of(expected) is not None:
        return None
    # A later key than the last checkpoint calls for was made for a checkpoint that is gone. Otherwise the key is lost.
    return Flaw.CUT if keys.highest > number + 1 else Flaw.LADDER


def first_unproved(tx: Connection, flaw: Flaw) -> int:
    """Return the number of the first entry that nothing proves any more, after `standing` returned `flaw`."""
    last, witness = checkpoints.latest(tx), checkpoints.last_witness(tx)
    if flaw is Flaw.MARK and witness is not None:
        # The peer saw another checkpoint under that number, so ours proves nothing; the one before it still does.
        last = checkpoints.before(tx, witness.number)
    elif flaw is Flaw.LADDER and last is not None:
        # The last checkpoint names a next key that this terminal does not have, so somebody else may have signed it.
        last = checkpoints.before(tx, last.number)
    return last.seq + 1 if last else 1


def _agrees(tx: Connection, witness: checkpoints.WitnessRow) -> bool:
    seen = checkpoints.numbered(tx, witness.number)
    if seen is not None and seen.digest == witness.digest:
        return True
    # If two persons went on after a roll-back later, the log already records that it differs from what the peer saw.
    later = (checkpoints.read(row.body, row.signature) for row in checkpoints.since(tx, witness.number + 1))
    return any(mark is not None and mark.resumed for mark in later)


class _ChainWalk:
    """One walk along the chain."""

    def __init__(self, reading: Connection, origin: Origin, since: Checkpoint | None) -> None:
        self._reading = reading
        # A pruned log begins at a checkpoint, too. That one is believed only because an entry in the rest of the chain
        # records the pruning; `_look_for_pruning` searches for it.
        self._boundary = since or _boundary(reading)
        self._pruned = 0 if since is not None or self._boundary is None else self._boundary.seq
        self._pruning_recorded = self._pruned == 0
        start = self._boundary
        rows = checkpoints.since(reading, start.number + 1 if start else 1)
        self._marks = Marks(rows, start.next_keys if start else origin.next_keys, before=start)
        self._link = START if start is None else Link(start.seq, start.hash.hex())

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
        # Entries are missing at the beginning, and nobody recorded that they were removed.
        if not self._pruning_recorded:
            return self._broken(1, Flaw.GAP)
        return self._result(self._link.seq - begun)

    def broken_at(self, first_bad: int, flaw: Flaw) -> Verification:
        """Return the verification of a log that breaks before the walk begins."""
        return Verification(ok=False, entries=0, first_bad=first_bad, cause=flaw, pruned=self._pruned)

    def _take(self, rows: Sequence[Row[Any]]) -> Verification | None:
        """Walk along a block: as a whole when all is well, else row by row to find the first bad entry."""
        # Terminals are only ever added along the way, so those that may write at the start may write until the end. A
        # block with entries of a terminal that is admitted within it fails here and goes row by row.
        digests = digests_of(rows, self._link, self._marks.next_keys.keys())
        if digests is None:
            return self._search(rows)
        first, last = rows[0].seq, rows[-1].seq
        at = clock.to_text(clock.from_microseconds(rows[-1].at))
        version = version_of(rows[-1].body)
        # The chain itself holds; only the entries that a checkpoint signs need another look.
        while (seq := min(max(self._marks.place, first), last)) <= last:
            flaw = self._marks.reach(Link(seq, digests[seq - first].hex()))
            if flaw is not None:
                return self._broken(self._marks.proved + 1, flaw)
            if seq == last:
                break
        self._link = Link(last, digests[-1].hex(), at, version)
        self._look_for_pruning(rows)
        return None

    def _search(self, rows: Sequence[Row[Any]]) -> Verification | None:
        for row in rows:
            examined = examine(row, self._link, self._marks.next_keys.keys())
            if isinstance(examined, Flaw):
                return self._broken(self._link.seq + 1, examined)
            self._link = examined
            flaw = self._marks.reach(self._link)
            if flaw is not None:
                return self._broken(self._marks.proved + 1, flaw)
        self._look_for_pruning(rows)
        return None

    def _look_for_pruning(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows if not self._pruning_recorded else ():
            pruned_to = _PRUNED_TO.search(row.body) if row.event == Event.LOG_PRUNED else None
            self._pruning_recorded |= pruned_to is not None and int(pruned_to[1]) == self._pruned

    def _broken(self, first_bad: int, flaw: Flaw) -> Verification:
        return self._result(first_bad - 1 - self._pruned, first_bad, flaw)

    def _result(self, entries: int, first_bad: int | None = None, cause: Flaw | None = None) -> Verification:
        return Verification(
            ok=cause is None,
            entries=max(entries, 0),
            first_bad=first_bad,
            cause=cause,
            checkpoints=self._marks.held,
            resumed=tuple(self._marks.resumed),
            pruned=self._pruned,
        )


def _first_cut(reading: Connection, mark: Checkpoint) -> tuple[int, Flaw] | None:
    """Return the first entry that is missing or unproved at a checkpoint, with its flaw; None when its entry is there.

    Without this look, entries up to the last checkpoint could be cut away, and new ones would fill the hole.
    """
    found = reading.scalar(select(ENTRIES.c.hash).where(ENTRIES.c.seq == mark.seq))
    if found == mark.hash:
        return None
    if found is not None:
        earlier = checkpoints.before(reading, mark.number)
        return (earlier.seq + 1 if earlier else 1), Flaw.MARK
    # After a pruning the log begins just behind the checkpoint, whose own entry is gone.
    if reading.scalar(select(func.min(ENTRIES.c.seq))) == mark.seq + 1:
        return None
    last_before = reading.scalar(select(func.max(ENTRIES.c.seq)).where(ENTRIES.c.seq < mark.seq))
    return (last_before or 0) + 1, Flaw.CUT


def _boundary(reading: Connection) -> Checkpoint | None:
    """Return the checkpoint at which the log was pruned, which is then its first one; None when it was not pruned."""
    first = reading.scalar(select(func.min(ENTRIES.c.seq)))
    if first is None or first <= 1:
        return None
    mark = checkpoints.at_entry(reading, first - 1)
    # Without a good signature the walk starts from number 1 and reports the gap there.
    genuine = mark is not None and has_signed(mark.key, mark.signature, mark.body)
    return mark if genuine else None
