"""The people of the terminal: their IDs, their roles, and the hashes of their PINs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import Field, SQLModel

from store.clock import to_microseconds
from store.errors import PersonExists, PersonIdBad, PersonMissing, RolesMissing, RowOutdated
from store.log.events import Event
from store.log.latest import latest_about
from store.people.pins import Pepper, check_pin_policy
from store.rights import Right, Role, rights_of
from store.schema import UtcMoment, table
from store.sealing.row_seals import Plain, RowSeals

FIRST_VERSION: Final = 1
CHANGES: Final = frozenset({Event.PERSON_ADDED, Event.PIN_CHANGED, Event.OPERATOR_LOGGED_ON})
"""The events whose entries name the version of the row of the person that they are about."""

_ID: Final = re.compile(r"[a-z0-9-]{3,32}")


class PersonRow(SQLModel, table=True):
    """A person (利用者). `roles` are sorted and joined by commas."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    roles: str
    pin_hash: str
    pin_given: bool
    pin_set_at: datetime = Field(sa_type=UtcMoment)
    # People are never deleted, because the log names them for ever. They only cease to be active.
    active: bool
    created_at: datetime = Field(sa_type=UtcMoment)
    version: int  # Counts every change of this row.
    seal: bytes  # Binds all other columns to the keys of the queue.


PERSONS: Final = table(PersonRow)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as registered. `pin_given` means that another person set the PIN, so that it has to be changed.

    `version` is that of the row, which the log's entries about its changes name.
    """

    id: str
    roles: frozenset[Role]
    pin_given: bool
    active: bool
    version: int

    @property
    def rights(self) -> frozenset[Right]:
        """All rights of this person."""
        return rights_of(self.roles)


def hash_new_pin(pepper: Pepper, person_id: str, pin: str) -> str:
    """Check a new PIN and return its hash, which is what the register keeps.

    Slow: call it outside any transaction. Raises PersonIdBad and the kinds of PinFault.
    """
    if not _ID.fullmatch(person_id):
        raise PersonIdBad
    check_pin_policy(pin, person_id=person_id)
    return pepper.hash_pin(person_id, pin)


def add_person(
    tx: Connection,
    seals: RowSeals,
    person_id: str,
    roles: Iterable[Role],
    pin_hash: str,
    *,
    now: datetime,
    pin_given: bool = True,
) -> Person:
    """Register a person with the hash that `hash_new_pin` returned.

    Raises PersonIdBad, PersonExists (also when the person is no longer active), RolesMissing.
    """
    if not _ID.fullmatch(person_id):
        raise PersonIdBad
    # An ID is never given twice: the log would otherwise name two people by it.
    if tx.scalar(select(PERSONS.c.id).where(PERSONS.c.id == person_id)) is not None:
        raise PersonExists(person=person_id)
    values: dict[str, Any] = {
        "id": person_id,
        "roles": _joined(roles),
        "pin_hash": pin_hash,
        "pin_given": pin_given,
        "pin_set_at": now,
        "active": True,
        "created_at": now,
        "version": FIRST_VERSION,
    }
    tx.execute(insert(PERSONS), {**values, "seal": seals.seal(PERSONS.name, sealed_values(values))})
    return person(tx, seals, person_id)


def set_pin(tx: Connection, seals: RowSeals, person_id: str, pin_hash: str, *, now: datetime, pin_given: bool) -> int:
    """Store the hash of a new PIN; return the row's new version, for the log.

    `pin_given` is False when the person chose the PIN. Raises PersonMissing, RowSealBroken, RowOutdated.
    """
    return _update(tx, seals, person_id, pin_hash=pin_hash, pin_given=pin_given, pin_set_at=now)


def rebind_pin(tx: Connection, seals: RowSeals, person_id: str, pin_hash: str) -> int:
    """Store another hash of the same PIN; return the row's new version. Raises as `set_pin`."""
    return _update(tx, seals, person_id, pin_hash=pin_hash)


def set_roles(tx: Connection, seals: RowSeals, person_id: str, roles: Iterable[Role]) -> int:
    """Give a person exactly these roles; return the row's new version. Raises as `set_pin`, and RolesMissing."""
    return _update(tx, seals, person_id, roles=_joined(roles))


def set_active(tx: Connection, seals: RowSeals, person_id: str, *, active: bool) -> int:
    """Let a person log on, or no longer; return the row's new version. The ID stays theirs for ever.

    Raises as `set_pin`.
    """
    return _update(tx, seals, person_id, active=active)


def person(conn: Connection, seals: RowSeals, person_id: str) -> Person:
    """Return the person with that ID. Raises PersonMissing, RowSealBroken, RowOutdated."""
    row = _find(conn, seals, person_id)
    if row is None:
        raise PersonMissing
    return _person(row)


def persons(conn: Connection, seals: RowSeals) -> list[Person]:
    """Return all people in the order of their IDs. Raises RowSealBroken, RowOutdated."""
    rows = conn.execute(select(PERSONS).order_by(PERSONS.c.id)).all()
    for row in rows:
        check_person(conn, seals, row)
    return [_person(row) for row in rows]


def kept_pin(conn: Connection, seals: RowSeals, person_id: str) -> str | None:
    """Return the hash of an active person's PIN; None for everybody else, whatever was typed.

    Raises RowSealBroken, RowOutdated.
    """
    # What is typed into the ID field may be anything, of any length. Only a possible ID is looked up.
    row = _find(conn, seals, person_id) if _ID.fullmatch(person_id) else None
    return row.pin_hash if row is not None and row.active else None


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    moments = (to_microseconds(row[name]) for name in ("pin_set_at", "created_at"))
    # As numbers, because SQLite knows no truth values.
    answers = (int(row[name]) for name in ("pin_given", "active"))
    return [row["id"], row["roles"], row["pin_hash"], row["version"], *answers, *moments]


def _find(conn: Connection, seals: RowSeals, person_id: str) -> Row[Any] | None:
    row = conn.execute(select(PERSONS).where(PERSONS.c.id == person_id)).one_or_none()
    if row is not None:
        check_person(conn, seals, row)
    return row


def check_person(conn: Connection, seals: RowSeals, row: Row[Any]) -> None:
    """Raise RowSealBroken or RowOutdated unless the terminal wrote the row and the log has nothing newer about it."""
    seals.check(PERSONS.name, row.id, sealed_values(row._mapping), row.seal)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.
    word = latest_about(conn, row.id, CHANGES)
    version = word.number("version") if word is not None else None
    if version is not None and version > row.version:
        raise RowOutdated(table=PERSONS.name, row=row.id)


def _update(tx: Connection, seals: RowSeals, person_id: str, **values: Any) -> int:
    row = _find(tx, seals, person_id)
    if row is None:
        raise PersonMissing
    # From the row that was checked: sealing what somebody else wrote would make it the terminal's own word.
    after = {**row._mapping, **values, "version": row.version + 1}  # noqa: SLF001  # As above.
    after["seal"] = seals.seal(PERSONS.name, sealed_values(after))
    tx.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(after))
    return int(after["version"])


def _joined(roles: Iterable[Role]) -> str:
    # Sorted, so that the same roles are the same text, whatever order they were given in.
    joined = ",".join(sorted(set(roles)))
    if not joined:
        raise RolesMissing
    return joined


def _person(row: Row[Any]) -> Person:
    return Person(
        row.id, frozenset(Role(name) for name in row.roles.split(",")), row.pin_given, row.active, row.version
    )
