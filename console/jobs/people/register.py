"""The register of the terminal's people, as the officer keeps it, and changing one's own PIN (protection measure 5)."""

from collections.abc import Callable, Iterable

from console.errors import OwnPersonRefused, PinNotNew
from console.jobs.admission import admit
from console.jobs.people.logon import SecondPerson, vouch
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event
from store.people import Person, add_person, hash_new_pin, kept_pin, person, persons, set_pin, unlock
from store.people.pins import draw_pin
from store.rights import Right, Role

__all__ = ["Person", "add", "change_pin", "everybody", "release"]


def everybody(terminal: Terminal, session: Session) -> list[Person]:
    """Return everybody who is registered, by ID."""
    admit(terminal, session, Right.PEOPLE)
    with terminal.database.reading() as reading:
        return persons(reading, terminal.vault.rows)


def add(
    terminal: Terminal,
    session: Session,
    person_id: str,
    roles: Iterable[Role],
    *,
    hand_over: Callable[[str], object] | None = None,
    second: SecondPerson | None = None,
) -> str:
    """Register a person and return the PIN for the first log-on, which has to be changed then.

    `hand_over` receives the PIN before the person is stored: when it fails, nobody is registered with a PIN that is
    lost. While the log is halted a custodian has to agree as the `second` person: that is how those two are found who
    can resume. Raises PersonIdBad, PersonExists, RolesMissing, and what `vouch` raises for the second person.
    """
    admit(terminal, session, Right.PEOPLE, even_halted=second is not None)
    if second is not None:
        vouch(terminal, session, second, Right.SETTINGS)
    pin = draw_pin()
    # Hashed before the writing block: it takes a noticeable time on purpose, and nobody else should wait for it.
    pin_hash = hash_new_pin(terminal.pepper, person_id, pin)
    with terminal.database.writing() as tx:
        added = add_person(tx, terminal.vault.rows, person_id, roles, pin_hash, now=clock.now())
        terminal.log.append(
            tx,
            Event.PERSON_ADDED,
            actor=session.person_id,
            session=session.id,
            object=person_id,
            detail={
                "role": "+".join(sorted(added.roles)),
                "version": added.version,
                **({"second": second.person_id} if second else {}),
            },
        )
        if hand_over is not None:
            # Inside the transaction: an error here rolls the person back.
            hand_over(pin)
    return pin


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


def release(terminal: Terminal, session: Session, person_id: str) -> bool:
    """Let somebody try again after too many wrong PINs; return whether there were any.

    Raises OwnPersonRefused, since a second person has to do it, and PersonMissing for an ID that nobody has.
    """
    admit(terminal, session, Right.PEOPLE)
    if person_id == session.person_id:
        raise OwnPersonRefused
    with terminal.database.writing() as tx:
        # Raises for an unknown ID: what was typed here may be a PIN, and must not get into the log.
        person(tx, terminal.vault.rows, person_id)
        released = unlock(tx, terminal.pepper, person_id)
        if released:
            terminal.log.append(
                tx, Event.PERSON_UNLOCKED, actor=session.person_id, session=session.id, object=person_id
            )
    return released
