"""The people of the terminal: their IDs, their roles, how long they may log on, and the hashes of their PINs.

Names and staff numbers are not here: `store.people.details` keeps them sealed. A row has only the pseudonym of the
staff number, by which two IDs of one person are recognised.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import Field, SQLModel

from store import clock
from store.errors import PersonExists, PersonIdBad, PersonMissing, RolesMissing, RowOutdated
from store.log.events import Event
from store.log.latest import latest_about
from store.people.pins import Pepper, check_pin_policy
from store.rights import Right, Role, rights_of
from store.schema import UtcMoment, table
from store.sealing.row_seals import Plain, RowSeals

FIRST_VERSION: Final = 1
CHANGES: Final = frozenset(
    {
        Event.PERSON_ADDED,
        Event.PERSON_CHANGED,
        Event.ROLES_CHANGED,
        Event.PERSON_SUSPENDED,
        Event.PERSON_RESUMED,
        Event.PERSON_ENDED,
        Event.PERSON_RESET,
        Event.PIN_CHANGED,
        Event.OPERATOR_LOGGED_ON,
    }
)
"""The events whose entries name the version of the row of the person that they are about."""

_ID: Final = re.compile(r"[a-z0-9-]{3,32}")


class IdStanding(StrEnum):
    """What two persons decided about an ID. An ended one never comes back, since the log names its person by it."""

    ACTIVE = "active"  # 有効
    SUSPENDED = "suspended"  # 停止
    ENDED = "ended"  # 終了


class PersonRow(SQLModel, table=True):
    """A person (利用者). `roles` are sorted and joined by commas; days are in ISO 8601.

    People are never deleted, because the log names them for ever. Their ID only comes to stand otherwise.
    """

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    roles: str
    pin_hash: str
    pin_given: bool
    pin_set_at: datetime = Field(sa_type=UtcMoment)
    created_at: datetime = Field(sa_type=UtcMoment)
    version: int  # Counts every change of this row.
    seal: bytes  # Binds all other columns to the keys of the queue.
    standing: str
    # Until when a one-time code opens the log-on. Empty for a PIN that its person chose, and for the first officer's
    # code, which nobody could draw anew.
    code_until: datetime | None = Field(default=None, sa_type=UtcMoment)
    # The pseudonym of the staff number; empty for people of an older program, until it is given.
    staff: str | None = Field(default=None, index=True)
    # The first and the last day on which the person may log on. Texts, so that what somebody else puts there is read
    # as it is, and named by the seal.
    valid_from: str | None
    valid_to: str | None
    # Other roles from a day on.
    coming_roles: str | None
    coming_on: str | None
    details: int | None  # Which version of the sealed details is in force.


PERSONS: Final = table(PersonRow)


class Terms(NamedTuple):
    """Whose number a new ID bears (a pseudonym), from when to when it holds, and until when its first code does."""

    staff: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    code_until: datetime | None = None


class Coming(NamedTuple):
    """The roles that a person has from a day on."""

    roles: frozenset[Role]
    on: date


@dataclass(frozen=True, slots=True)
class Person:
    """A person as registered, with the roles of today.

    `pin_given` means that another person drew the PIN, so that it has to be changed; it opens the log-on until
    `code_until`. `version` is that of the row, which the log's entries about its changes name; `details` that of the
    sealed name and number.
    """

    id: str
    roles: frozenset[Role]
    pin_given: bool
    version: int
    standing: IdStanding = IdStanding.ACTIVE
    code_until: datetime | None = None
    staff: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    coming: Coming | None = None
    details: int | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """All rights of this person."""
        return rights_of(self.roles)

    @property
    def active(self) -> bool:
        """Whether the person may log on today."""
        return self.standing is IdStanding.ACTIVE and self.is_valid(clock.day_in_japan(clock.now()))

    def is_valid(self, day: date) -> bool:
        """Tell whether a day lies between the first and the last one."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


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
    terms: Terms | None = None,
) -> Person:
    """Register a person with the hash that `hash_new_pin` returned; without `terms`, for ever and without a number.

    Raises PersonIdBad, PersonExists (also when the person is no longer active), RolesMissing.
    """
    if not _ID.fullmatch(person_id):
        raise PersonIdBad
    # An ID is never given twice: the log would otherwise name two people by it.
    if tx.scalar(select(PERSONS.c.id).where(PERSONS.c.id == person_id)) is not None:
        raise PersonExists(person=person_id)
    given = terms or Terms()
    values: dict[str, Any] = {
        "id": person_id,
        "roles": _joined(roles),
        "pin_hash": pin_hash,
        "pin_given": pin_given,
        "pin_set_at": now,
        "standing": IdStanding.ACTIVE.value,
        "code_until": given.code_until,
        "staff": given.staff,
        "valid_from": _spelt(given.valid_from),
        "valid_to": _spelt(given.valid_to),
        "coming_roles": None,
        "coming_on": None,
        "details": None if given.staff is None else FIRST_VERSION,
        "created_at": now,
        "version": FIRST_VERSION,
    }
    tx.execute(insert(PERSONS), {**values, "seal": seals.seal(PERSONS.name, sealed_values(values))})
    return person(tx, seals, person_id)


