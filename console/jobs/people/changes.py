"""Changes of the register of people (利用者): an officer asks, a second person agrees, the log has before and after.

What a change would do is found out by doing it and taking it back: so what both persons see, and what is refused, is
what the change itself does.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from console.errors import OwnPersonRefused, SecondPersonMissing
from console.jobs.admission import admit
from console.jobs.people.deeds import CODE_LIFE, DRAWING, PersonChange, PersonDeed, carry_out
from console.jobs.people.logon import SecondPerson, vouch
from console.session import Session
from console.terminal import Terminal
from store.errors import PersonChanged
from store.log import Event
from store.people import Coming, Details, IdStanding, Person, details_of, failures_of, hash_new_pin, person, persons
from store.people.pins import draw_pin
from store.people.staffing import refuse_clash, refuse_last, refuse_shared
from store.rights import Right, Role

# What a person may ask for about the own ID, with a second person: it gives nothing that was not there.
_OF_ONESELF: Final = frozenset({PersonDeed.CHANGE})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an ID. `code_until`: until when its one-time code holds; `failures`: wrong PINs that count."""

    details: Details
    roles: frozenset[Role]
    coming: Coming | None
    valid_from: date | None
    valid_to: date | None
    standing: IdStanding
    pin_given: bool
    code_until: datetime | None
    failures: int
    version: int


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """A change, and what is known before (None: nobody had the ID) and after it.

    `alone`: nobody is there yet who could agree, so that the officer decides alone, and the log says so.
    """

    change: PersonChange
    before: Facts | None
    after: Facts
    alone: bool


def plan(terminal: Terminal, session: Session, change: PersonChange) -> ChangePlan:
    """Return what a change would do, without doing it; the plan's change names the version that this was about.

    Raises what `make` raises but for the second person.
    """
    # Also while the log is halted: what is only looked at is no new work.
    admit(terminal, session, Right.PEOPLE, even_halted=True)
    _refuse_own(session, change)
    pin_hash = _hash_of_nothing(terminal, change)
    with suppress(_TakenBack), terminal.database.writing() as tx:
        before, after = _apply(terminal, tx, change, pin_hash)
        # The only way out of a writing block that keeps nothing.
        raise _TakenBack
    with terminal.database.reading() as reading:
        alone = _is_alone(terminal, reading, session, change)
    # Both persons agree to what they saw: a change in between voids it.
    seen = None if before is None else before.version
    return ChangePlan(replace(change, version=seen), before, after, alone)


def make(
    terminal: Terminal,
    session: Session,
    change: PersonChange,
    *,
    second: SecondPerson | None,
    hand_over: Callable[[str], object] = lambda _code: None,
) -> None:
    """Do what an officer and the `second` person want with an ID; while the log is halted as well.

    `hand_over` receives a one-time code before anything is stored: when it fails, nobody has a code that is lost.
    Raises SecondPersonMissing, OwnPersonRefused, PersonChanged, a PeopleFault, and what `vouch` raises.
    """
    admit(terminal, session, Right.PEOPLE, even_halted=second is not None)
    _refuse_own(session, change)
    # Nobody to ask is a matter of who is registered, and not of what somebody says of it.
    if second is None:
        with terminal.database.reading() as reading:
            if not _is_alone(terminal, reading, session, change):
                raise SecondPersonMissing
    else:
        # Nobody agrees to what is decided about them, such as more roles.
        if second.person_id == change.person_id:
            raise OwnPersonRefused
        vouch(terminal, session, second, Right.AGREE_PEOPLE)
    code = draw_pin() if change.deed in DRAWING else ""
    # Hashed before the writing block: it takes a noticeable time on purpose, and nobody else should wait for it.
    pin_hash = hash_new_pin(terminal.pepper, change.person_id, code) if code else ""
    with terminal.database.writing() as tx:
        before, after = _apply(terminal, tx, change, pin_hash)
        _record(terminal, tx, session, change, before, after, second)
        if code:
            # Inside the transaction: an error here takes the change back.
            hand_over(code)


class _TakenBack(Exception):
    """The end of a change that was only looked at."""


def _refuse_own(session: Session, change: PersonChange) -> None:
    if change.person_id == session.person_id and change.deed not in _OF_ONESELF:
        raise OwnPersonRefused


def _hash_of_nothing(terminal: Terminal, change: PersonChange) -> str:
    """Return what stands for the hash of a code that nobody draws; the ID is looked at as it will be."""
    # A code of its own, which goes with the change: the ID is held against the rules that a code brings along.
    return hash_new_pin(terminal.pepper, change.person_id, draw_pin()) if change.deed in DRAWING else ""


