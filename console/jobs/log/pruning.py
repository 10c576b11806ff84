"""Resuming after the log was rolled back, and pruning old entries that were exported; both take two persons."""

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
from store.log.stretches import numbers_between
from store.rights import Right

_LEAP_DAY: Final = (2, 29)
# An export is found by its entry, and one to the terminal's own disk does not count: several may have to be read.
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many entries were pruned, and up to which number."""

    entries: int
    last: int


def resume(terminal: Terminal, session: Session, *, second: SecondPerson) -> Checkpoint:
    """Resume work after a roll-back, as two persons: the log records it for ever, and new signing keys begin.

    Raises RightMissing, OwnPersonRefused, CredentialsRefused and whatever else `vouch` raises for the second person.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    vouch(terminal, session, second, Right.EXPORT_LOG)
    detail: dict[str, str | int] = {"second": second.person_id}
    if terminal.halted is not None:
        # What was set back, the database or the keys alone, decides who has to ask the peer what was sent.
        detail["code"] = terminal.halted.code
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LOG_RESUMED,
            actor=session.person_id,
            session=session.id,
            object=second.person_id,
            detail={**detail, "entries": newest(tx)},
        )
        # The checkpoint stands at the entry above, so who resumed is signed by the first of the new keys.
        made = terminal.log.resume(tx)
    terminal.log.erase_used(made)
    # Only now, when it is durable, may new work begin again.
    terminal.halted = None
    return made


def prune(terminal: Terminal, session: Session, *, second: SecondPerson) -> Pruned:
    """Remove the entries of whole exports that were read back from a separate medium and are old enough.

    The rest still verifies: it begins at a checkpoint, and an entry records what was pruned and by whom. Raises what
    `resume` raises, and NothingToPrune.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    vouch(terminal, session, second, Right.EXPORT_LOG)
    years = terminal.settings.log.keep_years
    now = clock.now()
    last = _last_to_prune(terminal, _years_before(now, years), now)
    if last is None:
        raise NothingToPrune(years=years)
    with terminal.database.pruning() as tx:
        # The entry comes before the removal, in the same transaction: without it the rest would not verify, and a log
        # without any entry would begin a new chain.
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


def _last_to_prune(terminal: Terminal, before: datetime, now: datetime) -> int | None:
    """Return the last entry of the newest export on a separate medium that was made before the moment `before`.

    Where the clock stepped, the time of the export alone says little: made under a clock that was years behind, it
    looks old at once. So no entry up to it may bear a time between that moment and `now`. A time after `now` comes from
    a wrong clock and says nothing.
    """
    chosen = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE, until=before)
    with terminal.database.reading() as reading:
        young = numbers_between(reading, before, now)
        at: int | None = young[0].start if young else None
        while rows := page(reading, before=at, limit=_PAGE, chosen=chosen):
            for row in rows:
                # An export is younger than all of its entries, so those are old enough as well.
                if row.detail.get("medium") == "separate" and int(row.detail["to"]) > 0:
                    return int(row.detail["to"])
            at = rows[-1].seq
    return None


def _years_before(moment: datetime, years: int) -> datetime:
    leap = (moment.month, moment.day) == _LEAP_DAY
    return moment.replace(year=moment.year - years, day=28 if leap else moment.day)
