"""Taking files of messages into the queue: each file is one act (domain section 4).

Either every good record of a file is in the queue and each bad one is reported, or, when anything interrupts, nothing
of the file is. Records pass through in portions, so that memory does not grow with the file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages import enqueue
from console.jobs.messages.echo import find_echo
from console.jobs.messages.enqueue import Candidate
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event, Result
from store.message.canonical import encode
from store.message.checks.checking import check
from store.message.checks.rules import Finding
from store.message.files.reading import Read, read_records
from store.message.states import Direction
from store.rights import Right

_PORTION: Final = 1000

_Good = tuple[int, Candidate, tuple[Finding, ...]]
"""A record without errors: its line, the message, and its warnings."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """What is wrong with a record, or to be confirmed about it: the file's base name, line, field, rule and facts."""

    file: str
    line: int
    field: str
    rule: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Intake:
    """What became of the records: taken in, known already with the same content, refused, or taken in with warnings."""

    accepted: int = 0
    known: int = 0
    errors: list[RecordFault] = field(default_factory=list)
    warnings: list[RecordFault] = field(default_factory=list)


def take_in(terminal: Terminal, session: Session, paths: Sequence[Path], *, report: Report | None = None) -> Intake:
    """Take the records of the files into the queue, to be reviewed by a second person.

    Raises a FileFault when a file cannot be read as one (nothing of it is then in; files before it are), DiskFull and
    other DatabaseFaults. `report` gets the phase `import`, counted in bytes of the file.
    """
    admit(terminal, session, Right.ENTER)
    total = Intake()
    for path in paths:
        taken = _take_in_file(terminal, session, path, Meter(report))
        total.accepted += taken.accepted
        total.known += taken.known
        total.errors += taken.errors
        total.warnings += taken.warnings
    return total


def _take_in_file(terminal: Terminal, session: Session, path: Path, meter: Meter) -> Intake:
    taken = Intake()
    portions = _portions(read_records(path, path.name))
    # The first portion is read before the writer's turn is taken: a file that cannot be read must not hold it.
    first = next(portions, [])
    meter.begin("import", path.stat().st_size)
    with terminal.database.writing() as tx:
        for portion in chain([first], portions):
            _take_in_portion(terminal, session, tx, path.name, portion, taken)
            if portion:
                meter.reach(portion[-1].offset)
        if taken.errors:
            _record_errors(terminal, session, tx, taken)
    return taken


def _take_in_portion(
    terminal: Terminal, session: Session, tx: Connection, file: str, portion: Sequence[Read], taken: Intake
) -> None:
    candidates = list(_candidates(terminal, file, portion, taken))
    known = queue.known(tx, Direction.OUT, (one.key for _, one, _ in candidates))
    digests = {key: found.digest for key, found in known.items()}
    fresh: list[Candidate] = []
    for line, one, warnings in candidates:
        digest = terminal.vault.digest(one.content)
        before = digests.get(one.key)
        if before is None:
            # What is known already was taken in before a notice could cause it: only what is new is asked.
            echo = find_echo(terminal, tx, one.message)
            if echo is not None:
                taken.errors.append(_fault(file, line, echo))
                continue
            digests[one.key] = digest
            fresh.append(one)
            taken.warnings += (_fault(file, line, finding) for finding in warnings)
        elif before == digest:
            taken.known += 1
        else:
            taken.errors.append(RecordFault(file, line, "reference", "reference_conflict", {}))
    enqueue.add(terminal, session, tx, fresh, Event.MESSAGE_IMPORTED)
    taken.accepted += len(fresh)


def _candidates(terminal: Terminal, file: str, portion: Sequence[Read], taken: Intake) -> Iterator[_Good]:
    """Yield the records without errors; the errors of the others go to `taken`."""
    today = clock.day_in_japan(clock.now())
    for read in portion:
        findings = read.findings
        if read.record is not None:
            checked = check(
                read.record,
                municipality=terminal.settings.municipality.code,
                today=today,
                direction=Direction.OUT,
            )
            if checked.message is not None:
                content = encode(checked.message.to_record())
                yield read.line, Candidate(checked.message, content, len(checked.warnings)), checked.warnings
                continue
            findings = checked.errors
        taken.errors += (_fault(file, read.line, finding) for finding in findings)


def _record_errors(terminal: Terminal, session: Session, tx: Connection, taken: Intake) -> None:
    terminal.log.append(
        tx,
        Event.FILE_REFUSED,
        actor=session.person_id,
        session=session.id,
        result=Result.REFUSED,
        detail={"accepted": taken.accepted, "known": taken.known, "errors": len(taken.errors)},
    )


def _fault(file: str, line: int, finding: Finding) -> RecordFault:
    return RecordFault(file, line, finding.field, finding.rule, finding.facts)


def _portions(reads: Iterable[Read]) -> Iterator[list[Read]]:
    remaining = iter(reads)
    while portion := list(islice(remaining, _PORTION)):
        yield portion
