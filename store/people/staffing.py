"""Rules about who there is: one person has one ID, and there is always an officer and a custodian.

They are asked inside the transaction of a change, after its row was written: of two changes at once, the second one
sees the first.
"""

from typing import Final

from sqlalchemy import Connection

from store.errors import LastKeeper, PersonIdCommon, RolesClash, StaffNumberShared
from store.people.persons import IdStanding, Person, persons
from store.rights import Role, clashes
from store.sealing.row_seals import RowSeals

KEEPERS: Final = (Role.OFFICER, Role.CUSTODIAN)
"""The roles without which nobody could put the terminal in order again."""

# Names of nobody: several people would know the PIN, or each system has it.
_COMMON_IDS: Final = frozenset(
    {"admin", "administrator", "common", "default", "guest", "kyotsu", "kyoyo", "manager", "renkei", "root"}
    | {"shared", "staff", "system", "test", "user", *(role.value for role in Role)}
)


def refuse_common(person_id: str) -> None:
    """Raise PersonIdCommon for an ID that names no single person."""
    if person_id in _COMMON_IDS:
        raise PersonIdCommon(person=person_id)


def refuse_clash(person: Person, *, two_persons: bool) -> None:
    """Raise RolesClash when the roles of a person, or those to come, must not be one person's."""
    # What is to come is judged now: on that day nobody would be asked.
    for roles in (person.roles, *(() if person.coming is None else (person.coming.roles,))):
        if clashes(roles, two_persons=two_persons):
            raise RolesClash(roles="+".join(sorted(roles)))


def refuse_shared(conn: Connection, seals: RowSeals, person: Person) -> None:
    """Raise StaffNumberShared when another ID that is not ended has the same staff number."""
    if person.staff is None or person.standing is IdStanding.ENDED:
        return
    # Also who is suspended: they come back.
    for other in persons(conn, seals):
        if other.id != person.id and other.staff == person.staff and other.standing is not IdStanding.ENDED:
            raise StaffNumberShared(person=other.id)


def refuse_last(conn: Connection, seals: RowSeals, before: Person) -> None:
    """Raise LastKeeper when a change took the last officer or the last custodian away, be it only from a day on."""
    now = persons(conn, seals)
    for role in KEEPERS:
        # Only who was counted upon can be the last one: others may always go.
        if keeps(before, role) and not any(keeps(each, role) for each in now):
            raise LastKeeper(roles=role.value)


def keeps(person: Person, role: Role) -> bool:
    """Tell whether a person can be counted upon in a role: with a PIN of their own, today and without an end in sight.

    Who only stays until a day is not counted: on the day after there might be nobody.
    """
    coming = person.coming is None or role in person.coming.roles
    return person.active and not person.pin_given and person.valid_to is None and role in person.roles and coming
