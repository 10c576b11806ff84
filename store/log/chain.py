"""The chain: entries are appended inside the transaction they record, and verified as stored."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Connection, Row, func, select, type_coerce

from store import clock
from store.bulk import Bulk
from store.log.entries import EMPTY, ENTRIES, ENTRY_COLUMNS, FIRST_PREVIOUS, FORMAT, Detail, Draft, Tail, extend
from store.log.events import Event, Result

Progress = Callable[[int, int], None]
"""Called with the entries verified so far and the entries there are."""

_AT_ONCE: Final = 4096
_INSERT: Final = Bulk.insert(ENTRIES, ENTRY_COLUMNS)
_COPIED: Final = ("event", "actor", "session", "object", "result")


class Flaw(StrEnum):
    """What can be wrong with an entry."""

    GAP = "gap"  # Its number does not follow the one before.
    HASH = "hash"  # The bytes are not those that were hashed.
    LINK = "link"  # It does not name the hash of the entry before it.
    BODY = "body"  # The bytes are no entry of this format.
    TERMINAL = "terminal"  # It is another terminal's entry.
    TIME = "time"  # It is older than the entry before it.
    COPY = "copy"  # A column beside the body says something else than the body.


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found: how many entries hold, and the first that does not, with its flaw."""

    ok: bool
    entries: int
    first_bad: int | None = None
    cause: Flaw | None = None


class Log:
    """The log of one terminal. Holds no state of its own: the chain's end is read inside the lock."""

    def __init__(self, terminal_id: str) -> None:
        self._terminal_id = terminal_id

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
        draft = Draft(event, actor, session, object, result, detail or {})
        return self.append_many(tx, [draft], now=now)[-1]

    def append_many(self, tx: Connection, drafts: Iterable[Draft], *, now: datetime | None = None) -> range:
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

    def verify(self, reading: Connection, progress: Progress | None = None) -> Verification:
        """Read the whole chain once, front to back, and say how far it holds.

        What it cannot see alone: entries cut off at the end, and a chain made anew from the start.
        """
        total = reading.scalar(select(func.count()).select_from(ENTRIES)) or 0
        before, checked = _START, 0
        for row in _stored(reading):
            examined = _examine(row, before, self._terminal_id)
            if isinstance(examined, Flaw):
                return Verification(ok=False, entries=checked, first_bad=checked + 1, cause=examined)
            before = examined
            checked += 1
            if progress is not None and checked % _AT_ONCE == 0:
                progress(checked, total)
        if progress is not None:
            progress(checked, total)
        return Verification(ok=True, entries=checked)


def _tail(tx: Connection) -> Tail:
    columns = select(ENTRIES.c.seq, ENTRIES.c.hash, ENTRIES.c.at)
    last = tx.execute(columns.order_by(ENTRIES.c.seq.desc()).limit(1)).one_or_none()
    return EMPTY if last is None else Tail(*last)


def _stored(reading: Connection) -> Iterator[Row[Any]]:
    # The time as the bare number that is stored: whoever tampers may have put anything there.
    columns = [type_coerce(column, BigInteger) if column.name == "at" else column for column in ENTRIES.c]
    statement = select(*columns).order_by(ENTRIES.c.seq).execution_options(yield_per=_AT_ONCE)
    with reading.execute(statement) as result:
        yield from result


class _Link(NamedTuple):
    """What the next entry is held against: number, hash in hex, and time as written."""

    seq: int
    hash: str
    at: str


_START: Final = _Link(0, FIRST_PREVIOUS.hex(), "")


def _examine(row: Row[Any], before: _Link, terminal_id: str) -> Flaw | _Link:
    """Hold a stored row against the entry before it; return its flaw, or what the next is held against."""
    if row.seq != before.seq + 1:
        return Flaw.GAP
    if not isinstance(row.body, bytes):
        return Flaw.BODY
    digest = sha256(row.body)
    if digest.digest() != row.hash:
        return Flaw.HASH
    body = _decode(row.body)
    if body is None:
        return Flaw.BODY
    tests = {
        Flaw.LINK: body.get("prev") == before.hash,
        Flaw.TERMINAL: body.get("terminal") == terminal_id,
        Flaw.COPY: _copies_agree(row, body),
        # Times as written always have the same length and zone, so that they compare as text.
        Flaw.TIME: body["at"] >= before.at,
    }
    flaw = next((flaw for flaw, holds in tests.items() if not holds), None)
    return flaw or _Link(row.seq, digest.hexdigest(), body["at"])


def _decode(body: bytes) -> Mapping[str, Any] | None:
    try:
        # Decoded here: json would guess among five encodings, and bytes must have one meaning.
        decoded = json.loads(body.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    well_formed = isinstance(decoded, dict) and decoded.get("v") == FORMAT and isinstance(decoded.get("at"), str)
    return decoded if well_formed else None


def _copies_agree(row: Row[Any], body: Mapping[str, Any]) -> bool:
    return (
        body.get("seq") == row.seq
        and body["at"] == _time_as_written(row.at)
        and all(body.get(name) == getattr(row, name) for name in _COPIED)
    )


def _time_as_written(stored: object) -> str | None:
    try:
        return clock.to_text(clock.from_microseconds(stored)) if isinstance(stored, int) else None
    except OverflowError:
        return None
