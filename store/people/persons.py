"""The people of the terminal: their IDs, their roles, and the hashes of their PINs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import Field, SQLModel

from store.errors import PersonExists, PersonIdBad, PersonMissing, RolesMissing
from store.people.pins import Pepper, check_pin_policy
from store.rights import Right, Role, rights_of
from store.schema import UtcMoment, table

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


PERSONS: Final = table(PersonRow)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as registered. `pin_given` means that another person set the PIN, so that it has to be changed."""

    id: str
    roles: frozenset[Role]
    pin_given: bool
    active: bool

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
    return pepper.hash_pin(pin)


def add_person(
    tx: Connection, person_id: str, roles: Iterable[Role], pin_hash: str, *, now: datetime, pin_given: bool = True
) -> Person:
    """Register a person with the hash that `hash_new_pin` returned.

    Raises PersonIdBad, PersonExists (also when the person is no longer active), RolesMissing.
    """
    if not _ID.fullmatch(person_id):
        raise PersonIdBad
    # An ID is never given twice: the log would otherwise name two people by it.
    if _find(tx, person_id) is not None:
        raise PersonExists(person=person_id)
    values = {
        "id": person_id,
        "roles": _joined(roles),
        "pin_hash": pin_hash,
        "pin_given": pin_given,
        "pin_set_at": now,
        "active": True,
        "created_at": now,
    }
    tx.execute(insert(PERSONS), values)
    return person(tx, person_id)


def set_pin(tx: Connection, person_id: str, pin_hash: str, *, now: datetime, pin_given: bool) -> None:
    """Store the hash of a new PIN. `pin_given` is False when the person chose the PIN. Raises PersonMissing."""
    _update(tx, person_id, pin_hash=pin_hash, pin_given=pin_given, pin_set_at=now)


def set_roles(tx: Connection, person_id: str, roles: Iterable[Role]) -> None:
    """Give a person exactly these roles. Raises PersonMissing, RolesMissing."""
    _update(tx, person_id, roles=_joined(roles))


def set_active(tx: Connection, person_id: str, *, active: bool) -> None:
    """Let a person log on, or no longer. The ID stays theirs for ever. Raises PersonMissing."""
    _update(tx, person_id, active=active)


def person(conn: Connection, person_id: str) -> Person:
    """Return the person with that ID. Raises PersonMissing."""
    row = _find(conn, person_id)
    if row is None:
        raise PersonMissing
    return _person(row)


def persons(conn: Connection) -> list[Person]:
    """Return all people in the order of their IDs."""
    return [_person(row) for row in conn.execute(select(PERSONS).order_by(PERSONS.c.id))]


def kept_pin(conn: Connection, person_id: str) -> str | None:
    """Return the hash of an active person's PIN; None for everybody else, whatever was typed."""
    # What is typed into the ID field may be anything, of any length. Only a possible ID is looked up.
    if not _ID.fullmatch(person_id):
        return None
    chosen = select(PERSONS.c.pin_hash).where(PERSONS.c.id == person_id, PERSONS.c.active)
    return conn.scalar(chosen)


def _find(conn: Connection, person_id: str) -> Row[Any] | None:
    return conn.execute(select(PERSONS).where(PERSONS.c.id == person_id)).one_or_none()


def _update(tx: Connection, person_id: str, **values: Any) -> None:
    if tx.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(values)).rowcount != 1:
        raise PersonMissing


def _joined(roles: Iterable[Role]) -> str:
    # Sorted, so that the same roles are the same text, whatever order they were given in.
    joined = ",".join(sorted(set(roles)))
    if not joined:
        raise RolesMissing
    return joined


def _person(row: Row[Any]) -> Person:
    return Person(row.id, frozenset(Role(name) for name in row.roles.split(",")), row.pin_given, row.active)