def _is_alone(terminal: Terminal, reading: Connection, session: Session, change: PersonChange) -> bool:
    """Tell whether an officer may register somebody alone, since nobody else is there yet to agree.

    Nobody gets there alone later: that somebody may no longer log on takes two persons as well, and who is locked
    after wrong PINs still counts.
    """
    # Who only has a code could be anybody: the officer may still hold it.
    others = (each for each in persons(reading, terminal.vault.rows) if each.id != session.person_id)
    return change.deed is PersonDeed.ADD and not any(
        each.active and not each.pin_given and Right.AGREE_PEOPLE in each.rights for each in others
    )


def _apply(terminal: Terminal, tx: Connection, change: PersonChange, pin_hash: str) -> tuple[Facts | None, Facts]:
    """Change the tables, and hold what comes of it against the rules; return what is known before and after."""
    seals = terminal.vault.rows
    known = None if change.deed is PersonDeed.ADD else person(tx, seals, change.person_id)
    if known is not None and change.version not in {None, known.version}:
        raise PersonChanged(person=change.person_id)
    before = None if known is None else facts_of(terminal, tx, known)
    carry_out(terminal, tx, change, known, pin_hash)
    # Read anew, as everybody reads it from now on, and judged as it is then.
    now = person(tx, seals, change.person_id)
    refuse_clash(now, two_persons=terminal.settings.review.two_persons)
    refuse_shared(tx, seals, now)
    if known is not None:
        refuse_last(tx, seals, known)
    return before, facts_of(terminal, tx, now)


def facts_of(terminal: Terminal, conn: Connection, known: Person) -> Facts:
    """Return what is known of a person. Raises SealBroken, RowSealBroken."""
    return Facts(
        details_of(conn, terminal.vault, known),
        known.roles,
        known.coming,
        known.valid_from,
        known.valid_to,
        known.standing,
        known.pin_given,
        known.code_until,
        failures_of(conn, terminal.vault.rows, terminal.pepper, known.id),
        known.version,
    )


_EVENTS: Final = {
    PersonDeed.ADD: Event.PERSON_ADDED,
    PersonDeed.CHANGE: Event.PERSON_CHANGED,
    PersonDeed.ROLES: Event.ROLES_CHANGED,
    PersonDeed.SUSPEND: Event.PERSON_SUSPENDED,
    PersonDeed.RESUME: Event.PERSON_RESUMED,
    PersonDeed.END: Event.PERSON_ENDED,
    PersonDeed.RESET: Event.PERSON_RESET,
    PersonDeed.RELEASE: Event.PERSON_UNLOCKED,
}


def _record(
    terminal: Terminal,
    tx: Connection,
    session: Session,
    change: PersonChange,
    before: Facts | None,
    after: Facts,
    second: SecondPerson | None,
) -> None:
    detail: dict[str, str | int] = dict(_before_and_after(change, before, after))
    # A release changes no row, so that the log must not name a version for it.
    if change.deed is not PersonDeed.RELEASE:
        detail["version"] = after.version
    if second is not None:
        detail["second"] = second.person_id
    terminal.log.append(
        tx,
        _EVENTS[change.deed],
        actor=session.person_id,
        session=session.id,
        object=change.person_id,
        detail=detail,
    )


def _before_and_after(change: PersonChange, before: Facts | None, after: Facts) -> dict[str, str | int]:
    """Return what the log has of a change: codes and days, but neither a name nor a number."""
    if before is None:
        return {"role": joined(after.roles), "to": _days(after)}
    match change.deed:
        case PersonDeed.ROLES:
            later = {} if change.on is None else {"on": change.on.isoformat()}
            return {"from": joined(before.roles), "to": joined(change.roles), **later}
        case PersonDeed.CHANGE:
            names = (name for name in ("name", "staff_number") if _of(before, name) != _of(after, name))
            # Which of the sealed texts changed, but not to what.
            return {"from": _days(before), "to": _days(after), "kind": ",".join(names)}
        case PersonDeed.RELEASE:
            return {"attempts": before.failures}
        case PersonDeed.RESET:
            return {"attempts": before.failures, "seconds": int(CODE_LIFE.total_seconds())}
        case _:
            return {"from": before.standing.value, "to": after.standing.value}


def _of(facts: Facts, name: str) -> str:
    return str(getattr(facts.details, name))


def joined(roles: frozenset[Role]) -> str:
    """Return roles as the log spells them."""
    return "+".join(sorted(roles))


def _days(facts: Facts) -> str:
    # Two full stops, as between ends that may be open: the log admits no blank.
    ends = ("" if day is None else day.isoformat() for day in (facts.valid_from, facts.valid_to))
    return "..".join(ends)
