"""Proofs: what the log holds against a row before somebody decides on it.

A seal shows that the terminal wrote a row, but not that the row is the latest: whoever administers the database can put
an older row back, seal and all. Each entry about a change of a message therefore names the version of the row after it,
and a row whose version is lower than that of its last entry is outdated. Before a message leaves, its approval must
stand in the log as well: of this very revision and content, by somebody who wrote none of it.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, select

from store.errors import ApprovalUnproved, IntegrityFault, RowOutdated
from store.log.entries import ENTRIES
from store.log.events import Event, InDetail, Result
from store.log.latest import find, number_in
from store.message.states import OutState
from store.queue import sealed_rows
from store.queue.pages import in_batches
from store.queue.tables import MESSAGES, MessageRow
from store.sealing.vault import Vault

CHANGES: Final = frozenset(event for event in Event if event.after is not None)
"""The events that change the row of the message that they are about."""

BEGINNINGS: Final = frozenset({Event.MESSAGE_IMPORTED, Event.MESSAGE_ENTERED, Event.NOTICE_RECEIVED})
"""The events with which a message comes into the queue; its row then has version 1."""
WRITING: Final = frozenset({Event.MESSAGE_IMPORTED, Event.MESSAGE_ENTERED, Event.MESSAGE_REVISED})
"""The events whose actor wrote a revision of the message."""


def is_change() -> ColumnElement[bool]:
    """Return the condition that an entry is about a change of a message, for queries by messages."""
    # Written so that no engine looks for it in the index of events: these are most of the log, and the index of objects
    # leads to the few that are wanted. With the index of events a page of a comparison took seven times as long.
    return ENTRIES.c.event.concat("").in_(sorted(event.value for event in CHANGES))


# The admitted values of a detail have no quotation mark, so what is found is a member of the detail and nothing else.
_ENVELOPE: Final = re.compile(rb'"envelope":"([0-9a-f]{64})"')
_TO: Final = re.compile(rb'"to":"([a-z_]+)"')
_CHANGES: Final = (
    select(ENTRIES.c.object, *(ENTRIES.c[name] for name in ("event", "actor", "body", "seq", "session")))
    .where(
        ENTRIES.c.object.in_(bindparam("uids", expanding=True)),
        is_change(),
    )
    # The order of the index of objects, so that nothing is sorted.
    .order_by(ENTRIES.c.object, ENTRIES.c.seq)
)


class Sound(NamedTuple):
    """The rows on which somebody may decide, and the numbers of the others, each with what is wrong with it."""

    rows: list[MessageRow]
    broken: Sequence[tuple[int, IntegrityFault]] = ()


def sound(conn: Connection, vault: Vault, rows: Sequence[MessageRow]) -> Sound:
    """Tell which rows the terminal wrote and the log has nothing newer about."""
    return _sift(conn, rows, lambda row, changes: _check(vault, row, changes))


def refuse_unsound(conn: Connection, vault: Vault, row: MessageRow) -> None:
    """Raise RowSealBroken or RowOutdated unless a row is `sound`."""
    for _, error in sound(conn, vault, [row]).broken:
        raise error


def fit_to_leave(conn: Connection, vault: Vault, rows: Sequence[MessageRow], *, two_persons: bool) -> Sound:
    """Tell which rows are `sound` and proved by the log's own entry of their approval.

    `two_persons`: by somebody who wrote no revision of it.
    """

    def check(row: MessageRow, changes: "Sequence[RecordedChange]") -> None:
        _check(vault, row, changes)
        if not is_proved(row, changes, two_persons=two_persons):
            raise ApprovalUnproved(reference=row.reference)

    return _sift(conn, rows, check)


def is_on_record(conn: Connection, rows: Sequence[MessageRow]) -> Sound:
    """Tell which rows are just as their last entry in the log left them."""

    def check(row: MessageRow, changes: "Sequence[RecordedChange]") -> None:
        # An entry of an older program names no version, but the state that it left.
        last = changes[-1] if changes else None
        if last is None or (last.version or row.version, last.state) != (row.version, row.state):
            raise RowOutdated(table=MESSAGES.name, row=row.uid)

    return _sift(conn, rows, check)


# ── What the log says ─────────────────────────────────────────────────────────────────────────────


class RecordedChange(NamedTuple):
    """An entry about a change of a message: its event, who acted, its details, its number and its session."""

    event: str
    actor: str | None
    body: bytes
    seq: int = 0
    session: str | None = None

    @property
    def version(self) -> int | None:
        """The version of the row after the change; None where an older program wrote the entry without it."""
        return 1 if self.event in BEGINNINGS else number_in(self.body, "version")

    @property
    def state(self) -> str:
        """The state of the message after the change."""
        found = find(_TO, self.body)
        if found is not None:
            return found[1].decode("ascii")
        # Without that detail an older program released a message whose planned day had come.
        return _STATES[self.event] or OutState.APPROVED.value


_FILES: Final = (
    select(ENTRIES.c.seq, ENTRIES.c.session, ENTRIES.c.event, ENTRIES.c.result)
    .where(ENTRIES.c.event.in_(sorted({Event.FILE_IMPORTING.value, Event.FILE_IMPORTED.value})))
    .order_by(ENTRIES.c.seq)
)


class UnfinishedFiles:
    """The files that take several transactions and were not taken in to their end, as the log has them."""

    def __init__(self, conn: Connection) -> None:
        # By session, the numbers between the entries about the beginning and the end of each such file.
        self._stretches: dict[str, list[range]] = {}
        begun: dict[str, int] = {}
        for seq, session, event, result in conn.execute(_FILES):
            if event == Event.FILE_IMPORTING:
                begun[session] = seq
            elif session in begun and result != Result.DONE:
                self._stretches.setdefault(session, []).append(range(begun.pop(session), seq))
            else:
                begun.pop(session, None)
        for session, seq in begun.items():
            self._stretches.setdefault(session, []).append(range(seq, sys.maxsize))

    def brought(self, change: RecordedChange) -> bool:
        """Tell whether a message that nobody took a step with came with such a file."""
        if change.event != Event.MESSAGE_IMPORTED or change.session is None:
            return False
        return any(change.seq in stretch for stretch in self._stretches.get(change.session, ()))


_WRITTEN_BY: Final = frozenset(event.value for event in WRITING)
# None: the entry itself tells the state.
_STATES: Final[Mapping[str, str | None]] = {
    event.value: None if event.after is InDetail.STATE else str(event.after) for event in CHANGES
}


def changes_of(conn: Connection, uids: Iterable[str]) -> dict[str, list[RecordedChange]]:
    """Return the changes of messages by uid, oldest first."""
    found: dict[str, list[RecordedChange]] = {uid: [] for uid in uids}
    for some in in_batches(found):
        with conn.execute(_CHANGES, {"uids": some}) as result:
            # The driver's own rows: SQLAlchemy's row for each entry takes longer than finding it.
            for uid, *change in result.cursor.fetchall():
                found[uid].append(RecordedChange._make(change))
    return found


def left_as(conn: Connection, uids: Iterable[str]) -> dict[str, str]:
    """Return, by uid, the digest of the bytes that left last for a message; an older program did not record it."""
    left: dict[str, str] = {}
    for uid, changes in changes_of(conn, uids).items():
        last = next((change for change in reversed(changes) if change.event == Event.MESSAGE_SENDING), None)
        found = find(_ENVELOPE, last.body) if last is not None else None
        if found is not None:
            left[uid] = found[1].decode("ascii")
    return left


def _sift(
    conn: Connection, rows: Sequence[MessageRow], check: Callable[[MessageRow, Sequence[RecordedChange]], None]
) -> Sound:
    changes = changes_of(conn, [row.uid for row in rows])
    good: list[MessageRow] = []
    broken: list[tuple[int, IntegrityFault]] = []
    for row in rows:
        try:
            check(row, changes[row.uid])
        except IntegrityFault as error:
            broken.append((row.id, error))
        else:
            good.append(row)
    return Sound(good, broken)


def _check(vault: Vault, row: MessageRow, changes: Sequence[RecordedChange]) -> None:
    sealed_rows.check_seal(vault.rows, row)
    version = changes[-1].version if changes else None
    if version is not None and version > row.version:
        raise RowOutdated(table=MESSAGES.name, row=row.uid)


def is_proved(row: MessageRow, changes: Sequence[RecordedChange], *, two_persons: bool) -> bool:
    """Tell whether the last approval in the log is of exactly this content, by the approver of the row."""
    # The last one: an earlier approval was voided by the return or the revision after it.
    approval = next((change for change in reversed(changes) if change.event == Event.MESSAGE_APPROVED), None)
    if approval is None or row.approved_digest is None or approval.actor != row.approver:
        return False
    # Both of them: what the row forgot the log knows, and what was pruned from the log stands in the row.
    if two_persons and (
        approval.actor in row.writers
        or any(change.actor == approval.actor for change in changes if change.event in _WRITTEN_BY)
    ):
        return False
    # The detail's members stand in the order of their names, with nothing in between.
    content = b'"content":"%s",' % row.approved_digest.hex().encode("ascii")
    return content in approval.body and b'"revision":%d,' % (row.approved_revision or 0) in approval.body