def set_pin(
    tx: Connection,
    seals: RowSeals,
    person_id: str,
    pin_hash: str,
    *,
    now: datetime,
    pin_given: bool,
    code_until: datetime | None = None,
) -> int:
    """Store the hash of a new PIN; return the row's new version, for the log.

    `pin_given` is False when the person chose the PIN. Raises PersonMissing, RowSealBroken, RowOutdated.
    """
    values = {"pin_hash": pin_hash, "pin_given": pin_given, "pin_set_at": now, "code_until": code_until}
    return _update(tx, seals, person_id, **values)


def rebind_pin(tx: Connection, seals: RowSeals, person_id: str, pin_hash: str) -> int:
    """Store another hash of the same PIN; return the row's new version. Raises as `set_pin`."""
    return _update(tx, seals, person_id, pin_hash=pin_hash)


def set_roles(tx: Connection, seals: RowSeals, person_id: str, roles: Iterable[Role], *, on: date | None = None) -> int:
    """Give a person exactly these roles, now or from a day on; return the row's new version.

    What was to come is given up. Raises as `set_pin`, and RolesMissing.
    """
    # One plan at a time: two that overtake each other nobody could follow.
    if on is None:
        return _update(tx, seals, person_id, roles=_joined(roles), coming_roles=None, coming_on=None)
    return _update(tx, seals, person_id, coming_roles=_joined(roles), coming_on=_spelt(on))


def set_standing(tx: Connection, seals: RowSeals, person_id: str, standing: IdStanding) -> int:
    """Let a person log on, or no longer; return the row's new version. The ID stays theirs for ever.

    Raises as `set_pin`.
    """
    return _update(tx, seals, person_id, standing=standing.value)


def set_validity(
    tx: Connection, seals: RowSeals, person_id: str, *, valid_from: date | None, valid_to: date | None
) -> int:
    """Set the first and the last day of a person; return the row's new version. Raises as `set_pin`."""
    return _update(tx, seals, person_id, valid_from=_spelt(valid_from), valid_to=_spelt(valid_to))


def set_details(tx: Connection, seals: RowSeals, person_id: str, *, staff: str | None, details: int) -> int:
    """Name the staff number's pseudonym and the sealed details in force; return the row's new version.

    Raises as `set_pin`.
    """
    return _update(tx, seals, person_id, staff=staff, details=details)


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
    return row.pin_hash if row is not None and _person(row).active else None


def is_registered(conn: Connection, person_id: str) -> bool:
    """Tell whether somebody has that ID, or had it; anything may be typed."""
    return _ID.fullmatch(person_id) is not None and (
        conn.scalar(select(PERSONS.c.id).where(PERSONS.c.id == person_id)) is not None
    )


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    until = row["code_until"]
    moments = (
        clock.to_microseconds(row["pin_set_at"]),
        clock.to_microseconds(row["created_at"]),
        None if until is None else clock.to_microseconds(until),
    )
    texts = (row[name] for name in ("standing", "staff", "valid_from", "valid_to", "coming_roles", "coming_on"))
    # As a number, because SQLite knows no truth values.
    given = int(row["pin_given"])
    return [row["id"], row["roles"], row["pin_hash"], row["version"], given, row["details"], *moments, *texts]


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
    before = dict(row._mapping)  # noqa: SLF001  # As above.
    if _is_due(row):
        # What was to come has come; a later change must not bring the roles before it back.
        before |= {"roles": row.coming_roles, "coming_roles": None, "coming_on": None}
    after = {**before, **values, "version": row.version + 1}
    after["seal"] = seals.seal(PERSONS.name, sealed_values(after))
    tx.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(after))
    return int(after["version"])


def _joined(roles: Iterable[Role]) -> str:
    # Sorted, so that the same roles are the same text, whatever order they were given in.
    joined = ",".join(sorted(set(roles)))
    if not joined:
        raise RolesMissing
    return joined


def _spelt(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _is_due(row: Row[Any]) -> bool:
    # Days in ISO 8601 compare as texts.
    return row.coming_on is not None and row.coming_on <= clock.day_in_japan(clock.now()).isoformat()


def _roles(joined: str) -> frozenset[Role]:
    return frozenset(Role(name) for name in joined.split(","))


def _person(row: Row[Any]) -> Person:
    """Return the person of a row that was checked."""
    due, on = _is_due(row), _day(row.coming_on)
    return Person(
        row.id,
        _roles(row.coming_roles if due else row.roles),
        row.pin_given,
        row.version,
        IdStanding(row.standing),
        row.code_until,
        row.staff,
        _day(row.valid_from),
        _day(row.valid_to),
        None if due or on is None else Coming(_roles(row.coming_roles), on),
        row.details,
    )
