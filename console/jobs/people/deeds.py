"""What can be done with an ID of the register, and how each deed changes the tables.

Whether it may be done, and that two persons want it, is the matter of `changes`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from console.jobs.people.logon import close_sessions_of
from console.terminal import Terminal
from store import clock
from store.errors import PersonStandsOtherwise, PersonUnchanged, ValidityBad
from store.people import (
    Details,
    IdStanding,
    Person,
    Terms,
    add_person,
    details_of,
    set_details,
    set_pin,
    set_roles,
    set_standing,
    set_validity,
    unlock,
)
from store.people.details import person_name, put_details, reason, staff_number, staff_pseudonym
from store.people.staffing import refuse_common
from store.rights import Role

CODE_LIFE: Final = timedelta(hours=24)
"""How long a one-time code opens the log-on."""


class PersonDeed(StrEnum):
    """What can be done with an ID. The values name texts, and the requests of the command line."""

    ADD = "add"
    CHANGE = "change"
    ROLES = "roles"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"
    RESET = "reset"
    RELEASE = "release"


DRAWING: Final = frozenset({PersonDeed.ADD, PersonDeed.RESET})
"""The deeds that draw a one-time code."""


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What an officer wants for an ID.

    `version` is that of the row that the officer saw (None: whatever it is now). Name, number and days are those
    afterwards, for ADD and CHANGE; `roles` for ADD and ROLES, there `on` a day (None: at once); `reason` for SUSPEND.
    """

    deed: PersonDeed
    person_id: str
    version: int | None = None
    name: str = ""
    staff_number: str = ""
    roles: frozenset[Role] = frozenset()
    on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    reason: str = ""


def carry_out(terminal: Terminal, tx: Connection, change: PersonChange, known: Person | None, pin_hash: str) -> None:
    """Change the tables as a deed wants it; `known` is the person before, None for ADD.

    Raises PersonUnchanged, PersonStandsOtherwise, ValidityBad, and what the store raises.
    """
    if known is None:
        _add(terminal, tx, change, pin_hash)
        return
    if known.standing is IdStanding.ENDED:
        # The log names its person by it, for ever; who comes back gets another ID.
        raise PersonStandsOtherwise(person=known.id, standing=known.standing.value)
    match change.deed:
        case PersonDeed.CHANGE:
            _change(terminal, tx, change, known)
        case PersonDeed.ROLES:
            _give_roles(terminal, tx, change, known)
        case PersonDeed.RESET:
            _reset(terminal, tx, change, pin_hash)
        case PersonDeed.RELEASE:
            if not unlock(tx, terminal.pepper, known.id):
                raise PersonUnchanged(person=known.id)
        case _:
            _let_stand(terminal, tx, change, known)


def _add(terminal: Terminal, tx: Connection, change: PersonChange, pin_hash: str) -> None:
    # Before all else: such an ID could be registered nowhere, whoever it is for.
    refuse_common(change.person_id)
    details = Details(person_name(change.name), staff_number(change.staff_number))
    _refuse_bad_days(change.valid_from, change.valid_to)
    terms = Terms(
        staff=staff_pseudonym(terminal.vault, details.staff_number),
        valid_from=change.valid_from,
        valid_to=change.valid_to,
        code_until=clock.now() + CODE_LIFE,
    )
    added = add_person(tx, terminal.vault.rows, change.person_id, change.roles, pin_hash, now=clock.now(), terms=terms)
    # Under the version that the new row names.
    put_details(tx, terminal.vault, added.id, added.version, details)


def _change(terminal: Terminal, tx: Connection, change: PersonChange, known: Person) -> None:
    before = details_of(tx, terminal.vault, known)
    # Both are wanted, also of whom an older program registered without: the first change makes up for it.
    after = Details(person_name(change.name), staff_number(change.staff_number), before.reason)
    days = (change.valid_from, change.valid_to)
    if (after, days) == (before, (known.valid_from, known.valid_to)):
        raise PersonUnchanged(person=known.id)
    if days != (known.valid_from, known.valid_to):
        _refuse_bad_days(*days)
        set_validity(tx, terminal.vault.rows, known.id, valid_from=days[0], valid_to=days[1])
    if after != before:
        _put(terminal, tx, known, after)


def _give_roles(terminal: Terminal, tx: Connection, change: PersonChange, known: Person) -> None:
    today = clock.day_in_japan(clock.now())
    # From today on is at once, and then nobody can be surprised by a day that is over.
    if change.on is not None and change.on <= today:
        raise ValidityBad
    planned = None if known.coming is None else (known.coming.roles, known.coming.on)
    wanted = None if change.on is None else (change.roles, change.on)
    # The roles of today, given at once, also call off what was to come.
    if planned == wanted and (wanted is not None or change.roles == known.roles):
        raise PersonUnchanged(person=known.id)
    set_roles(tx, terminal.vault.rows, known.id, change.roles, on=change.on)
    # A session keeps the rights with which it began; what is to come begins with a log-on.
    if change.on is None and change.roles != known.roles:
        close_sessions_of(terminal, tx, known.id)


def _reset(terminal: Terminal, tx: Connection, change: PersonChange, pin_hash: str) -> None:
    until = clock.now() + CODE_LIFE
    seals = terminal.vault.rows
    set_pin(tx, seals, change.person_id, pin_hash, now=clock.now(), pin_given=True, code_until=until)
    # Who has forgotten the PIN has tried it as well.
    unlock(tx, terminal.pepper, change.person_id)
    # Whoever is at work under the PIN that was perhaps found out ends with it.
    close_sessions_of(terminal, tx, change.person_id)


_STANDINGS: Final = {
    PersonDeed.SUSPEND: IdStanding.SUSPENDED,
    PersonDeed.RESUME: IdStanding.ACTIVE,
    PersonDeed.END: IdStanding.ENDED,
}


def _let_stand(terminal: Terminal, tx: Connection, change: PersonChange, known: Person) -> None:
    wanted = _STANDINGS[change.deed]
    if known.standing is wanted:
        raise PersonUnchanged(person=known.id)
    before = details_of(tx, terminal.vault, known)
    # The reason goes with the standing that it explained.
    after = Details(before.name, before.staff_number, reason(change.reason))
    set_standing(tx, terminal.vault.rows, known.id, wanted)
    if after != before:
        _put(terminal, tx, known, after)
    if wanted is not IdStanding.ACTIVE:
        close_sessions_of(terminal, tx, known.id)


def _put(terminal: Terminal, tx: Connection, known: Person, details: Details) -> None:
    """Seal the details of a person under the next version."""
    # Counted apart from the row: most changes of a person leave the details as they are.
    version = (known.details or 0) + 1
    staff = staff_pseudonym(terminal.vault, details.staff_number) if details.staff_number else None
    set_details(tx, terminal.vault.rows, known.id, staff=staff, details=version)
    put_details(tx, terminal.vault, known.id, version, details)


def _refuse_bad_days(first: date | None, last: date | None) -> None:
    # A first day may be over: people are registered after their first day, or by an older program.
    if last is not None and last < max(first or last, clock.day_in_japan(clock.now())):
        raise ValidityBad
