"""A dry run of an import: what it would find, and where each item comes from, without taking anything in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.jobs.admission import admit
from console.jobs.messages.intake import Intake, RecordFault
from console.jobs.messages.record_reader import RecordFile, check_records
from console.jobs.terminal import layouts
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.message.files.completeness import Stamp, check_checksum
from store.message.files.reading import TracedRow, trace_rows
from store.rights import Right

# Of so many rows of each file it is shown where their items come from.
_TRACED: Final = 3


@dataclass(frozen=True, slots=True)
class Examination:
    """What an import would find (`accepted` are the good records), and the first rows of each file, with a layout."""

    found: Intake
    rows: list[tuple[str, TracedRow]]


def examine(terminal: Terminal, session: Session, paths: Sequence[Path], layout: str | None = None) -> Examination:
    """Read and check the records of the files as an import does.

    A layout may be tried before anybody confirmed it. Raises RightMissing, FileFaults, LayoutFaults, faults of places.
    """
    admit(terminal, session, Right.ENTER)
    examination = Examination(Intake(), [])
    for path in paths:
        chosen = layouts.of_file(terminal, path, layout, even_unconfirmed=True)
        found, stamp = Intake(), Stamp.of(path)
        check_checksum(path)
        # From the first rows alone, since a person looks at them.
        if chosen is not None:
            rows = trace_rows(path, chosen.parsed(), _TRACED)
            examination.rows.extend((path.name, row) for row in rows)
        ours = terminal.settings.municipality
        for record in check_records(RecordFile(path, ours.code, clock.now(), ours.subject_digits, chosen)):
            faults = [RecordFault(path.name, record.line, *finding) for finding in record.findings]
            # Whether a record is known already, or echoes a notice, only an import can say.
            if record.candidate is None and not record.remark:
                found.refuse(faults)
            else:
                found.accepted += not record.remark
                found.warn(faults)
        stamp.check(path)
        examination.found.add(path.name, found)
    return examination
