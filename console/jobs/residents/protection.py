"""Residents under protection (支援措置): whose address nobody sees but who asks for it, and the log has who did.

The protection is this terminal's own and never travels. The message itself is sent whole: the agency is to know where
the person lives.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from console.errors import NoSubject
from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, protected_persons, queue
from store.log import EntryDraft, Event
from store.message.canonical import decode
from store.message.groups import Record, value_at, with_value
from store.message.states import Direction
from store.queue import MessageRow
from store.rights import Right

HIDDEN: Final = "＊＊＊"
"""What stands in the place of an address."""
# Where the person lived before leads to where they live now.
_ADDRESSES: Final = ("person.address", "previous_address")
_NUMBERS: Final = ("card_number", "certificate_number")


def protect(terminal: Terminal, session: Session, number: int) -> bool:
    """Hide the address of the person whom a message is about, in all messages; return whether that is new.

    Raises MessageMissing, NoSubject for a notice, which does not state the key of its person.
    """
    # Whoever meets the person at the counter hides the address at once; nobody has to agree to more protection.
    admit(terminal, session, Right.ENTER)
    return _put(terminal, session, number, protected=True)


def unprotect(terminal: Terminal, session: Session, number: int) -> bool:
    """Show the address of a person again; return whether it was hidden. Raises what `protect` raises."""
    # Not for who enters: what was hidden by one person is uncovered by another role.
    admit(terminal, session, Right.APPROVE)
    return _put(terminal, session, number, protected=False)


def _put(terminal: Terminal, session: Session, number: int, *, protected: bool) -> bool:
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        queue.refuse_unsound(tx, terminal.vault, row)
        # What a notice states is the number of a card, which is no key of a person.
        if row.subject is None or row.direction is Direction.IN:
            raise NoSubject(reference=row.reference)
        contents = [message.content for message in queue.about_persons(tx, terminal.vault, [row.subject])]
        return put(terminal, session, tx, marks(terminal, row.subject, contents), protected=protected) > 0


def marks(terminal: Terminal, subject: str, contents: Iterable[bytes]) -> set[str]:
    """Return the pseudonyms under which a person is met: of the 宛名番号, and of the numbers that messages state.

    A notice of the agency has nothing but the number of a card or certificate.
    """
    records = map(decode, contents)
    numbers = {str(record[name]) for record in records for name in _NUMBERS if name in record}
    return {subject, *(terminal.vault.pseudonym("number", number) for number in numbers)}


def put(terminal: Terminal, session: Session, tx: Connection, subjects: Iterable[str], *, protected: bool) -> int:
    """Protect people by pseudonym, or end that, with an entry each; return how many that changed."""
    event = Event.RESIDENT_PROTECTED if protected else Event.RESIDENT_UNPROTECTED
    entries = []
    for subject in sorted(set(subjects)):
        version = protected_persons.put(
            tx, terminal.vault.rows, subject, protected=protected, by=session.person_id, now=clock.now()
        )
        # Someone who is protected already needs no entry for each message that says so.
        if version is not None:
            detail: dict[str, str | int] = {"version": version}
            entries.append(
                EntryDraft(event, actor=session.person_id, session=session.id, object=subject, detail=detail)
            )
    if entries:
        terminal.log.append_many(tx, entries)
    return len(entries)


def is_protected(terminal: Terminal, conn: Connection, row: MessageRow) -> bool:
    """Tell whether the address in a message is hidden."""
    known = {row.subject} if row.direction is Direction.OUT else {row.subject, *queue.former_numbers(conn, row)}
    seals = terminal.vault.rows
    return any(mark is not None and protected_persons.is_protected(conn, seals, mark) for mark in known)


def note_shown(terminal: Terminal, session: Session, tx: Connection, row: MessageRow) -> bool:
    """Record that a person is shown the address in a message, where it is hidden; return whether it is."""
    hidden = is_protected(terminal, tx, row)
    if hidden:
        terminal.log.append(tx, Event.ADDRESS_SHOWN, actor=session.person_id, session=session.id, object=row.uid)
    return hidden


def note_shown_of(terminal: Terminal, session: Session, number: int) -> None:
    """Do what `note_shown` does, in a transaction of its own."""
    with terminal.database.writing() as tx:
        note_shown(terminal, session, tx, queue.get(tx, number))


def without_address(record: Mapping[str, Any]) -> Record:
    """Return a record whose addresses are hidden."""
    # An item that is absent stays absent: the page would otherwise tell of an address that the message does not state.
    hidden = dict(record)
    for field in _ADDRESSES:
        if value_at(hidden, field) is not None:
            hidden = with_value(hidden, field, HIDDEN)
    return hidden
