"""Taking files of messages into the queue; each file is one transaction.

Either every good record of a file is in the queue and each bad one is reported, or, after an interruption, nothing of
the file is. Records are processed in portions, so that memory use does not grow with the file.
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

# Large enough that a query for each portion costs little, small enough that memory does not grow with the file.
_PORTION: Final = 1000

_Good = tuple[int, Candidate, tuple[Finding, ...]]
"""A record without errors: its line in the file, the message, and its warnings."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """An error or a warning about a record: the file's base name, the line, the field, the rule and its facts."""

    file: str
    line: int
    field: str
    rule: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Intake:
    """The outcome for the records of the files.

    `accepted` were taken in; `known` were there already with the same content. `errors` refuse their record; `warnings`
    belong to records that were taken in.
    """

    accepted: int = 0
    known: int = 0
    errors: list[RecordFault] = field(default_factory=list)
    warnings: list[RecordFault] = field(default_factory=list)


def take_in(terminal: Terminal, session: Session, paths: Sequence[Path], *, report: Report | None = None) -> Intake:
    """Take the records of the files into the queue, where a second person reviews them.

    Raises a FileFault when a file cannot be read at all (then nothing of it was taken in, but the files before it
    were), DiskFull and other DatabaseFaults. `report` gets the phase `import`, counted in bytes of the file.
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
    # The first portion is read before the writing block begins: a file that cannot be read must keep nobody waiting.
    first = next(portions, [])
    meter.begin("import", path.stat().st_size)
    with terminal.database.writing() as tx:
        for portion in chain([first], portions):
            _take_in_portion(terminal, session, tx, path.name, portion, taken)
            # In bytes, because nobody knows how many records the rest of the file has.
            if portion:
                meter.reach(portion[-1].offset)
        # Counts only: what is wrong with a record may quote it, and the log holds no personal data.
        if taken.errors:
            _record_errors(terminal, session, tx, taken)
    return taken


def _take_in_portion(
    terminal: Terminal, session: Session, tx: Connection, file: str, portion: Sequence[Read], taken: Intake
) -> None:
    candidates = list(_candidates(terminal, file, portion, taken))
    # One query for the whole portion. Keys within the portion are added below, so a file that has a record twice is
    # treated like two files.
    known = queue.known(tx, Direction.OUT, (candidate.key for _, candidate, _ in candidates))
    digests = {key: message.digest for key, message in known.items()}
    fresh: list[Candidate] = []
    for line, candidate, warnings in candidates:
        digest = terminal.vault.digest(candidate.content)
        before = digests.get(candidate.key)
        if before is None:
            # Only new records are asked about. A known one was taken in before, when no notice forbade it.
            echo = find_echo(terminal, tx, candidate.message)
            if echo is not None:
                taken.errors.append(_fault(file, line, echo))
                continue
            digests[candidate.key] = digest
            fresh.append(candidate)
            taken.warnings += (_fault(file, line, finding) for finding in warnings)
        elif before == digest:
            taken.known += 1
        else:
            taken.errors.append(RecordFault(file, line, "reference", "reference_conflict", {}))
    enqueue.add(terminal, session, tx, fresh, Event.MESSAGE_IMPORTED)
    taken.accepted += len(fresh)


def _candidates(terminal: Terminal, file: str, portion: Sequence[Read], taken: Intake) -> Iterator[_Good]:
    """Yield the records without errors; the errors of the others are added to `taken`."""
    # Read once, so that all records of a portion are checked against the same day.
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
