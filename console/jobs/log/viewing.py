"""The log (証跡) as a person works with it: paging through it, and verifying it, which is itself recorded."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.log import EVERYTHING, Event, LogFilter, LogRow, Result, Verification
from store.log import newest as newest_entry
from store.log import page as entries
from store.log.pages import oldest
from store.rights import Right

__all__ = [
    "EVERYTHING",
    "LogFilter",
    "LogRow",
    "NamedEntry",
    "Verification",
    "named",
    "newest",
    "page",
    "span",
    "verify",
]

_STORED: Final = tuple(field.name for field in fields(LogRow))


@dataclass(frozen=True, slots=True)
class NamedEntry(LogRow):
    """An entry of the log; if it is about a message, with the message's `reference` and its number in the queue."""

    reference: str | None = None
    message: int | None = None


def page(
    terminal: Terminal,
    session: Session,
    *,
    before: int | None = None,
    limit: int = 100,
    chosen: LogFilter = EVERYTHING,
) -> list[NamedEntry]:
    """Return at most `limit` entries before number `before` (None: from the newest), newest first."""
    admit(terminal, session, Right.LOG)
    with terminal.database.reading() as reading:
        return named(reading, entries(reading, before=before, limit=limit, chosen=chosen))


def named(reading: Connection, rows: Iterable[LogRow]) -> list[NamedEntry]:
    """Return the entries with the references of their messages: nobody knows a message by 32 hexadecimal digits."""
    listed = list(rows)
    messages = queue.rows_by_uid(reading, {row.object for row in listed if row.object is not None})
    return [_entry(row, messages.get(row.object or "")) for row in listed]


# A person's ID or a certificate's is the object of other entries: what is no message's id has no reference.
def _entry(row: LogRow, message: queue.MessageRow | None) -> NamedEntry:
    entry = NamedEntry(**{name: getattr(row, name) for name in _STORED})
    return entry if message is None else replace(entry, reference=message.reference, message=message.id)


def span(terminal: Terminal, session: Session) -> tuple[int, int]:
    """Return the numbers of the first entry that was not pruned and of the newest one; none is missing in between."""
    admit(terminal, session, Right.LOG)
    # Both from one snapshot: entries could be pruned in between.
    with terminal.database.reading() as reading:
        return oldest(reading), newest_entry(reading)


def newest(terminal: Terminal, session: Session) -> int:
    """Return the number of the newest entry, which is also how many have ever been written."""
    admit(terminal, session, Right.LOG)
    with terminal.database.reading() as reading:
        return newest_entry(reading)


def verify(terminal: Terminal, session: Session, *, report: Report | None = None) -> Verification:
    """Verify the whole chain as it is stored, and record that it was done and with which result.

    `report` gets the phase `verify`. The verification is returned whether it is good or bad, because a broken log is a
    finding for people to act on, not a failure of this job.
    """
    admit(terminal, session, Right.LOG)
    meter = Meter(report)
    with terminal.database.reading() as reading:
        meter.begin("verify", newest_entry(reading))
        verification = terminal.log.verify(reading, lambda done, _total: meter.reach(done))
        # Tables that were changed so that they hide entries.
        verification = terminal.log.check_tables(reading, verification)
    with terminal.database.writing() as tx:
        # What the walk along the chain cannot see: entries cut off at the end, and keys or statements of the peer that
        # belong to a later log. Nobody may sign meanwhile, hence the writing block.
        verification = terminal.log.complete(tx, verification)
        detail: dict[str, str | int] = {"entries": verification.entries}
        if verification.first_bad is not None:
            detail["first_bad"] = verification.first_bad
        terminal.log.append(
            tx,
            Event.LOG_VERIFIED,
            actor=session.person_id,
            session=session.id,
            result=Result.DONE if verification.ok else Result.FAILED,
            detail=detail,
        )
    return verification
