"""The chain: entries are appended inside the transaction they record, and verified as stored."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select

from store import clock
from store.log.entries import EMPTY, ENTRIES, FORMAT, Detail, Draft, Tail, extend
from store.log.events import Event, Result

Progress = Callable[[int, int], None]
"""Called with the entries verified so far and the entries there are."""

_AT_ONCE: Final = 4096
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
        rows = []
        for draft in drafts:
            tail, row = extend(tail, draft, terminal_id=self._terminal_id, now=moment)
            rows.append(row)
        if rows:
            tx.execute(insert(ENTRIES), rows)
        return range(first, tail.seq + 1)

    def verify(self, reading: Connection, progress: Progress | None = None) -> Verification:
        """Read the whole chain once, front to back, and say how far it holds.

        What it cannot see alone: entries cut off at the end, and a chain made anew from the start.
        """
        total = reading.scalar(select(func.count()).select_from(ENTRIES)) or 0
        before, checked = EMPTY, 0
        for row in _stored(reading):
            flaw, before = _examine(row, before, self._terminal_id)
            if flaw is not None:
                return Verification(ok=False, entries=checked, first_bad=checked + 1, cause=flaw)
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
    statement = select(ENTRIES).order_by(ENTRIES.c.seq).execution_options(yield_per=_AT_ONCE)
    with reading.execute(statement) as result:
        yield from result


def _examine(row: Row[Any], before: Tail, terminal_id: str) -> tuple[Flaw | None, Tail]:
    """Check a stored row against the entry before it; return its flaw, if any, and the new end."""
    after = Tail(row.seq, sha256(row.body).digest(), row.at)
    if row.seq != before.seq + 1:
        return Flaw.GAP, after
    if after.hash != row.hash:
        return Flaw.HASH, after
    body = _decode(row.body)
    if body is None:
        return Flaw.BODY, after
    tests = {
        Flaw.LINK: body.get("prev") == before.hash.hex(),
        Flaw.TERMINAL: body.get("terminal") == terminal_id,
        Flaw.TIME: before.at is None or row.at >= before.at,
        Flaw.COPY: _copies_agree(row, body),
    }
    return next((flaw for flaw, holds in tests.items() if not holds), None), after


def _decode(body: bytes) -> Mapping[str, Any] | None:
    try:
        # Decoded here: json would guess among five encodings, and bytes must have one meaning.
        decoded = json.loads(body.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) and decoded.get("v") == FORMAT else None


def _copies_agree(row: Row[Any], body: Mapping[str, Any]) -> bool:
    return (
        body.get("seq") == row.seq
        and body.get("at") == clock.to_text(row.at)
        and all(body.get(name) == getattr(row, name) for name in _COPIED)
    )
