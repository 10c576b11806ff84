"""Logging on and off (protection measures 5 and 6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NoReturn

from sqlalchemy import Connection

from console.errors import CredentialsRefused, OwnPersonRefused, SamePersonRefused
from console.jobs import checkpoints, intents
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.endings import Ending
from store.errors import AttemptTooSoon, CodeExpired, PersonLocked, SessionClosed
from store.log import Event, Occasion, Result
from store.people import (
    Attempt,
    Person,
    abandoned_sessions,
    begin_attempt,
    close_session,
    failures_of,
    finish_attempt,
    kept_pin,
    open_session,
    open_sessions_of,
    person,
    rebind_pin,
    touch_session,
)
from store.people.sessions import kept_session
from store.queue import renew_claims
from store.rights import Right

Origin = Literal["screen", "command"]


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """A second person who agrees with an act of the person logged on: ID, PIN, and where the PIN was typed."""

    person_id: str
    pin: str
    origin: Origin


def log_on(terminal: Terminal, person_id: str, pin: str, *, origin: Origin) -> Session:
    """Open a session for the person whose PIN this is, and record it; a refusal is recorded as well.

    The attempt is counted and committed before the PIN is checked, so killing the program gains no further attempts.
    Raises CredentialsRefused (which never says whether the ID or the PIN was wrong), AttemptTooSoon, PersonLocked, or
    CodeExpired for the right one-time code that comes too late.
    """
    # A session begins under the settings and tables in force now; a console may have been open for weeks.
    terminal.take_settings()
    terminal.take_tables()
    with _proven(terminal, person_id, pin, origin) as (tx, bound_hash):
        now, seals = clock.now(), terminal.vault.rows
        # Only here is the PIN known, so that a hash of an older program can be bound to its person.
        if bound_hash is not None:
            rebind_pin(tx, seals, person_id, bound_hash)
        known = person(tx, seals, person_id)
        if origin == "screen":
            # One screen a person: whoever left another one open cannot be at both, or is not who is at one of them.
            _close_sessions_of(terminal, tx, person_id, Ending.ELSEWHERE, origin)
        opened = open_session(tx, person_id, origin=origin, now=now)
        terminal.log.append(
            tx,
            Event.OPERATOR_LOGGED_ON,
            actor=person_id,
            session=opened.id,
            object=person_id,
            # The version says later that no older row of the person was put back.
            detail={"origin": origin, "version": known.version},
        )
    return _session(opened.id, known, now)


def check_pin(terminal: Terminal, session: Session, pin: str) -> None:
    """Check the PIN of the person who is logged on, to unlock the screen. Raises as `log_on` does."""
    with _proven(terminal, session.person_id, pin, "screen") as (tx, _):
        _record_confirmed(terminal, tx, session.person_id, session.id, "screen")


def renew(terminal: Terminal, session: Session) -> None:
    """Renew the session's lease and its claims, at least every 30 seconds; make a checkpoint that is due.

    What two persons brought into force elsewhere holds here from now on.

    Raises SessionClosed when the session was closed elsewhere.
    """
    with terminal.database.writing() as tx:
        if not touch_session(tx, session.id, clock.now()):
            raise SessionClosed
        renew_claims(tx, session.id, clock.now())
    terminal.take_settings()
    # The lease is the one thing that happens regularly while somebody is logged on, so it also drives the checkpoints.
    checkpoints.make_due(terminal)


def log_off(terminal: Terminal, session: Session, ending: Ending) -> None:
    """Close the session with exactly one closing entry; closing it again changes nothing."""
    with terminal.database.writing() as tx:
        # False when another process took the session for abandoned and closed it first: its entry is there already.
        if close_session(tx, session.id, ending, clock.now()):
            _record_closing(terminal, tx, session.person_id, session.id, ending)
    checkpoints.make(terminal, Occasion.LOG_OFF)


def vouch(terminal: Terminal, first: Session, second: SecondPerson, right: Right) -> None:
    """Check the PIN and the `right` of a `second` person who agrees with what `first` is about to do.

    No session is opened. Raises OwnPersonRefused, SamePersonRefused, what `log_on` raises, PinToChange, RightMissing.
    """
    if second.person_id == first.person_id:
        raise OwnPersonRefused
    with _proven(terminal, second.person_id, second.pin, second.origin) as (tx, _):
        known = person(tx, terminal.vault.rows, second.person_id)
        staff = person(tx, terminal.vault.rows, first.person_id).staff
        _record_confirmed(terminal, tx, second.person_id, first.id, second.origin)
    # After the PIN, so that nobody learns from here which IDs belong together.
    if staff is not None and staff == known.staff:
        raise SamePersonRefused
    # A session that is never opened: it only answers the question about the right, by the same rule as a real one.
    _session("-", known, clock.now()).require(right)


def close_sessions_of(terminal: Terminal, tx: Connection, person_id: str) -> None:
    """Close the open sessions of a person who may no longer do what they were opened for.

    Their processes find out when they renew the lease, and end.
    """
    # In the transaction of the change: no session goes on under what was taken away.
    _close_sessions_of(terminal, tx, person_id, Ending.TAKEN_AWAY)


def ended_as(terminal: Terminal, session: Session) -> Ending:
    """Return how a session ended that was closed elsewhere."""
    with terminal.database.reading() as reading:
        kept = kept_session(reading, session.id)
    return Ending.CRASH if kept is None or kept.reason is None else Ending(kept.reason)


def close_abandoned(terminal: Terminal) -> int:
    """Close the sessions of processes that died without closing them; return how many there were."""
    closed = 0
    with terminal.database.writing() as tx:
        now = clock.now()
        for left in abandoned_sessions(tx, now):
            if close_session(tx, left.id, Ending.CRASH, now):
                # First what the session left under way: its closing entry is to be the last one that names it.
                intents.close_left(terminal, tx, left.person_id, left.id)
                _record_closing(terminal, tx, left.person_id, left.id, Ending.CRASH)
                closed += 1
    return closed


def record_refused_parts(terminal: Terminal) -> None:
    """Record in one entry how often parts of the passphrase were refused while the log could not be opened.

    If the process dies between the entry and the reset of the counter, the same refusals are recorded twice: at least
    once, never not at all.
    """
    # Without its key the terminal cannot be opened, so until then the key source counts refusals in a file.
    refused = terminal.key_source.refused
    if not refused:
        return
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx, Event.KEY_REFUSED, actor=None, session=None, result=Result.REFUSED, detail={"attempts": refused}
        )
    terminal.key_source.mark_refusals_recorded(refused)


@contextmanager
def _proven(terminal: Terminal, person_id: str, pin: str, origin: Origin) -> Iterator[tuple[Connection, str | None]]:
    """Count an attempt, check its PIN, and run the block in the transaction that forgets the failures before it.

    The block gets the transaction and, where the stored hash is that of an older program, the same PIN's hash bound to
    the person. Raises as `log_on` does, before the block.
    """
    attempt = _begin(terminal, person_id, origin)
    # Outside any transaction: the hash is slow on purpose, and nobody else's work should wait for it.
    if attempt.verify(pin):
        _refuse_late_code(terminal, attempt, origin)
        bound_hash = attempt.bound_hash(pin)
        with terminal.database.writing() as tx:
            if finish_attempt(tx, terminal.vault.rows, attempt, ok=True, now=clock.now()).ok:
                yield tx, bound_hash
                return
    _refuse(terminal, attempt, origin)


def _begin(terminal: Terminal, person_id: str, origin: Origin) -> Attempt:
    try:
        with terminal.database.writing() as tx:
            return begin_attempt(tx, terminal.vault.rows, terminal.pepper, person_id, clock.now())
    except (AttemptTooSoon, PersonLocked) as refusal:
        # No PIN was checked, but that somebody tried is worth an entry. An unknown ID is not recorded as it
        # was typed: it may be a PIN in the wrong field.
        with terminal.database.writing() as tx:
            seals, pepper = terminal.vault.rows, terminal.pepper
            known = kept_pin(tx, seals, person_id) is not None
            about = person_id if known else pepper.mark_of(person_id)
            # With the number, although this one did not count: the last entry of this kind always tells it.
            _record_refusal(terminal, tx, about, origin, refusal.code, failures_of(tx, seals, pepper, person_id))
        raise


def _refuse_late_code(terminal: Terminal, attempt: Attempt, origin: Origin) -> None:
    """Refuse a one-time code after its hours; only who has the right code is told."""
    with terminal.database.reading() as reading:
        known = person(reading, terminal.vault.rows, attempt.person_id)
    # Counted like a wrong PIN: a code that was found later is worth no free guesses.
    if known.code_until is not None and clock.now() > known.code_until:
        _refuse(terminal, attempt, origin, CodeExpired())


def _refuse(
    terminal: Terminal, attempt: Attempt, origin: Origin, refusal: CredentialsRefused | CodeExpired | None = None
) -> NoReturn:
    refused = refusal or CredentialsRefused()
    with terminal.database.writing() as tx:
        outcome = finish_attempt(tx, terminal.vault.rows, attempt, ok=False, now=clock.now())
        # An ID that nobody has may be a PIN that was typed into the wrong field, so only its keyed mark is recorded.
        about = attempt.person_id if attempt.known else attempt.mark
        _record_refusal(terminal, tx, about, origin, refused.code, outcome.failures)
        if outcome.locked:
            terminal.log.append(tx, Event.OPERATOR_LOCKED, actor=None, session=None, object=about)
    # Nobody is logged on whose lease would get this entry signed in time.
    checkpoints.make(terminal, Occasion.ACTIVITY)
    raise refused


def _record_refusal(terminal: Terminal, tx: Connection, about: str, origin: Origin, cause: str, attempts: int) -> None:
    terminal.log.append(
        tx,
        Event.OPERATOR_REFUSED,
        actor=None,
        session=None,
        object=about,
        result=Result.REFUSED,
        detail={"origin": origin, "cause": cause, "attempts": attempts},
    )


def _record_confirmed(terminal: Terminal, tx: Connection, person_id: str, session_id: str, origin: Origin) -> None:
    # Without it the log would not know that the wrong PINs before are forgotten, and would go on counting them.
    terminal.log.append(
        tx, Event.PIN_CONFIRMED, actor=person_id, session=session_id, object=person_id, detail={"origin": origin}
    )


def _record_closing(terminal: Terminal, tx: Connection, person_id: str, session_id: str, ending: Ending) -> None:
    terminal.log.append(
        tx, Event.OPERATOR_LOGGED_OFF, actor=person_id, session=session_id, detail={"cause": ending.value}
    )


def _close_sessions_of(
    terminal: Terminal, tx: Connection, person_id: str, ending: Ending, origin: Origin | None = None
) -> None:
    for session_id in open_sessions_of(tx, person_id, origin):
        if close_session(tx, session_id, ending, clock.now()):
            _record_closing(terminal, tx, person_id, session_id, ending)


def _session(session_id: str, known: Person, now: datetime) -> Session:
    return Session(session_id, known.id, frozenset(known.roles), frozenset(known.rights), now, known.pin_given)
