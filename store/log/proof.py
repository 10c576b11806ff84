"""The proof of the log: the chain entry by entry as stored, and the signed checkpoints that stand in it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Connection, Row, func, select, type_coerce

from store import clock
from store.log import checkpoints
from store.log.checkpoints import Checkpoint
from store.log.entries import ENTRIES, FIRST_PREVIOUS, LAYOUT, detail_is_canonical
from store.log.events import Event
from store.log.ladder import Ladder, has_signed

Progress = Callable[[int, int], None]
"""Called with the entries verified so far and the entries there are."""

AT_ONCE: Final = 4096
_COPIED: Final = ("actor", "event", "object", "result", "session")
_PRUNED: Final = Event.LOG_PRUNED.value.encode()
_PRUNED_TO: Final = re.compile(rb'"to":(\d+)')


class Flaw(StrEnum):
    """What can be wrong."""

    GAP = "gap"  # Its number does not follow the one before.
    HASH = "hash"  # The bytes are not those that were hashed.
    LINK = "link"  # It does not name the hash of the entry before it.
    BODY = "body"  # The bytes are no entry of this format, or could be read in two ways.
    TERMINAL = "terminal"  # It is another terminal's entry.
    TIME = "time"  # It is older than the entry before it.
    COPY = "copy"  # A column beside the body says something else than the body.
    MARK = "mark"  # It, or one since the checkpoint before, is not what was signed.
    CHECKPOINT = "checkpoint"  # The next checkpoint is none of this format, or does not follow the one before it.
    SIGNATURE = "signature"  # The signature of the next checkpoint does not hold.
    LADDER = "ladder"  # The next checkpoint was not signed with the key that the one before it named.
    CUT = "cut"  # Entries are missing from here on: the log was longer.
    FILES = "files"  # A file of a bundle is missing, strange or changed.
    TABLES = "tables"  # The tables are not as they were made: something could hide entries.


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found: how many entries hold, and the first that does not, with its flaw.

    `checkpoints`: how many held. `resumed`: the entries at which two persons went on after a roll-back, which somebody
    should remember. `pruned`: how many entries were pruned at the beginning, after their export.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    cause: Flaw | None = None
    checkpoints: int = 0
    resumed: tuple[int, ...] = ()
    pruned: int = 0


class Link(NamedTuple):
    """What the next entry is held against: number, hash in hex, and time as written."""

    seq: int
    hash: str
    at: str


START: Final = Link(0, FIRST_PREVIOUS.hex(), "")


class Marks:
    """The checkpoints beside the chain, held against it as it is walked.

    `before`: the checkpoint before the first of `rows`; `root`: the key that the first one has to have, if it is known;
    `begun`: the first one is in the middle of the ladder, and its caller knows what it follows.
    """

    def __init__(
        self,
        rows: Iterator[Any],
        terminal_id: str,
        *,
        before: Checkpoint | None = None,
        root: bytes | None = None,
        begun: bool = False,
    ) -> None:
        self._rows = rows
        self._begun = begun
        self._terminal_id = terminal_id
        self._root = root
        self._next: Checkpoint | None = None
        self._waiting: Flaw | None = None
        self.last = before
        self.held = 0
        self.resumed: list[int] = []
        self._fetch()

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
            self.last, self.held = self._next, self.held + 1
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
        if mark.terminal != self._terminal_id:
            return Flaw.TERMINAL
        if not has_signed(mark.key, mark.signature, mark.body):
            return Flaw.SIGNATURE
        if last is None:
            begins = mark.number == 1 and mark.previous == FIRST_PREVIOUS and self._root in (None, mark.key)
            return None if begins or self._begun else Flaw.LADDER
        if mark.previous != last.digest or mark.seq < last.seq or mark.number <= last.number:
            return Flaw.CHECKPOINT
        follows = mark.key == last.next_key and mark.number == last.number + 1
        return None if follows or mark.resumed else Flaw.LADDER


def verify(
    reading: Connection,
    terminal_id: str,
    *,
    root: bytes | None = None,
    since: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Read the chain once, front to back, with its checkpoints, and say how far it holds.

    `since`: a checkpoint that is known to be right; what lies before it is not read. What this cannot see: entries cut
    off after the last checkpoint, and a log replaced as a whole; `standing` and the peer's witness tell of these.
    """
    walk = _Walk(reading, terminal_id, root, since)
    return walk.run(progress)


def standing(tx: Connection, ladder: Ladder) -> Flaw | None:
    """Tell whether the database is where the keys and the peer's witness saw it; None when it is.

    To be called while the database is held for writing: nobody else climbs the ladder meanwhile.
    """
    last, witness = checkpoints.latest(tx), checkpoints.last_witness(tx)
    number = last.number if last else 0
    if witness is not None and witness.number > number:
        return Flaw.CUT
    if witness is not None and not _agrees(tx, witness):
        return Flaw.MARK
    expected = last.next_key if last else ladder.root
    if ladder.holds(number + 1):
        return None if ladder.public(number + 1) == expected else Flaw.LADDER
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


