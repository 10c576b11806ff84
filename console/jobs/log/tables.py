"""The tables held against the log (証跡): whether what acts is what was recorded. A full comparison is recorded."""

from dataclasses import dataclass
from typing import Final

from console.jobs.admission import admit
from console.jobs.log import viewing
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.comparison import Comparison, compare
from store.log import Event, LogFilter, Result, Verification, newest, page
from store.rights import Right

_TABLES: Final = "tables"
"""What an entry about a verification names as its `kind` when the tables were compared as well."""
_FULL: Final = LogFilter(events=frozenset({Event.LOG_VERIFIED}), result=Result.DONE)
# Verifications of the log alone may lie in between.
_LOOKED_AT: Final = 100


@dataclass(frozen=True, slots=True)
class TableVerification:
    """The log as a whole, and the tables held against it."""

    log: Verification
    tables: Comparison

    @property
    def ok(self) -> bool:
        """Whether both hold."""
        return self.log.ok and self.tables.ok


def verify(terminal: Terminal, session: Session, *, report: Report | None = None) -> TableVerification:
    """Verify the log, then hold every row that decides something against it; record both.

    `report` gets the phases `verify` and `compare`. Whatever is found is returned, as `viewing.verify` does.
    """
    admit(terminal, session, Right.LOG)
    # The log first: it is what the rows are held against.
    return compare_all(terminal, session, viewing.verify(terminal, session, report=report), report=report)


def compare_all(
    terminal: Terminal, session: Session | None, log: Verification, *, report: Report | None = None
) -> TableVerification:
    """Hold every row that decides something against a log that was just verified, and record what was found.

    `session` is None where nobody is logged on, as when a backup is restored. `report` gets the phase `compare`.
    """
    meter = Meter(report)
    with terminal.database.reading() as reading:
        entries = newest(reading)
        meter.begin("compare", sum(queue.counts(reading).values()))
        tables = compare(reading, terminal.vault, terminal.pepper, progress=meter.reach)
    found = TableVerification(log, tables)
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LOG_VERIFIED,
            actor=None if session is None else session.person_id,
            session=None if session is None else session.id,
            result=Result.DONE if found.ok else Result.FAILED,
            detail={"kind": _TABLES, "entries": entries, "count": tables.rows, "bad": tables.differences},
        )
    return found


def compare_new(terminal: Terminal) -> Comparison:
    """Hold against the log what changed since the last full comparison that found nothing; records nothing."""
    with terminal.database.reading() as reading:
        full = (row for row in page(reading, limit=_LOOKED_AT, chosen=_FULL) if row.detail.get("kind") == _TABLES)
        last = next(full, None)
        # Of what that comparison saw: an entry that came while it ran is newer than its snapshot.
        since = int(last.detail["entries"]) if last is not None else None
        return compare(reading, terminal.vault, terminal.pepper, since=since)
