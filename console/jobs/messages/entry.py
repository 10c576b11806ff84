"""Entry by hand (入力): proposing messages for an event, checking and entering them; correcting and undoing messages.

A second person reviews what is entered, like everything else. Nothing is ever overwritten: a returned message gets a
new revision, and a message that has left is cancelled or replaced by a new message that points at it.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from console.errors import RecordFaulty, RecordNotSingle, RecordUnread, ReplacesOtherPerson, UndoneAlready
from console.jobs.admission import admit
from console.jobs.messages import enqueue
from console.jobs.messages.candidates import Candidate
from console.jobs.messages.contradictions import find_contradictions, find_other_persons
from console.jobs.messages.echo import find_echo
from console.jobs.messages.partners import Counterpart, counterpart
from console.jobs.residents import protection
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import ImportUnderWay, ReferenceTaken, StepRefused
from store.log import Event
from store.message.canonical import decode
from store.message.checks.checking import Checked, check, wanted_items
from store.message.checks.rules import Finding, Severity
from store.message.codes import Category
from store.message.entry.proposal import Proposed
from store.message.entry.proposal import propose as propose_messages
from store.message.files.completeness import Stamp, check_checksum
from store.message.files.reading import read_records
from store.message.groups import Record
from store.message.states import TRANSITIONS, UNDOABLE, Direction, OutState, Pointer, Step
from store.people import drafts
from store.queue import Act, MessageDraft, MessageKey, MessageRow, Revision, Task
from store.rights import Right

__all__ = [
    "CheckedEntry",
    "Proposed",
    "cancel",
    "candidate",
    "counter",
    "enter",
    "free_reference",
    "judge",
    "load",
    "open_for_revision",
    "propose",
    "put_in",
    "refuse_second_undoing",
    "replacement",
    "revise",
]


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """The result of checking a record that is being entered: all findings, and the fields that are still wanted."""

    findings: tuple[Finding, ...]
    wanted: tuple[str, ...]


def propose(
    terminal: Terminal, session: Session, event: str, *, category: Category, card_presented: bool = True
) -> tuple[Proposed, ...]:
    """Propose the message or the pair of messages for an event, with a moment and free references filled in.

    Empty for an event that is never notified. Raises KeyError for an event that the table does not have.
    """
    admit(terminal, session, Right.ENTER)
    now = clock.now()
    proposed = propose_messages(
        event,
        category=category,
        municipality=terminal.settings.municipality.code,
        now=now,
        card_presented=card_presented,
    )
    return tuple(_prefilled(terminal, proposal, now) for proposal in proposed)


def judge(terminal: Terminal, record: Mapping[str, Any], other: Counterpart | None = None) -> CheckedEntry:
    """Check a record in its present state while somebody types; change nothing, and ask for no right.

    `other` is the other half of the event of which the record corrects one half.
    """
    now = clock.now()
    code = terminal.settings.municipality.code
    checked = _checked(terminal, record, now)
    findings = checked.findings
    # The database is asked only for a record without errors: this runs after each answer that somebody gives.
    if checked.message is not None:
        with terminal.database.reading() as reading:
            echo = find_echo(terminal, reading, checked.message)
            (others,) = find_contradictions(terminal, reading, [Candidate.of(checked.message, warnings=0)])
        findings += (*(() if echo is None else (echo,)), *others)
    if other is not None:
        findings += other.findings(record)
    return CheckedEntry(findings, wanted_items(record, municipality=code, now=now))


def enter(
    terminal: Terminal,
    session: Session,
    records: Sequence[Mapping[str, Any]],
    *,
    other_person: bool = False,
    draft: str | None = None,
) -> list[int]:
    """Put the records into the queue for review, all or none; return their numbers. The `draft` of them ends so.

    Raises RecordFaulty while a rule is broken, ReferenceTaken for a reference that was used before, and
    ReplacesOtherPerson for what undoes a message about somebody else, unless `other_person` confirms that.
    """
    admit(terminal, session, Right.ENTER)
    candidates = [candidate(terminal, record) for record in records]
    with terminal.database.writing() as tx:
        _refuse_other_person(terminal, tx, candidates, confirmed=other_person)
        _end_draft(session, tx, draft)
        return put_in(terminal, session, tx, candidates)


def put_in(terminal: Terminal, session: Session, tx: Connection, candidates: Sequence[Candidate]) -> list[int]:
    """Do what `enter` does with candidates, in a transaction that is under way."""
    # Whatever depends on other messages is checked in the transaction that adds these: somebody else may be entering
    # the same reference, or undoing the same message, at this moment.
    keys = [enqueue.key_of(candidate) for candidate in candidates]
    # Also what only the peer has, since the database was set back.
    if queue.known(tx, Direction.OUT, keys) or queue.lost_among(tx, keys):
        raise ReferenceTaken
    fit = _beside_others(terminal, tx, candidates)
    for place, each in enumerate(fit):
        key = MessageKey(each.kind, each.target or "")
        wrong = queue.known(tx, Direction.OUT, [key]).get(key) if each.target is not None else None
        if wrong is not None:
            refuse_second_undoing(tx, queue.get(tx, wrong.id))
            fit[place] = each._replace(warnings=each.warnings + _apart(terminal, tx, each, wrong.id))
    return [added.id for added in enqueue.add(terminal, session, tx, fit, Event.MESSAGE_ENTERED)]


def open_for_revision(terminal: Terminal, session: Session, number: int) -> tuple[Record, int]:
    """Return the content of a message that has not left, and the version to name when it is revised.

    Others can only read the message until `claims.end_edit` or the end of the session. Raises MessageMissing,
    MessageClaimed (somebody else is working on it), StepRefused (it has left), SealBroken.
    """
    admit(terminal, session, Right.ENTER)
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        # Told now, and checked again by `revise`: nobody should type for minutes what cannot be kept.
        if row.state not in TRANSITIONS[Step.REVISE].sources:
            raise StepRefused(step=Step.REVISE, state=row.state, reference=row.reference)
        queue.claim(tx, row, Task.EDIT, session_id=session.id, now=clock.now())
        protection.note_shown(terminal, session, tx, row)
        return decode(queue.content_of(tx, terminal.vault, row)), row.version


def revise(
    terminal: Terminal,
    session: Session,
    number: int,
    record: Mapping[str, Any],
    *,
    version: int,
    other_person: bool = False,
    draft: str | None = None,
) -> None:
    """Give a message new content: a new revision, which is reviewed again; the former one remains readable.

    Kind and reference stay the same. Raises RecordFaulty, ReplacesOtherPerson (see `enter`), MessageChanged (somebody
    else changed it), MessageClaimed, StepRefused (it has left).
    """
    admit(terminal, session, Right.ENTER)
    content = candidate(terminal, record)
    new = enqueue.draft_of(terminal, session, content)
    act = Act(by=session.person_id, session=session.id, now=clock.now(), expected_version=version)
    with terminal.database.writing() as tx:
        # Kind and reference of the new content must lead to this very message, and to no other.
        key = enqueue.key_of(content)
        if queue.known(tx, Direction.OUT, [key]).get(key, queue.Known(0, b"")).id != number:
            raise ReferenceTaken
        _refuse_other_person(terminal, tx, [content], confirmed=other_person)
        warnings = _beside_others(terminal, tx, [content])[0].warnings + _apart(terminal, tx, content, number)
        if new.protected and new.subject:
            marks = protection.marks(terminal, new.subject, [new.content])
            protection.put(terminal, session, tx, marks, protected=True)
        _end_draft(session, tx, draft)
        row = queue.revise(tx, terminal.vault, number, _revision(new, warnings), act)
        terminal.log.append(
            tx,
            Event.MESSAGE_REVISED,
            actor=session.person_id,
            session=session.id,
            object=row.uid,
            detail={"revision": row.revision, "content": row.digest.hex(), "version": row.version},
        )


def _revision(new: MessageDraft, warnings: int) -> Revision:
    # Everything that the order in time and the pointers rest on is taken from the new content.
    return Revision(
        content=new.content,
        effective_at=new.effective_at,
        subject=new.subject,
        due_on=new.due_on,
        pointer=new.pointer,
        target=new.target,
        warnings=warnings,
    )


def counter(terminal: Terminal, session: Session, number: int, pointer: Pointer) -> Record:
    """Return the draft of a message that cancels or replaces one that has left; it is entered like any other.

    Raises MessageMissing, SealBroken, StepRefused for a message that has not left (it is returned or withdrawn
    instead), UndoneAlready while another message undoes it.
    """
    admit(terminal, session, Right.ENTER)
    return undoing(terminal, number, pointer)


def undoing(terminal: Terminal, number: int, pointer: Pointer) -> Record:
    """Return what `counter` returns, for a caller that has asked for the right. Raises the same."""
    now = clock.now()
    with terminal.database.reading() as reading:
        row = queue.get(reading, number)
        if row.direction is not Direction.OUT or row.state not in UNDOABLE:
            raise StepRefused(step=pointer, state=row.state, reference=row.reference)
        refuse_second_undoing(reading, row)
        record = deepcopy(decode(queue.content_of(reading, terminal.vault, row)))
    # The wrong message may itself have pointed at an earlier one; the new message points only at the wrong one.
    for name in Pointer:
        record.pop(name.value, None)
    record[pointer.value] = row.reference
    record["reference"] = _reference_of_day(terminal, row.kind, now)
    record["occurred_at"] = _moment(now)
    return record


def cancel(terminal: Terminal, session: Session, number: int) -> str:
    """Enter a message that cancels one that has left and is otherwise the same; return its reference.

    Raises what `counter` and `enter` raise.
    """
    record = counter(terminal, session, number, Pointer.CANCELS)
    enter(terminal, session, [record])
    return str(record["reference"])


def replacement(terminal: Terminal, session: Session, number: int, record: Mapping[str, Any]) -> Record:
    """Return `record` as a message that replaces one that has left; it is entered like any other.

    A new reference is filled in where it has none or still that of the message it replaces; also a moment and the
    municipality where these are missing. Raises what `counter` raises.
    """
    drafted = counter(terminal, session, number, Pointer.REPLACES)
    # The usual source is a file that `extract.write_out` made of the wrong message, so it still carries its reference.
    kept = {name: value for name, value in record.items() if name not in set(Pointer)}
    if kept.get("reference") == drafted["replaces"]:
        del kept["reference"]
    given = {name: drafted[name] for name in ("reference", "occurred_at", "municipality")}
    return {**given, **kept, "replaces": drafted["replaces"]}


def load(path: Path) -> Record:
    """Read a file that holds exactly one record.

    Raises FileFault for a file that cannot be read, RecordUnread for a line that holds no record, RecordNotSingle.
    """
    stamp = Stamp.of(path)
    check_checksum(path)
    # Two are enough to know that there are too many; the rest of the file is not read.
    lines = list(islice(read_records(path, path.name), 2))
    stamp.check(path)
    if len([line for line in lines if not line.remark]) != 1:
        raise RecordNotSingle(file=path.name)
    # A remark behind the record says that it may be cut off: nobody may take half an address for the whole.
    for line in lines:
        if line.record is None:
            raise RecordUnread(file=path.name, line=str(line.line), rule=line.findings[0].rule)
    (record,) = (line.record for line in lines if line.record is not None)
    return record


def free_reference(terminal: Terminal, kind: str) -> str:
    """Return a reference that was not yet used for the kind: M for manual, the day, and a number."""
    return _reference_of_day(terminal, kind, clock.now())


def _prefilled(terminal: Terminal, proposed: Proposed, now: datetime) -> Proposed:
    """Fill in what the terminal knows itself: the moment and a free reference."""
    reference = _reference_of_day(terminal, str(proposed.kind), now)
    preset = {**proposed.preset, "occurred_at": _moment(now), "reference": reference}
    return replace(proposed, preset=preset, asked=judge(terminal, preset).wanted)


def candidate(terminal: Terminal, record: Mapping[str, Any]) -> Candidate:
    """Return a record as a candidate for the queue. Raises RecordFaulty while a rule is broken."""
    checked = _checked(terminal, record, clock.now())
    if checked.message is None:
        # The first field and a count are enough here; `judge` shows everything while somebody types.
        raise RecordFaulty(field=checked.errors[0].field, count=str(len(checked.errors)))
    return Candidate.of(checked.message, warnings=len(checked.warnings))


def _checked(terminal: Terminal, record: Mapping[str, Any], now: datetime) -> Checked:
    ours = terminal.settings.municipality
    return check(
        dict(record),
        municipality=ours.code,
        now=now,
        direction=Direction.OUT,
        subject_digits=ours.subject_digits,
    )


def _beside_others(terminal: Terminal, conn: Connection, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Do what `_beside_notices` does; add a warning for each contradiction between messages of one 宛名番号."""
    fit = [_beside_notices(terminal, conn, candidate) for candidate in candidates]
    found = find_contradictions(terminal, conn, fit)
    return [each._replace(warnings=each.warnings + len(other)) for each, other in zip(fit, found, strict=True)]


