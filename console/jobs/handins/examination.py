"""A dry run of an import (点検): what it would find, and where each item comes from, without taking anything in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from console.jobs.admission import admit
from console.jobs.handins.intake_outcome import Intake
from console.jobs.messages.intake import foresee
from console.jobs.progress import Meter, Report
from console.jobs.terminal import layouts
from console.session import Session
from console.terminal import Terminal
from store.message.files.reading import TracedRow, trace_rows
from store.rights import Right

# Of so many rows of each file it is shown where their items come from.
_TRACED: Final = 3


@dataclass(frozen=True, slots=True)
class Examination:
    """What an import would find (`accepted` are the good records), and the first rows of each file, with a layout.

    `digests` are those of the bytes that were looked at, file by file: an import that is given one takes in no others.
    """

    found: Intake
    rows: list[tuple[str, TracedRow]]
    digests: list[str]


def examine(
    terminal: Terminal,
    session: Session,
    paths: Sequence[Path],
    layout: str | None = None,
    *,
    report: Report | None = None,
    cancel: Event | None = None,
) -> Examination:
    """Read the files and compare their records with the queue as an import does, by its own rules.

    Each file by itself: of two that repeat each other, an import finds the second one known. A layout may be tried
    before anybody confirmed it. Raises RightMissing, FileFaults, LayoutFaults, faults of places, ImportUnderWay, and
    ImportStopped where `cancel` was set.
    """
    admit(terminal, session, Right.ENTER)
    examination = Examination(Intake(), [], [])
    for path in paths:
        chosen = layouts.of_file(terminal, path, layout, even_unconfirmed=True)
        found, digest = foresee(terminal, session, path, chosen, Meter(report, cancel))
        # From the first rows alone, since a person looks at them.
        if chosen is not None:
            rows = trace_rows(path, chosen.parsed(), _TRACED)
            examination.rows.extend((path.name, row) for row in rows)
        examination.found.add(path.name, found)
        examination.digests.append(digest)
    return examination
