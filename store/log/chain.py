"""The chain: entries are appended inside the transaction they record, signed at checkpoints, verified as stored."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from store import clock
from store.log import checkpoints, table_check, verification
from store.log.checkpoints import Checkpoint, Occasion
from store.log.entries import EMPTY, ENTRIES, ENTRY_COLUMNS, Detail, EntryDraft, Tail, extend
from store.log.events import Event, Result
from store.log.findings import Flaw, Progress, Verification
from store.log.signing_keys import SigningKeys
from store.log.terminals import RETIRED, Ladders, Origin
from store.statements import BulkStatement, first_row

_INSERT: Final = BulkStatement.insert(ENTRIES, ENTRY_COLUMNS)


class Log:
    """The log as one terminal writes it. Holds no state of its own: the chain's end is read inside the lock.

    `ladder`: the keys that sign its checkpoints; without them it can be written and verified, not signed. `origin`: who
    began the log, where that was another terminal.
    """

    def __init__(self, terminal_id: str, ladder: SigningKeys | None = None, *, origin: Origin | None = None) -> None:
        self._terminal_id = terminal_id
        self._ladder = ladder
        self._origin = origin

    def append(
        self,
        tx: Connection,
        event: Event,
        *,
        actor: str | None,
        session: str | None,
        object: str | None = None,  # noqa: A002 - the name of the field in the entry
        result: Result = Result.DONE,
        detail: Detail | None = None,
        now: datetime | None = None,
    ) -> int:
        """Append one entry inside the writing transaction `tx`; return its number.

        `now` is for tests of the clock; otherwise the clock is read here, inside the lock.
        Raises LogEntryRefused when a part could hold personal data or free text.
        """
        draft = EntryDraft(event, actor, session, object, result, detail or {})
        return self.append_many(tx, [draft], now=now)[-1]

    def append_many(self, tx: Connection, drafts: Iterable[EntryDraft], *, now: datetime | None = None) -> range:
        """Append many entries at one moment; return their numbers, in the order of `drafts`."""
        tail = _tail(tx)
        first, moment = tail.seq + 1, now or clock.now()
        rows: list[tuple[Any, ...]] = []
        for draft in drafts:
            tail, row = extend(tail, draft, terminal_id=self._terminal_id, now=moment)
            rows.append(row)
        if rows:
            _INSERT.run(tx, rows)
        return range(first, tail.seq + 1)

    def checkpoint(self, tx: Connection, cause: Occasion, *, now: datetime | None = None) -> Checkpoint | None:
        """Sign the newest entry inside `tx`; None when the last checkpoint stands there. See `checkpoints.make`.

        When `tx` is durable, `erase_used` is due.
        """
        return checkpoints.make(tx, self._ladder_kept(), self._terminal_id, cause, now=now)

    def admit(self, tx: Connection, terminal_id: str, root: bytes) -> Checkpoint:
        """Let another terminal write and sign from here on, whose first checkpoint has the public key `root`.

        An entry that tells of it has to be appended before, in the same transaction. `erase_used` is due as well.
        """
        return checkpoints.change(tx, self._ladder_kept(), self._terminal_id, Occasion.ADMITTED, {terminal_id: root})

    def retire(self, tx: Connection, terminal_id: str) -> Checkpoint:
        """Let another terminal sign no more; as `admit`."""
        return checkpoints.change(tx, self._ladder_kept(), self._terminal_id, Occasion.RETIRED, {terminal_id: RETIRED})

    def ladders(self, reading: Connection) -> Ladders:
        """Return the terminals that share the log, each with the key of its next checkpoint."""
        last = checkpoints.latest(reading)
        return last.ladders if last else self.origin.ladders

    @property
    def origin(self) -> Origin:
        """Who began the log, and the public key of the first checkpoint."""
        return self._origin or Origin(self._terminal_id, self._ladder.root if self._ladder else None)

    @property
    def highest_key(self) -> int:
        """The number of the latest key that was made for a checkpoint."""
        return self._ladder_kept().highest

    def resume(self, tx: Connection) -> Checkpoint:
        """Begin the ladder anew, for two persons who go on after a roll-back. `erase_used` is due as well."""
        return checkpoints.resume(tx, self._ladder_kept(), self._terminal_id)

    def erase_used(self, durable: Checkpoint) -> None:
        """Erase the keys that signed `durable`, which is on the disk, and all before it."""
        self._ladder_kept().erase_below(durable.number + 1)

    def standing(self, tx: Connection) -> Flaw | None:
        """Tell whether the database is where keys and witness saw it; see `proof.standing`."""
        return verification.standing(tx, self._ladder_kept(), self._terminal_id)

    def verify(
        self, reading: Connection, progress: Progress | None = None, *, since: Checkpoint | None = None
    ) -> Verification:
        """Read the whole chain once, front to back, with its checkpoints, and say how far it holds.

        What it cannot see alone: entries cut off after the last checkpoint, and a log made anew from the start.
        """
        return verification.verify(reading, self.origin, since=since, progress=progress)

    def complete(self, tx: Connection, found: Verification) -> Verification:
        """Hold a verification that found nothing against the tables, the keys and the peer's witness as well.

        `tx` holds the database for writing, so that nobody makes a checkpoint meanwhile.
        """
        if not found.ok:
            return found
        flaw = self.standing(tx) if table_check.is_sound(tx) else Flaw.TABLES
        if flaw is None:
            return found
        return replace(found, ok=False, first_bad=verification.first_unproved(tx, flaw), cause=flaw)

    def _ladder_kept(self) -> SigningKeys:
        assert self._ladder is not None, "this log was opened without its keys"
        return self._ladder


# As the engine takes it: every act waits for this, and building the statement anew would take longer than running it.
_LAST: Final = "SELECT seq, hash, at FROM log_entry ORDER BY seq DESC LIMIT 1"


def _tail(tx: Connection) -> Tail:
    last = first_row(tx, _LAST)
    if last is None:
        return EMPTY
    seq, digest, at = last
    return Tail(seq, digest, clock.from_microseconds(at))
