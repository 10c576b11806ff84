"""Keeping what became of a file with its report, and finding both again by what the file holds.

The report quotes records, so it is sealed, and goes when the retention of contents is over. It has MOST_LISTED lines,
errors before warnings; what is beyond them is counted by rule.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.handins.intake_outcome import MOST_LISTED, Intake, RecordFault
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import FileFault, FileSuffixUnknown, FileUnreadable
from store.handins import outcomes
from store.handins.outcomes import FileOutcome
from store.handins.states import FileState
from store.message.errors import FileChanged, FileSuffixDiffers
from store.message.files.completeness import Stamp, digest_of
from store.rights import Right

# What a copy of the same bytes under another name, or at another moment, would not meet.
_NOT_OF_ITS_BYTES: Final = (FileUnreadable, FileChanged, FileSuffixUnknown, FileSuffixDiffers)
# A fact may quote a whole line of a file.
_LONGEST_FACT: Final = 200


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file, or what would: the outcome where it was taken in or refused, and the lines.

    `file` is its pseudonym. `facts` belong to the error for which the whole file was refused (`outcome.code`).
    """

    name: str
    file: str
    taken: Intake
    outcome: FileOutcome | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def pseudonym_of(terminal: Terminal, digest: str) -> str:
    """Return the pseudonym of a file by its SHA-256 digest."""
    return terminal.vault.pseudonym("file", digest)


def look_of(terminal: Terminal, path: Path, size: int, modified: int) -> str:
    """Return the pseudonym of a file by where it lies, its size, and when it changed (nanoseconds)."""
    # In hex, because names of files are bytes that need not be text.
    return terminal.vault.pseudonym("file look", f"{os.fsencode(path).hex()} {size} {modified}")


def keep(terminal: Terminal, session: Session, tx: Connection, path: Path, digest: str, taken: Intake) -> None:
    """Keep what became of a file, in the transaction in which its records appear."""
    counts = (taken.accepted, taken.known, taken.refused, taken.error_count, taken.warning_count)
    _put(terminal, tx, path, digest, FileOutcome(taken.state, *counts, None, session.person_id, clock.now()), taken)


@contextmanager
def refusing(terminal: Terminal, session: Session, path: Path, digest: str) -> Iterator[None]:
    """Keep that a file was refused as a whole, where the block finds that its bytes are no records."""
    try:
        yield
    except FileFault as fault:
        if not isinstance(fault, _NOT_OF_ITS_BYTES):
            with terminal.database.writing() as tx:
                before = outcomes.outcome_of(tx, terminal.vault.rows, pseudonym_of(terminal, digest))
                # By another layout its records may be in the queue, and that stays the word about it.
                if before is None or not before.held:
                    at = (fault.code, session.person_id, clock.now())
                    outcome = FileOutcome(FileState.REFUSED, 0, 0, 0, 0, 0, *at)
                    _put(terminal, tx, path, digest, outcome, Intake(), fault.facts)
        raise


def recognise(terminal: Terminal, path: Path, digest: str) -> None:
    """Keep under which name a file lies that came before under another one."""
    file = pseudonym_of(terminal, digest)
    with terminal.database.reading() as reading:
        known = outcomes.outcome_of(reading, terminal.vault.rows, file) is not None
    # Of what nobody took in yet nothing is kept: a dry run leaves no trace.
    if known:
        with terminal.database.writing() as tx:
            _note_look(terminal, tx, path, file)


def former(terminal: Terminal, session: Session, path: Path) -> FileReport | None:
    """Return the report that is kept of the file at `path`; None where there is none.

    Raises RightMissing, FileUnreadable, SealBroken.
    """
    admit(terminal, session, Right.ENTER)
    # By what the file holds and not by its look: what is shown is of these bytes, whatever lay there before.
    file = pseudonym_of(terminal, digest_of(path))
    with terminal.database.reading() as reading:
        outcome = outcomes.outcome_of(reading, terminal.vault.rows, file)
        raw = outcomes.report_of(reading, terminal.vault, file)
    if outcome is None or raw is None:
        return None
    # What opens under its seal is what was written here, so its shape needs no check.
    kept = json.loads(raw)
    taken = Intake(outcome.accepted, outcome.known, outcome.refused)
    for name in ("errors", "warnings"):
        getattr(taken, name).extend(RecordFault(**fault) for fault in kept[name])
        getattr(taken, f"more_{name}").update(kept[f"more_{name}"])
    return FileReport(kept["name"], file, taken, outcome, kept["facts"])


def _put(
    terminal: Terminal,
    tx: Connection,
    path: Path,
    digest: str,
    outcome: FileOutcome,
    taken: Intake,
    facts: Mapping[str, str] | None = None,
) -> None:
    file = pseudonym_of(terminal, digest)
    report = {"name": path.name, "facts": facts or {}, **_lines(taken)}
    # In ASCII: the name of a file need not be text.
    outcomes.put(tx, terminal.vault, file, outcome, json.dumps(report).encode("ascii"))
    _note_look(terminal, tx, path, file)


def _note_look(terminal: Terminal, tx: Connection, path: Path, file: str) -> None:
    # A file that is gone is in no list: what was read of it counts all the same.
    with suppress(FileUnreadable):
        stamp = Stamp.of(path)
        look = look_of(terminal, path.resolve(), stamp.size, stamp.modified)
        outcomes.note_look(tx, terminal.vault.rows, look, file)


def _lines(taken: Intake) -> dict[str, Any]:
    # Errors first: a warning is with its message as well, and an error is nowhere else.
    room = MOST_LISTED - min(MOST_LISTED, len(taken.errors))
    kept, left = taken.warnings[:room], taken.warnings[room:]
    more = taken.more_warnings + Counter(fault.rule for fault in left)
    return {
        "errors": _plain(taken.errors),
        "more_errors": dict(taken.more_errors),
        "warnings": _plain(kept),
        "more_warnings": dict(more),
    }


def _plain(faults: Iterable[RecordFault]) -> list[dict[str, Any]]:
    return [
        {**asdict(fault), "facts": {name: value[:_LONGEST_FACT] for name, value in fault.facts.items()}}
        for fault in faults
    ]