def _agrees(tx: Connection, witness: checkpoints.Witness) -> bool:
    seen = checkpoints.numbered(tx, witness.number)
    if seen is not None and seen.digest == witness.digest:
        return True
    # Two persons who went on after a roll-back have told of the difference already.
    later = (checkpoints.read(row.body, row.signature) for row in checkpoints.since(tx, witness.number + 1))
    return any(one is not None and one.resumed for one in later)


class _Walk:
    """One walk along the chain."""

    def __init__(self, reading: Connection, terminal_id: str, root: bytes | None, since: Checkpoint | None) -> None:
        self._reading = reading
        self._terminal_id = terminal_id
        self._boundary = since or _boundary(reading)
        self._pruned = 0 if since is not None or self._boundary is None else self._boundary.seq
        self._pruning_told = self._pruned == 0
        start = self._boundary
        rows = checkpoints.since(reading, start.number + 1 if start else 1)
        self._marks = Marks(rows, terminal_id, before=start, root=root)
        self._link = START if start is None else Link(start.seq, start.hash.hex(), "")

    def run(self, progress: Progress | None) -> Verification:
        total = (self._reading.scalar(select(func.max(ENTRIES.c.seq))) or 0) - self._link.seq
        first, checked = self._link.seq + 1, 0
        for row in _stored(self._reading, first):
            flaw = self._step(row)
            if flaw is not None:
                return self._broken(first + checked, flaw)
            checked += 1
            flaw = self._marks.reach(self._link)
            if flaw is not None:
                return self._broken(self._marks.proved + 1, flaw)
            if progress is not None and checked % AT_ONCE == 0:
                progress(checked, total)
        if progress is not None:
            progress(checked, total)
        flaw = self._marks.end()
        if flaw is not None:
            return self._broken(self._link.seq + 1 if flaw is Flaw.CUT else self._marks.proved + 1, flaw)
        if not self._pruning_told:
            return self._broken(1, Flaw.GAP)
        return self._found(checked)

    def _step(self, row: Row[Any]) -> Flaw | None:
        examined = examine(row, self._link, self._terminal_id)
        if isinstance(examined, Flaw):
            return examined
        self._link = examined
        if not self._pruning_told and _PRUNED in row.body:
            told = _PRUNED_TO.search(row.body)
            self._pruning_told = told is not None and int(told[1]) == self._pruned
        return None

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


def _stored(reading: Connection, first: int) -> Iterator[Row[Any]]:
    # The time as the bare number that is stored: whoever tampers may have put anything there.
    columns = [type_coerce(column, BigInteger) if column.name == "at" else column for column in ENTRIES.c]
    statement = select(*columns).order_by(ENTRIES.c.seq).execution_options(yield_per=AT_ONCE)
    if first > 1:
        statement = statement.where(ENTRIES.c.seq >= first)
    with reading.execute(statement) as result:
        yield from result


def examine(row: Row[Any], before: Link, terminal_id: str) -> Flaw | Link:
    """Hold a stored row against the entry before it; return its flaw, or what the next is held against."""
    if row.seq != before.seq + 1:
        return Flaw.GAP
    if not isinstance(row.body, bytes):
        return Flaw.BODY
    digest = sha256(row.body)
    if digest.digest() != row.hash:
        return Flaw.HASH
    said = LAYOUT.fullmatch(row.body)
    if said is None or not detail_is_canonical(said["detail"]):
        return Flaw.BODY
    at = said["at"].decode("ascii")
    tests = {
        Flaw.LINK: said["prev"].decode("ascii") == before.hash,
        Flaw.TERMINAL: said["terminal"].decode("ascii") == terminal_id,
        Flaw.COPY: _copies_agree(row, said, at),
        # Times as written always have the same length and zone, so that they compare as text.
        Flaw.TIME: at >= before.at,
    }
    flaw = next((flaw for flaw, holds in tests.items() if not holds), None)
    return flaw or Link(row.seq, digest.hexdigest(), at)


def _copies_agree(row: Row[Any], said: re.Match[bytes], at: str) -> bool:
    return (
        int(said["seq"]) == row.seq
        and at == _time_as_written(row.at)
        and all(_text(said[name]) == getattr(row, name) for name in _COPIED)
    )


def _text(written: bytes) -> str | None:
    return None if written == b"null" else written.strip(b'"').decode("ascii")


def _time_as_written(stored: object) -> str | None:
    try:
        return clock.to_text(clock.from_microseconds(stored)) if isinstance(stored, int) else None
    except OverflowError:
        return None