def _beside_notices(terminal: Terminal, conn: Connection, candidate: Candidate) -> Candidate:
    """Refuse a message that only repeats a notice; add a warning to one that does so but for spelling."""
    echo = find_echo(terminal, conn, candidate.message) if candidate.may_be_echo else None
    if echo is None:
        return candidate
    if echo.severity is Severity.ERROR:
        raise RecordFaulty(field=echo.field, count="1")
    return candidate._replace(warnings=candidate.warnings + 1)


def _end_draft(session: Session, tx: Connection, draft: str | None) -> None:
    # With the messages that come of it, so that no lost power supply leaves both or neither.
    if draft is not None:
        drafts.end(tx, draft, session.person_id)


def _refuse_other_person(
    terminal: Terminal, tx: Connection, candidates: Sequence[Candidate], *, confirmed: bool
) -> None:
    """Raise ReplacesOtherPerson for what undoes a message about somebody else; whoever reviews it is warned as well."""
    # The first is enough: there is one message that is replaced, or a pair about one person.
    for found in [] if confirmed else find_other_persons(terminal, tx, candidates):
        raise ReplacesOtherPerson(reference=str(candidates[found].target))


def _apart(terminal: Terminal, conn: Connection, candidate: Candidate, corrected: int) -> int:
    """Return in how many items a pair differs once one half of it, the message `corrected`, is corrected alone."""
    # Who cancels one half repeats what it said.
    other = None if candidate.pointer is Pointer.CANCELS else counterpart(terminal, conn, queue.get(conn, corrected))
    return 0 if other is None else len(other.findings(decode(candidate.content)))


