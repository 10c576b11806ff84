"""The people whose address is hidden (支援措置: those protected from somebody who looks for them).

A person is known by the pseudonym of the 宛名番号, so that the protection follows the person and not a message. A row
bears a seal; a row that is gone, was changed or put back does not uncover an address, because the log tells of the
protection as well: what is in doubt is protected.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select
from sqlmodel import Field, SQLModel

from store.clock import to_microseconds
from store.errors import RowOutdated, RowSealBroken
from store.log.entries import ENTRIES
from store.log.events import Event
from store.log.latest import latest_about, number_in
from store.schema import UtcMoment, table
from store.sealing.row_seals import Plain, RowSeals


class ProtectedPersonRow(SQLModel, table=True):
    """Whether a person is protected. A protection that ended stays as a row that says so."""

    __tablename__ = "protected_person"

    subject: str = Field(primary_key=True)  # A pseudonym of the person's key.
    protected: bool
    since: datetime = Field(sa_type=UtcMoment)
    version: int  # Counts every change of this row.
    changed_by: str
    seal: bytes  # Binds all other columns to the keys of the queue.


PROTECTED_PERSONS: Final = table(ProtectedPersonRow)
TABLES: Final = (PROTECTED_PERSONS,)
EVENTS: Final = frozenset({Event.RESIDENT_PROTECTED, Event.RESIDENT_UNPROTECTED})
_ENTRIES: Final = (
    select(ENTRIES.c.object, ENTRIES.c.event, ENTRIES.c.body)
    .where(ENTRIES.c.event.in_(sorted(event.value for event in EVENTS)), ENTRIES.c.object.is_not(None))
    .order_by(ENTRIES.c.seq)
)


def is_protected(reading: Connection, seals: RowSeals, subject: str) -> bool:
    """Tell whether the address of a person is hidden: where row and log do not agree, it is."""
    # The log first: its last entry holds even where somebody took the row away.
    word = latest_about(reading, subject, EVENTS)
    row = reading.execute(select(PROTECTED_PERSONS).where(PROTECTED_PERSONS.c.subject == subject)).one_or_none()
    if row is None:
        # Nobody was ever protected, or the entries were pruned with a row that had ended.
        return word is not None and word.event != Event.RESIDENT_UNPROTECTED
    try:
        check_protection(seals, row, None if word is None else word.number("version"))
    except (RowSealBroken, RowOutdated):
        # `log verify --tables` names the row; until people have looked, nobody sees the address.
        return True
    return bool(row.protected)


def put(tx: Connection, seals: RowSeals, subject: str, *, protected: bool, by: str, now: datetime) -> int | None:
    """Protect a person, or end that; return the version of the row, or None where nothing changes.

    The caller writes the entry, which names the version, in the same transaction.
    """
    own = PROTECTED_PERSONS.c.subject == subject
    word = latest_about(tx, subject, EVENTS)
    row = tx.execute(select(PROTECTED_PERSONS).where(own)).one_or_none()
    # A row that is gone is written anew, although the log protects the person without it.
    if is_protected(tx, seals, subject) == protected and (row is not None or not protected):
        return None
    # Above whatever either of them has, so that nothing older can pass for the latest.
    version = 1 + max(0 if row is None else row.version, (word.number("version") or 0) if word else 0)
    values = {"subject": subject, "protected": protected, "since": now, "version": version, "changed_by": by}
    tx.execute(delete(PROTECTED_PERSONS).where(own))
    tx.execute(insert(PROTECTED_PERSONS), {**values, "seal": seals.seal(PROTECTED_PERSONS.name, sealed_values(values))})
    return version


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    # A truth value is sealed as a number: SQLite stores it as one.
    since = to_microseconds(row["since"])
    return [row["subject"], int(row["protected"]), since, row["version"], row["changed_by"]]


def check_protection(seals: RowSeals, row: Row[Any], version: int | None) -> None:
    """Raise RowSealBroken or RowOutdated unless the terminal wrote the row and the log has no later version of it."""
    seals.check(PROTECTED_PERSONS.name, row.subject, sealed_values(row._mapping), row.seal)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.
    if version is not None and version > row.version:
        raise RowOutdated(table=PROTECTED_PERSONS.name, row=row.subject)


def logged(reading: Connection) -> dict[str, int]:
    """Return the version of the last entry about each person who is or was protected."""
    return {about: number_in(body, "version") or 0 for about, _, body in reading.execute(_ENTRIES)}
