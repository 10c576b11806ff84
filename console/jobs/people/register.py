"""The register of the terminal's people as the officer sees it, and changing one's own PIN (protection measure 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from console.errors import PinNotNew
from console.jobs.admission import admit
from console.jobs.people import codes, sessions
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event
from store.people import (
    Details,
    IdStanding,
    Person,
    failures_of,
    hash_new_pin,
    kept_pin,
    person,
    persons,
    set_pin,
)
from store.people.attempts import LOCKED_AFTER
from store.people.details import all_details, details_of
from store.rights import Right, Role

__all__ = ["Person", "RegisterEntry", "State", "change_pin", "entry", "everybody"]


class State(StrEnum):
    """How an ID stands, in one word: what keeps its person from working comes first."""

    ENDED = "ended"  # 終了: by two persons, or its last day is over
    SUSPENDED = "suspended"  # 停止
    LOCKED = "locked"  # ロック: after wrong PINs
    NEW = "new"  # 初回前: the one-time code is not replaced yet
    PLANNED = "planned"  # 変更予定: the first day is to come, or other roles are
    ACTIVE = "active"  # 有効


SHARED_WORK: Final = (Role.OFFICER, Role.CUSTODIAN)
"""The roles of which there ought to be two: each is somebody's second person."""


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """A person of the register: `failures` are the wrong PINs that count, `last` is the last log-on, if any."""

    person: Person
    details: Details
    state: State
    failures: int
    last: sessions.LogOn | None

    @property
    def has_code(self) -> bool:
        """Whether a one-time code waits to be used; that of an ended ID opens nothing any more."""
        return self.person.pin_given and self.state is not State.ENDED

    @property
    def code_hours(self) -> int | None:
        """How many hours are left of an unused one-time code, 0 when it is too late; None where there is none."""
        until = self.person.code_until
        if not self.has_code or until is None:
            return None
        return max(0, int((until - clock.now()).total_seconds() // 3600))


def everybody(terminal: Terminal, session: Session) -> list[RegisterEntry]:
    """Return everybody who is registered, by ID. Raises RightMissing, SealBroken, RowSealBroken."""
    admit(terminal, session, Right.PEOPLE)
    with terminal.database.reading() as reading:
        # All in one snapshot, so that no row shows a state of before with details of after.
        known = persons(reading, terminal.vault.rows)
        details = all_details(reading, terminal.vault, known)
        return [_entry(terminal, reading, each, details[each.id]) for each in known]


def entry(terminal: Terminal, session: Session, person_id: str) -> RegisterEntry:
    """Return one person. Raises PersonMissing, and what `everybody` raises."""
    admit(terminal, session, Right.PEOPLE)
    with terminal.database.reading() as reading:
        known = person(reading, terminal.vault.rows, person_id)
        return _entry(terminal, reading, known, details_of(reading, terminal.vault, known))


def count_able(entries: Sequence[RegisterEntry], role: Role) -> int:
    """Return how many can work in a role now."""
    # Whose first day is to come is planned as well, and not active yet.
    able = {State.ACTIVE, State.PLANNED}
    return sum(role in each.person.roles and each.person.active and each.state in able for each in entries)


def _entry(terminal: Terminal, reading: Connection, known: Person, details: Details) -> RegisterEntry:
    failures = failures_of(reading, terminal.vault.rows, terminal.pepper, known.id)
    state = state_of(known, failures, clock.day_in_japan(clock.now()))
    return RegisterEntry(known, details, state, failures, sessions.last_log_on(reading, known.id))


def state_of(known: Person, failures: int, day: date) -> State:
    """Return how an ID stands on a day."""
    if known.standing is IdStanding.ENDED or (known.valid_to is not None and known.valid_to < day):
        return State.ENDED
    if known.standing is IdStanding.SUSPENDED:
        return State.SUSPENDED
    # Before the code: who is locked cannot use one either.
    if failures >= LOCKED_AFTER:
        return State.LOCKED
    if known.pin_given:
        return State.NEW
    return State.PLANNED if known.coming is not None or not known.is_valid(day) else State.ACTIVE


def change_pin(terminal: Terminal, session: Session, pin: str) -> None:
    """Store a new PIN that the person who is logged on has chosen. Raises a PinFault, PinNotNew."""
    with terminal.database.reading() as reading:
        present = kept_pin(reading, terminal.vault.rows, session.person_id)
    if present is not None and terminal.pepper.matches(session.person_id, pin, present):
        # Whoever handed out the present PIN knows it, so it must not become the person's own.
        raise PinNotNew
    pin_hash = hash_new_pin(terminal.pepper, session.person_id, pin)
    with terminal.database.writing() as tx:
        version = set_pin(tx, terminal.vault.rows, session.person_id, pin_hash, now=clock.now(), pin_given=False)
        terminal.log.append(
            tx,
            Event.PIN_CHANGED,
            actor=session.person_id,
            session=session.id,
            object=session.person_id,
            detail={"version": version},
        )
    # It opens nothing any more.
    codes.remove(terminal, session.person_id)