def refuse_second_undoing(conn: Connection, wrong: MessageRow) -> None:
    """Raise UndoneAlready while another message that cancels or replaces `wrong` is on its way or was accepted."""
    # One that was withdrawn, or refused by the peer, undoes nothing; then another attempt is in order.
    for row in queue.pointing_at(conn, wrong):
        if row.state not in {OutState.WITHDRAWN, OutState.REFUSED}:
            raise UndoneAlready(reference=wrong.reference, by=row.reference)


def _moment(now: datetime) -> str:
    # To the minute, as people would type it, in Japanese time with its offset.
    return now.astimezone(clock.JAPAN).replace(second=0, microsecond=0).isoformat()


def _reference_of_day(terminal: Terminal, kind: str, now: datetime) -> str:
    # Only a proposal: if somebody else enters it first, `Draft.submit` takes another one.
    prefix = f"M{now.astimezone(clock.JAPAN):%y%m%d}-"
    with terminal.database.reading() as reading:
        number = 1
        while _is_used(reading, kind, f"{prefix}{number:03}"):
            number += 1
    return f"{prefix}{number:03}"


def _is_used(reading: Connection, kind: str, reference: str) -> bool:
    try:
        keys = [queue.MessageKey(kind, reference)]
        return bool(queue.known(reading, Direction.OUT, keys) or queue.lost_among(reading, keys))
    except ImportUnderWay:
        return True
