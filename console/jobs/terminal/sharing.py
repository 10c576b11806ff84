"""The terminals that share a queue and its log: letting one in and retiring one, as two persons; which there are.

An officer and a custodian act together: the one answers for who works with the municipality's data, the other has the
machines. Whoever is let in gets the keys of the queue, so the fingerprint of its request is compared by another way.
"""

from dataclasses import dataclass
from hashlib import sha256
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
from console.jobs.people import logon
from console.jobs.terminal.joining import JoinRequest, granted, read_small
from console.session import Session
from console.terminal import Terminal
from store.log import Checkpoint, Event, in_force
from store.rights import Right


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """The custodian who stands behind the act of an officer, and the PIN."""

    person: str
    pin: str
    origin: logon.Origin


@dataclass(frozen=True, slots=True)
class LetIn:
    """A terminal that was let in, and the file that lets it begin."""

    terminal: str
    file: Path


@dataclass(frozen=True, slots=True)
class SharedBy:
    """One of the terminals: whether it works, and whether it is this one."""

    name: str
    in_force: bool
    own: bool


def shared_by(terminal: Terminal, session: Session) -> list[SharedBy]:
    """Return the terminals that share the queue, retired ones too. Raises RightMissing."""
    admit(terminal, session, Right.LOG)
    with terminal.database.reading() as reading:
        ladders = terminal.log.next_keys(reading)
    working = set(in_force(ladders))
    return [SharedBy(name, name in working, name == terminal.name) for name in sorted(ladders)]


def let_in(
    terminal: Terminal, session: Session, file: Path, out: Path, *, fingerprint: str, second: SecondPerson
) -> LetIn:
    """Let the terminal of the request in `file` share this one's queue; write what it needs to the new file `out`.

    Until it has signed for the first time, the same request may be granted again. Raises RightMissing, what keeps the
    second person from acting, RequestUnfit, RequestDiffers (another fingerprint), TerminalNameTaken, QueueUnshared,
    KeyChangeUnderWay, FileExists, FileUnwritable.
    """
    _vouch(terminal, session, second)
    request = JoinRequest.read(read_small(file))
    if not compare_digest(request.fingerprint, fingerprint.strip().lower()):
        raise RequestDiffers
    if request.municipality != terminal.settings.municipality.code:
        raise RequestUnfit
    if terminal.settings.database_file(terminal.home) is not None:
        raise QueueUnshared
    if terminal.key_source.changing:
        raise KeyChangeUnderWay
    grant = granted(terminal).sealed_for(request)
    with new_file(out) as stream:
        _record_admission(terminal, session, request, second)
        stream.write(grant)
    return LetIn(request.terminal, out)


def retire(terminal: Terminal, session: Session, name: str, *, second: SecondPerson) -> None:
    """Let the terminal `name`, whose machine is gone or given up, sign and send no more.

    What it sent without an answer waits until a machine is let in anew under its name. Raises RightMissing, what keeps
    the second person from acting, TerminalUnfit (none that works, or this very one).
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
            object=second.person,
            detail={"second": second.person, "terminal": name},
        )
        made = terminal.log.retire(tx, name)
    terminal.log.erase_used(made)


def _record_admission(terminal: Terminal, session: Session, request: JoinRequest, second: SecondPerson) -> None:
    with terminal.database.writing() as tx:
        ladders = terminal.log.next_keys(tx)
        if ladders.get(request.terminal) == request.root:
            # It was let in already and has not signed yet: its grant may have been lost.
            return
        if request.terminal in in_force(ladders):
            raise TerminalNameTaken(terminal=request.terminal)
        detail = {"second": second.person, "terminal": request.terminal, "content": sha256(request.root).hexdigest()}
        terminal.log.append(
            tx,
            Event.TERMINAL_ADMITTED,
            actor=session.person_id,
            session=session.id,
            object=second.person,
            detail=detail,
        )
        made: Checkpoint = terminal.log.admit(tx, request.terminal, request.root)
    terminal.log.erase_used(made)


def _vouch(terminal: Terminal, session: Session, second: SecondPerson) -> None:
    admit(terminal, session, Right.PEOPLE)
    logon.vouch(terminal, session, second.person, second.pin, Right.SETTINGS, origin=second.origin)
