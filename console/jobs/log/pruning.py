"""What takes two persons: going on after the log was rolled back, and pruning what was exported and is old enough."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.jobs.admission import admit
from console.jobs.people import logon
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import NothingToPrune
from store.log import Checkpoint, Event, LogFilter, Result, newest, page, pruning
from store.log.stretches import numbers_between
from store.rights import Right

_LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was pruned: how many entries, up to which one."""

    entries: int
    last: int


def resume(
    terminal: Terminal, session: Session, second_id: str, second_pin: str, *, origin: logon.Origin
) -> Checkpoint:
    """Go on after a roll-back, as two persons: the log says so for ever, and the ladder of keys begins anew.

    Raises RightMissing, OwnPersonRefused, CredentialsRefused and what else keeps the second person from acting.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    logon.vouch(terminal, session, second_id, second_pin, Right.EXPORT_LOG, origin=origin)
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LOG_RESUMED,
            actor=session.person_id,
            session=session.id,
            object=second_id,
            detail={"second": second_id, "entries": newest(tx)},
        )
        made = terminal.log.resume(tx)
    terminal.log.erase_used(made)
    terminal.halted = None
    return made


def prune(terminal: Terminal, session: Session, second_id: str, second_pin: str, *, origin: logon.Origin) -> Pruned:
    """Remove the entries of whole exports that were read back from a medium of their own and are old enough.

    What is left verifies: it begins at a checkpoint, and an entry tells what was pruned, and by whom. Raises as
    `resume`, and NothingToPrune.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    logon.vouch(terminal, session, second_id, second_pin, Right.EXPORT_LOG, origin=origin)
    years = terminal.settings.log.keep_years
    now = clock.now()
    last = _last_to_prune(terminal, _years_before(now, years), now)
    if last is None:
        raise NothingToPrune(years=years)
    with terminal.database.pruning() as tx:
        entries, kept = pruning.boundary(tx, last)
        terminal.log.append(
            tx,
            Event.LOG_PRUNED,
            actor=session.person_id,
            session=session.id,
            object=second_id,
            detail={"second": second_id, "to": last, "count": entries, "content": kept.digest.hex()},
        )
        pruning.prune(tx, kept)
    return Pruned(entries, last)


def _last_to_prune(terminal: Terminal, before: datetime, now: datetime) -> int | None:
    """Return the last entry of the newest export on a medium that is from `before` that moment, as all its entries are.

    Where the clock stepped, the time of the export alone says little: made under a clock that was years behind, it
    looks old at once. So no entry up to it may bear a time between that moment and `now`; a time after `now` comes from
    a wrong clock and says nothing.
    """
    chosen = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE, until=before)
    with terminal.database.reading() as reading:
        young = numbers_between(reading, before, now)
        at: int | None = young[0].start if young else None
        while rows := page(reading, before=at, limit=100, chosen=chosen):
            for row in rows:
                # Its entries were written before the export itself.
                if row.detail.get("medium") == "separate" and int(row.detail["to"]) > 0:
                    return int(row.detail["to"])
            at = rows[-1].seq
    return None


def _years_before(moment: datetime, years: int) -> datetime:
    leap = (moment.month, moment.day) == _LEAP_DAY
    return moment.replace(year=moment.year - years, day=28 if leap else moment.day)
