"""The terminals that share a queue and its log: listing them, and admitting and retiring one, which takes two persons.

An officer and a custodian act together: the officer answers for who works with the municipality's data, the custodian
has the machines. An admitted terminal gets the keys of the queue, so people compare the fingerprint of its request by
another way than the request itself took.
"""

from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

from console.errors import (
    KeyChangeUnderWay,
    QueueUnshared,
    RequestDiffers,
    RequestUnfit,
    TerminalNameTaken,
    TerminalUnfit,
)
from console.files import new_file
from console.jobs.admission import admit
from console.jobs.people.logon import SecondPerson, vouch
from console.jobs.terminal.joining import JoinRequest, granted, read_small
from console.session import Session
from console.terminal import Terminal
from store.log import Checkpoint, Event, admissions, in_force
from store.rights import Right


@dataclass(frozen=True, slots=True)
class LetIn:
    """A terminal that was admitted, and the file of its grant."""

    terminal: str
    file: Path


@dataclass(frozen=True, slots=True)
class SharedBy:
    """One of the terminals: whether it may still write and sign, and whether it is this one."""

    name: str
    in_force: bool
    own: bool


def shared_by(terminal: Terminal, session: Session) -> list[SharedBy]:
    """Return the terminals that share the queue, including retired ones. Raises RightMissing."""
    admit(terminal, session, Right.LOG)
    with terminal.database.reading() as reading:
        next_keys = terminal.log.next_keys(reading)
    working = set(in_force(next_keys))
    return [SharedBy(name, name in working, name == terminal.name) for name in sorted(next_keys)]


def let_in(
    terminal: Terminal, session: Session, file: Path, out: Path, *, fingerprint: str, second: SecondPerson
) -> LetIn:
    """Admit the terminal of the request in `file` to this one's queue; write its grant to the new file `out`.

    Until it has signed for the first time, the same request may be granted again. Raises RightMissing, what `vouch`
    raises for the second person, RequestUnfit, RequestDiffers (another fingerprint), TerminalNameTaken, QueueUnshared,
    KeyChangeUnderWay, FileExists, FileUnwritable.
    """
    _vouch(terminal, session, second)
    request = JoinRequest.read(read_small(file))
    # Checked before anything else about the request: somebody may have swapped the file on its way, and a grant for it
    # would hand them the keys of the queue.
    if not compare_digest(request.fingerprint, fingerprint.strip().lower()):
        raise RequestDiffers
    if request.municipality != terminal.settings.municipality.code:
        raise RequestUnfit
    if terminal.settings.database_file(terminal.home) is not None:
        raise QueueUnshared
    if terminal.key_source.changing:
        # A grant holds one key, and some rows are still wrapped under the former one.
        raise KeyChangeUnderWay
    grant = granted(terminal).sealed_for(request)
    with new_file(out) as stream:
        # The log first: a grant without an entry must not exist. The other way round, it is granted once more.
        _record_admission(terminal, session, request, second)
        stream.write(grant)
    return LetIn(request.terminal, out)


def retire(terminal: Terminal, session: Session, name: str, *, second: SecondPerson) -> None:
    """Retire the terminal `name`, whose machine is gone or given up: it signs and sends no more.

    What it sent without an answer waits until a machine is admitted again under its name. Raises RightMissing, what
    `vouch` raises for the second person, TerminalUnfit (not in force, or this very terminal).
    """
    _vouch(terminal, session, second)
    with terminal.database.writing() as tx:
        if name == terminal.name or name not in in_force(terminal.log.next_keys(tx)):
            raise TerminalUnfit(terminal=name)
        terminal.log.append(
            tx,
            Event.TERMINAL_RETIRED,
            actor=session.person_id,
            session=session.id,
            object=second.person_id,
            detail={"second": second.person_id, "terminal": name},
        )
        # The checkpoint that this makes names no next key for the terminal, so nothing it signs later verifies.
        made = terminal.log.retire(tx, name)
    terminal.log.erase_used(made)


def _record_admission(terminal: Terminal, session: Session, request: JoinRequest, second: SecondPerson) -> None:
    with terminal.database.writing() as tx:
        next_keys = terminal.log.next_keys(tx)
        if next_keys.get(request.terminal) == request.root:
            # The same request was admitted already, and its terminal has not signed yet: the grant may have been lost.
            return
        if request.terminal in in_force(next_keys):
            raise TerminalNameTaken(terminal=request.terminal)
        # A key of a machine that was retired signs nothing ever again, whatever name it bears.
        if admissions.was_let_in(tx, request.root, terminal.log.origin):
            raise RequestUnfit
        detail = {
            "second": second.person_id,
            "terminal": request.terminal,
            "content": admissions.content_of(request.root),
        }
        terminal.log.append(
            tx,
            Event.TERMINAL_ADMITTED,
            actor=session.person_id,
            session=session.id,
            object=second.person_id,
            detail=detail,
        )
        made: Checkpoint = terminal.log.admit(tx, request.terminal, request.root)
    terminal.log.erase_used(made)


def _vouch(terminal: Terminal, session: Session, second: SecondPerson) -> None:
    admit(terminal, session, Right.PEOPLE)
    vouch(terminal, session, second, Right.SETTINGS)
