"""Entry by hand (入力): what an event gives, what is still wanted, and the way into the queue; correcting and undoing.

What is entered is reviewed by a second person like everything else. Nothing is ever overwritten: a returned message
gets a new revision, and a message that has left is cancelled or replaced by a new one that points at it.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from console.errors import RecordFaulty, RecordNotSingle, RecordUnread, UndoneAlready
from console.jobs.admission import admit
from console.jobs.messages import enqueue
from console.jobs.messages.echo import find_echo
from console.jobs.messages.enqueue import Candidate
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import ReferenceTaken, StepRefused
from store.log import Event
from store.message.canonical import decode, encode
from store.message.checks.checking import check, wanted_items
from store.message.checks.rules import Finding
from store.message.codes import Category
from store.message.entry.proposal import Proposed
from store.message.entry.proposal import propose as propose_messages
from store.message.files.reading import read_records
from store.message.groups import Record
from store.message.states import TRANSITIONS, UNDOABLE, Direction, OutState, Pointer, Step
from store.queue import Act, MessageKey, MessageRow, Revision, Task
from store.rights import Right

__all__ = [
    "CheckedEntry",
    "Proposed",
    "cancel",
    "counter",
    "enter",
    "free_reference",
    "judge",
    "load",
    "open_for_revision",
    "propose",
    "replacement",
    "revise",
]


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """What the rules say of a record that is being entered: all findings, and the fields that are wanted next."""

    findings: tuple[Finding, ...]
    wanted: tuple[str, ...]


def propose(
    terminal: Terminal, session: Session, event: str, *, category: Category, card_presented: bool = True
) -> tuple[Proposed, ...]:
    """Propose the message or the pair that an event gives, with a moment and references filled in.

    Empty for an event that is never notified. Raises KeyError for an event that the table does not have.
    """
    admit(terminal, session, Right.ENTER)
    now = clock.now()
    proposed = propose_messages(
        event,
        category=category,
        municipality=terminal.settings.municipality.code,
        day=clock.day_in_japan(now),
        card_presented=card_presented,
    )
    return tuple(_begun(terminal, one, now) for one in proposed)


def judge(terminal: Terminal, record: Mapping[str, Any]) -> CheckedEntry:
    """Check a record as it stands while somebody types; changes nothing and asks for no right."""
    today = clock.day_in_japan(clock.now())
    code = terminal.settings.municipality.code
    checked = check(dict(record), municipality=code, today=today, direction=Direction.OUT)
    findings = checked.findings
    if checked.message is not None:
        with terminal.database.reading() as reading:
            echo = find_echo(terminal, reading, checked.message)
        findings += () if echo is None else (echo,)
    return CheckedEntry(findings, wanted_items(record, municipality=code, today=today))


def enter(terminal: Terminal, session: Session, records: Sequence[Mapping[str, Any]]) -> list[int]:
    """Put the records into the queue, all or none, to be reviewed; return their numbers.

    Raises RecordFaulty while a rule is broken, ReferenceTaken for a reference that was used before.
    """
    admit(terminal, session, Right.ENTER)
    candidates = [_candidate(terminal, record) for record in records]
    with terminal.database.writing() as tx:
        if queue.known(tx, Direction.OUT, (one.key for one in candidates)):
            raise ReferenceTaken
        for one in candidates:
            _refuse_echo(terminal, tx, one)
        for key in _targets(candidates):
            wrong = queue.known(tx, Direction.OUT, [key]).get(key)
            if wrong is not None:
                _refuse_second_undoing(tx, queue.get(tx, wrong.id))
        return [added.id for added in enqueue.add(terminal, session, tx, candidates, Event.MESSAGE_ENTERED)]


def open_for_revision(terminal: Terminal, session: Session, number: int) -> tuple[Record, int]:
    """Return the content of a message that has not left, and the version to name when it is revised.

    Until the session ends or `claims.end_edit`, others only read the message. Raises MessageMissing, MessageClaimed
    (somebody else has it in hand), StepRefused (it has left), SealBroken.
    """
    admit(terminal, session, Right.ENTER)
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        if row.state not in TRANSITIONS[Step.REVISE].sources:
            raise StepRefused(step=Step.REVISE, state=row.state, reference=row.reference)
        queue.claim(tx, row, Task.EDIT, session_id=session.id, now=clock.now())
        return decode(queue.content_of(tx, terminal.vault, row)), row.version


def revise(terminal: Terminal, session: Session, number: int, record: Mapping[str, Any], *, version: int) -> None:
    """Give a message new content: a new revision, reviewed anew; the old one stays readable.

    Kind and reference stay. Raises RecordFaulty, MessageChanged (somebody else changed it), MessageClaimed,
    StepRefused (it has left).
    """
    admit(terminal, session, Right.ENTER)
    one = _candidate(terminal, record)
    draft = enqueue.draft_of(terminal, session, one)
    act = Act(by=session.person_id, session=session.id, now=clock.now(), expected_version=version)
    with terminal.database.writing() as tx:
        if queue.known(tx, Direction.OUT, [one.key]).get(one.key, queue.Known(0, b"")).id != number:
            raise ReferenceTaken
        _refuse_echo(terminal, tx, one)
        revision = Revision(
            content=one.content,
            occurred_at=draft.occurred_at,
            subject=draft.subject,
            warnings=one.warnings,
            due_on=draft.due_on,
            pointer=draft.pointer,
            target=draft.target,
        )
        row = queue.revise(tx, terminal.vault, number, revision, act)
        terminal.log.append(
            tx,
            Event.MESSAGE_REVISED,
            actor=session.person_id,
            session=session.id,
            object=row.uid,
            detail={"revision": row.revision, "content": row.digest.hex()},
        )


def counter(terminal: Terminal, session: Session, number: int, pointer: Pointer) -> Record:
    """Return the draft of a message that cancels or replaces one that has left; it is entered like any other.

    Raises MessageMissing, SealBroken, StepRefused for a message that has not left: that one is returned or withdrawn;
    UndoneAlready while another message undoes it.
    """
    admit(terminal, session, Right.ENTER)
    now = clock.now()
    with terminal.database.reading() as reading:
        row = queue.get(reading, number)
        if row.direction is not Direction.OUT or row.state not in UNDOABLE:
            raise StepRefused(step=pointer, state=row.state, reference=row.reference)
        _refuse_second_undoing(reading, row)
        record = deepcopy(decode(queue.content_of(reading, terminal.vault, row)))
    for name in Pointer:
        record.pop(name.value, None)
    record[pointer.value] = row.reference
    record["reference"] = _reference_of_day(terminal, row.kind, now)
    record["occurred_at"] = _moment(now)
    return record


def cancel(terminal: Terminal, session: Session, number: int) -> str:
    """Enter a message that cancels one that has left, all else as it was; return its reference.

    Raises what `counter` and `enter` raise.
    """
    record = counter(terminal, session, number, Pointer.CANCELS)
    enter(terminal, session, [record])
    return str(record["reference"])


def replacement(terminal: Terminal, session: Session, number: int, record: Mapping[str, Any]) -> Record:
    """Return `record` as a message in place of one that has left; it is entered like any other.

    A reference of its own and a moment are filled in where it has none, or still those of the message it replaces.
    Raises what `counter` raises.
    """
    drafted = counter(terminal, session, number, Pointer.REPLACES)
    kept = {name: value for name, value in record.items() if name not in set(Pointer)}
    if kept.get("reference") == drafted["replaces"]:
        del kept["reference"]
    given = {name: drafted[name] for name in ("reference", "occurred_at", "municipality")}
    return {**given, **kept, "replaces": drafted["replaces"]}


def load(path: Path) -> Record:
    """Read a file that holds exactly one record.

    Raises FileFault for what cannot be read as one, RecordUnread for a line that holds no record, RecordNotSingle.
    """
    found = list(islice(read_records(path, path.name), 2))
    if len(found) != 1:
        raise RecordNotSingle(file=path.name)
    if found[0].record is None:
        raise RecordUnread(file=path.name, line=str(found[0].line), rule=found[0].findings[0].rule)
    return found[0].record


def free_reference(terminal: Terminal, kind: str) -> str:
    """Return a reference that was not used for the kind so far: M for manual, day and number."""
    return _reference_of_day(terminal, kind, clock.now())


def _begun(terminal: Terminal, proposed: Proposed, now: datetime) -> Proposed:
    """Fill in what the terminal knows by itself: the moment, and a reference that is free."""
    reference = _reference_of_day(terminal, str(proposed.kind), now)
    preset = {**proposed.preset, "occurred_at": _moment(now), "reference": reference}
    return replace(proposed, preset=preset, asked=judge(terminal, preset).wanted)


def _candidate(terminal: Terminal, record: Mapping[str, Any]) -> Candidate:
    checked = check(
        dict(record),
        municipality=terminal.settings.municipality.code,
        today=clock.day_in_japan(clock.now()),
        direction=Direction.OUT,
    )
    if checked.message is None:
        raise RecordFaulty(field=checked.errors[0].field, count=str(len(checked.errors)))
    return Candidate(checked.message, encode(checked.message.to_record()), len(checked.warnings))


def _refuse_echo(terminal: Terminal, tx: Connection, one: Candidate) -> None:
    echo = find_echo(terminal, tx, one.message)
    if echo is not None:
        raise RecordFaulty(field=echo.field, count="1")


def _targets(candidates: Sequence[Candidate]) -> list[MessageKey]:
    """Return kind and reference of the earlier messages that these cancel or replace."""
    pointed = ((one.message.kind, one.message.cancels or one.message.replaces) for one in candidates)
    return [MessageKey(str(kind), target) for kind, target in pointed if target is not None]


def _refuse_second_undoing(conn: Connection, wrong: MessageRow) -> None:
    """Raise UndoneAlready while another message that cancels or replaces `wrong` is on its way or was accepted."""
    for row in queue.pointing_at(conn, wrong):
        if row.state not in {OutState.WITHDRAWN, OutState.REFUSED}:
            raise UndoneAlready(reference=wrong.reference, by=row.reference)


def _moment(now: datetime) -> str:
    return now.astimezone(clock.JAPAN).replace(second=0, microsecond=0).isoformat()


def _reference_of_day(terminal: Terminal, kind: str, now: datetime) -> str:
    prefix = f"M{now.astimezone(clock.JAPAN):%y%m%d}-"
    with terminal.database.reading() as reading:
        number = 1
        while _is_used(reading, kind, f"{prefix}{number:03}"):
            number += 1
    return f"{prefix}{number:03}"


def _is_used(reading: Connection, kind: str, reference: str) -> bool:
    return bool(queue.known(reading, Direction.OUT, [queue.MessageKey(kind, reference)]))
