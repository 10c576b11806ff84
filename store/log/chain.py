"""The chain: entries are appended in the transaction that they record, signed at checkpoints, verified as stored."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from store import clock
from store.errors import TerminalNotAdmitted
from store.log import admissions, checkpoints, table_check, verification
from store.log.checkpoints import Checkpoint, Occasion, WitnessRow
from store.log.entries import EMPTY, ENTRIES, ENTRY_COLUMNS, Detail, EntryDraft, Tail, extend, step_back
from store.log.events import Event, Result
from store.log.findings import Flaw, Progress, Verification
from store.log.signing_keys import SigningKeys, key_fingerprint, key_text
from store.log.terminals import RETIRED, NextKeys, Origin
from store.statements import BulkStatement, first_row

_INSERT: Final = BulkStatement.insert(ENTRIES, ENTRY_COLUMNS)


class Log:
    """The log as one terminal writes it.

    It caches nothing: other processes write to the same log, so the end of the chain is read inside the lock each time.
    `signing_keys` sign its checkpoints; without them the log can be written and verified, but not signed. `origin` says
    who began the log if that was another terminal.
    """

    def __init__(
        self, terminal_id: str, signing_keys: SigningKeys | None = None, *, origin: Origin | None = None
    ) -> None:
        self._terminal_id = terminal_id
        self._signing_keys = signing_keys
        self._origin = origin

    def append(
        self,
        tx: Connection,
        event: Event,
        *,
        actor: str | None,
        session: str | None,
        object: str | None = None,  # noqa: A002  # The entry has a member of this name.
        result: Result = Result.DONE,
        detail: Detail | None = None,
        now: datetime | None = None,
    ) -> int:
        """Append one entry inside the writing transaction `tx`; return its number.

        `now` is for tests of the clock; otherwise the clock is read here, inside the lock.
        Raises LogEntryRefused when a part of it could hold personal data or free text.
        """
        draft = EntryDraft(event, actor, session, object, result, detail or {})
        return self.append_many(tx, [draft], now=now)[-1]

    def append_many(self, tx: Connection, drafts: Iterable[EntryDraft], *, now: datetime | None = None) -> range:
        """Append many entries at one moment; return their numbers, in the order of `drafts`.

        When the clock has stepped back since the last entry, an entry about that goes before them.
        """
        tail, wanted = _tail(tx), list(drafts)
        # Read after the lock was taken: a time from before the wait could be earlier than the last entry's.
        moment = now or clock.now()
        step = step_back(tail, moment) if wanted else None
        rows: list[tuple[Any, ...]] = []
        for draft in wanted if step is None else (step, *wanted):
            tail, row = extend(tail, draft, terminal_id=self._terminal_id, now=moment)
            rows.append(row)
        if rows:
            _INSERT.run(tx, rows)
        return range(tail.seq + 1 - len(wanted), tail.seq + 1)

    def checkpoint(self, tx: Connection, cause: Occasion, *, now: datetime | None = None) -> Checkpoint | None:
        """Sign the newest entry inside `tx`; None when the last checkpoint already signs it. See `checkpoints.make`.

        Call `erase_used` as soon as `tx` is durable.
        """
        return checkpoints.make(tx, self._require_keys(), self._terminal_id, cause, now=now)

    def admit(self, tx: Connection, terminal_id: str, root: bytes) -> Checkpoint:
        """Let another terminal write and sign from here on; `root` is the public key of its first checkpoint.

        Append the entry about it first, in the same transaction; call `erase_used` when that is durable.
        """
        return checkpoints.change(tx, self._require_keys(), self._terminal_id, Occasion.ADMITTED, {terminal_id: root})

    def retire(self, tx: Connection, terminal_id: str) -> Checkpoint:
        """Let another terminal sign no more. Used like `admit`."""
        return checkpoints.change(tx, self._require_keys(), self._terminal_id, Occasion.RETIRED, {terminal_id: RETIRED})

    def next_keys(self, reading: Connection) -> NextKeys:
        """Return the terminals that share the log, each with the key of its next checkpoint."""
        last = checkpoints.latest(reading)
        return last.next_keys if last else self.origin.next_keys

    @property
    def origin(self) -> Origin:
        """Who began the log, and the public key of the first checkpoint."""
        return self._origin or Origin(self._terminal_id, self._signing_keys.root if self._signing_keys else None)

    @property
    def first_key(self) -> str | None:
        """The fingerprint of the log's first public key, from which all the others follow; None where it is not known.

        It tells this log from one that was made with other keys, which holds just as well.
        """
        root = self.origin.root
        return None if root is None else key_fingerprint(key_text(root))

    @property
    def highest_key(self) -> int:
        """The number of the newest signing key."""
        return self._require_keys().highest

    def admits(self, reading: Connection) -> bool:
        """Tell whether the log admits this very machine, and not only one of its name; see `admissions.admits`."""
        return admissions.admits(reading, self._require_keys(), self._terminal_id, self.origin)

    def resume(self, tx: Connection) -> Checkpoint:
        """Go on with a fresh signing key after a roll-back, as two persons decided. Call `erase_used` afterwards.

        Raises TerminalNotAdmitted for a machine whose keys were retired.
        """
        if not self.admits(tx):
            raise TerminalNotAdmitted(terminal=self._terminal_id)
        return checkpoints.resume(tx, self._require_keys(), self._terminal_id)

    def erase_used(self, durable: Checkpoint) -> None:
        """Erase the key that signed `durable`, and all before it. The checkpoint must be on the disk.

        If the key went earlier, a crash could leave a database whose next checkpoint nobody can sign.
        """
        self._require_keys().erase_below(durable.number + 1)

    def standing(self, tx: Connection, statement: WitnessRow | None = None) -> Flaw | None:
        """Tell whether the database is where keys and witness saw it last; see `verification.standing`."""
        return verification.standing(tx, self._require_keys(), self._terminal_id, statement)

    def verify(
        self, reading: Connection, progress: Progress | None = None, *, since: Checkpoint | None = None
    ) -> Verification:
        """Read the whole chain once, front to back, with its checkpoints, and return how far it holds.

        It cannot see tables that hide entries, entries cut off after the last checkpoint, nor a log that was replaced
        as a whole: see `check_tables` and `complete`.
        """
        return verification.verify(reading, self.origin, since=since, progress=progress)

    def check_tables(self, reading: Connection, result: Verification) -> Verification:
        """Compare a verification that found no flaw with the tables as well: nothing may come between them and it."""
        if not result.ok or table_check.is_sound(reading):
            return result
        return _flawed(reading, result, Flaw.TABLES)

    def complete(self, tx: Connection, result: Verification) -> Verification:
        """Compare a verification that found no flaw with the keys and the peer's witness as well.

        `tx` holds the database for writing, so that nobody makes a checkpoint meanwhile. It is a separate step, because
        the walk along the chain and the look at its tables take long and must not keep the writers waiting.
        """
        flaw = self.standing(tx) if result.ok else None
        return result if flaw is None else _flawed(tx, result, flaw)

    def _require_keys(self) -> SigningKeys:
        assert self._signing_keys is not None, "this log was opened without its keys"
        return self._signing_keys


def _flawed(conn: Connection, result: Verification, flaw: Flaw) -> Verification:
    return replace(result, ok=False, first_bad=verification.first_unproved(conn, flaw), cause=flaw)


# Plain SQL for the driver, because every act waits for this statement: SQLAlchemy's layer around it took 50 of 80 µs.
_LAST: Final = "SELECT seq, hash, at FROM log_entry ORDER BY seq DESC LIMIT 1"


def _tail(tx: Connection) -> Tail:
    last = first_row(tx, _LAST)
    if last is None:
        return EMPTY
    seq, digest, at = last
    return Tail(seq, digest, clock.from_microseconds(at))
