"""The rows of messages as they are sealed and written: the one place that writes the table of messages.

All columns of a row decide something: its state and who approved what, but also whom it is about and since when it has
ended. So all of them are sealed, and whoever is about to decide on a row checks its seal first.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.exc import IntegrityError

from store.clock import to_microseconds
from store.errors import MessageChanged, ReferenceTaken
from store.queue.tables import ALL_MESSAGES, MessageRow
from store.sealing.row_seals import Plain, RowSeals
from store.statements import BulkStatement

SEALED: Final = MessageRow._fields[:-1]
"""The columns under the seal, in the order in which they are sealed."""
_PLACES: Final = {name: place for place, name in enumerate(SEALED)}
_DIGESTS: Final = tuple(_PLACES[name] for name in ("digest", "approved_digest"))
_DAY: Final = _PLACES["due_on"]
_EFFECTIVE, _TAKEN, _SINCE = (_PLACES[name] for name in ("effective_at", "taken_at", "state_since"))
_DIGEST, _APPROVED_DIGEST = _DIGESTS


def plain(row: MessageRow) -> list[Plain]:
    """Return the sealed columns of a row as they are sealed."""
    # Place by place and without a loop, which takes a third of the time: this runs for every row of every step.
    values: list[Any] = list(row[:-1])
    values[_EFFECTIVE] = to_microseconds(row.effective_at)
    values[_TAKEN] = to_microseconds(row.taken_at)
    values[_SINCE] = to_microseconds(row.state_since)
    values[_DIGEST], values[_APPROVED_DIGEST] = _hex(row.digest), _hex(row.approved_digest)
    if row.due_on is not None:
        values[_DAY] = row.due_on.isoformat()
    return values


def as_sealed(stored: list[Any]) -> list[Plain]:
    """Return the sealed columns as they are sealed, given as they are stored: moments in microseconds."""
    # SQLite stores a day as text and hands it out as such to the driver; PostgreSQL hands out a date.
    day = stored[_DAY]
    stored[_DAY] = day if day is None or isinstance(day, str) else day.isoformat()
    for place in _DIGESTS:
        stored[place] = _hex(stored[place])
    return stored


def _hex(digest: Any) -> Any:
    # A text in a column of bytes, which SQLite stores if somebody puts one there, is no digest and breaks the seal.
    return digest.hex() if isinstance(digest, bytes) else digest


def sealed(seals: RowSeals, row: MessageRow) -> MessageRow:
    """Return a row with its seal."""
    return MessageRow._make((*row[:-1], seals.seal(ALL_MESSAGES.name, plain(row))))


def check_seal(seals: RowSeals, row: MessageRow) -> None:
    """Raise RowSealBroken unless the terminal itself wrote the row exactly so."""
    seals.check(ALL_MESSAGES.name, row.uid, plain(row), row.seal)


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────

# What a step changes, and the few columns of which most steps change only these: the indexes by subject and by time are
# then not touched.
_MOVED: Final = ("state", "hold", "state_since", "version", "changed_by", "seal")
_WRITTEN: Final = (
    *_MOVED,
    "author",
    "authors",
    "approver",
    "revision",
    "digest",
    "effective_at",
    "subject",
    "approved_revision",
    "approved_digest",
    "warnings",
    "due_on",
    "pointer",
    "target",
)


def _update(written: Sequence[str]) -> BulkStatement:
    statement = (
        update(ALL_MESSAGES)
        .where(ALL_MESSAGES.c.id == bindparam("the_id"), ALL_MESSAGES.c.version == bindparam("version_before"))
        .values({name: bindparam(f"new_{name}", type_=ALL_MESSAGES.c[name].type) for name in written})
    )
    return BulkStatement(statement, ["the_id", "version_before", *(f"new_{name}" for name in written)])


_UPDATE: Final = _update(_WRITTEN)
_UPDATE_MOVED: Final = _update(_MOVED)
_written_values: Final = attrgetter(*_WRITTEN)
_moved_values: Final = attrgetter(*_MOVED)


def write(tx: Connection, rows: Sequence[MessageRow], *, only_moved: bool) -> None:
    """Write sealed rows over those of the version before; `only_moved` where a step changed nothing but the state."""
    update_rows, values = (_UPDATE_MOVED, _moved_values) if only_moved else (_UPDATE, _written_values)
    written = update_rows.run(tx, ((row.id, row.version - 1, *values(row)) for row in rows))
    if written != len(rows):
        # Impossible behind the lock of the only writer. If it happens all the same, the whole transaction is rolled
        # back.
        raise MessageChanged(reference="", person="")


# Approval, hold and the rest are empty in a new message, and the insert leaves them out.
_NEW: Final = (
    "id",
    "uid",
    "direction",
    "kind",
    "reference",
    "state",
    "effective_at",
    "taken_at",
    "due_on",
    "pointer",
    "target",
    "subject",
    "author",
    "authors",
    "revision",
    "digest",
    "warnings",
    "state_since",
    "version",
    "seal",
)
_INSERT: Final = BulkStatement.insert(ALL_MESSAGES, _NEW)
_new_values: Final = itemgetter(*(MessageRow._fields.index(name) for name in _NEW))


def insert(tx: Connection, rows: Iterable[MessageRow]) -> None:
    """Insert sealed rows of new messages. Raises ReferenceTaken when a message with the same key is there."""
    # The unique index decides about double references, also between rows of the same call.
    try:
        _INSERT.run(tx, map(_new_values, rows))
    except IntegrityError:
        raise ReferenceTaken from None
