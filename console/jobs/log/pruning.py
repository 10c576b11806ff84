"""What takes two persons: going on after the log was rolled back, and pruning what was exported and is old enough."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.jobs.admission import admit
from console.jobs.people.logon import SecondPerson, vouch
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import NothingToPrune
from store.log import Checkpoint, Event, LogFilter, Result, newest, page, pruning
from store.rights import Right

_LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was pruned: how many entries, up to which one."""

    entries: int
    last: int


def resume(terminal: Terminal, session: Session, *, second: SecondPerson) -> Checkpoint:
    """Go on after a roll-back, as two persons: the log says so for ever, and the ladder of keys begins anew.

    Raises RightMissing, OwnPersonRefused, CredentialsRefused and what else keeps the second person from acting.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    vouch(terminal, session, second, Right.EXPORT_LOG)
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LOG_RESUMED,
            actor=session.person_id,
            session=session.id,
            object=second.person_id,
            detail={"second": second.person_id, "entries": newest(tx)},
        )
        made = terminal.log.resume(tx)
    terminal.log.erase_used(made)
    terminal.halted = None
    return made


def prune(terminal: Terminal, session: Session, *, second: SecondPerson) -> Pruned:
    """Remove the entries of whole exports that were read back from a medium of their own and are old enough.

    What is left verifies: it begins at a checkpoint, and an entry tells what was pruned, and by whom. Raises as
    `resume`, and NothingToPrune.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    vouch(terminal, session, second, Right.EXPORT_LOG)
    years = terminal.settings.log.keep_years
    last = _last_to_prune(terminal, _years_before(clock.now(), years))
    if last is None:
        raise NothingToPrune(years=years)
    with terminal.database.pruning() as tx:
        entries, kept = pruning.boundary(tx, last)
        terminal.log.append(
            tx,
            Event.LOG_PRUNED,
            actor=session.person_id,
            session=session.id,
            object=second.person_id,
            detail={"second": second.person_id, "to": last, "count": entries, "content": kept.digest.hex()},
        )
        pruning.prune(tx, kept)
    return Pruned(entries, last)


def _last_to_prune(terminal: Terminal, before: datetime) -> int | None:
    """Return the last entry of the newest export on a medium whose entries are all from `before` that moment."""
    chosen = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE, until=before)
    at: int | None = None
    with terminal.database.reading() as reading:
        while rows := page(reading, before=at, limit=100, chosen=chosen):
            for row in rows:
                # Its entries are older than the export itself.
                if row.detail.get("medium") == "separate" and int(row.detail["to"]) > 0:
                    return int(row.detail["to"])
            at = rows[-1].seq
    return None


def _years_before(moment: datetime, years: int) -> datetime:
    leap = (moment.month, moment.day) == _LEAP_DAY
    return moment.replace(year=moment.year - years, day=28 if leap else moment.day)
