"""What a terminal wants before anything is refused: enough people, copies elsewhere, an eye on alarms."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from console.jobs.terminal import layouts, protections
from console.jobs.terminal.findings import Check, attempt
from console.process import confinement
from console.settings import spelt
from console.terminal import Terminal
from console.words import Words
from store import clock
from store.log import Event, LogFilter, LogRow, Result, page
from store.log.pages import oldest
from store.people import Person, Right, Role, is_locked, persons

MOST_BACKUP_AGE: Final = timedelta(days=14)
"""Offices are never closed for so long, so a backup that is older was forgotten."""
MOST_EXPORT_AGE: Final = timedelta(days=35)
"""An export a month, with some days to spare: what lies on no medium can be made up by who controls the machine."""
_ALARM_DAYS: Final = 7
_ALARMS: Final = frozenset(
    {
        Event.PROTECTION_FAILED,
        Event.PROGRAM_FAILED,
        Event.MESSAGE_CONFLICT,
        Event.NOTICE_CONFLICT,
        Event.OPERATOR_LOCKED,
        Event.KEY_REFUSED,
    }
)
# `log resume` is an act of two persons.
_RESUMING: Final = 2
# Of several terminals on one queue each makes its own, so the last one of this terminal may lie behind theirs.
_LOOKED_AT: Final = 100


def people(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield whether two could resume together after a fault of the log, and whether each role has somebody.

    Whoever is locked, or still has a PIN that was given out, can do nothing.
    """
    with terminal.database.reading() as reading:
        known = persons(reading, terminal.vault.rows)
        able = [each for each in known if _is_able(reading, terminal, each)]
    resuming = sum(Right.EXPORT_LOG in each.rights for each in able)
    enough, detail = resuming >= _RESUMING, words("check.found.people", count=resuming)
    yield Check("people", ok=enough, detail=detail, remedy=None if enough else words("check.remedy.people"))
    empty = [words(f"roles.{role}.name") for role in Role if not any(role in each.roles for each in able)]
    if empty:
        roles = words("check.between").join(empty)
        yield Check(
            "roles", ok=False, detail=words("check.found.roles_empty", roles=roles), remedy=words("check.remedy.roles")
        )
    else:
        yield Check("roles", ok=True, detail=words("check.found.roles", count=len(able)))


def _is_able(reading: Connection, terminal: Terminal, each: Person) -> bool:
    return each.active and not each.pin_given and not is_locked(reading, terminal.vault.rows, terminal.pepper, each.id)


def confined(terminal: Terminal, words: Words) -> Check:
    """Say what the kernel holds the console of this terminal to; an older one is told and refuses nothing."""
    held = confinement.possible()
    # The ports of the peer are in the database, which only a file tells before anything else is started.
    network = held.network and terminal.settings.database_file(terminal.home) is not None
    found = "confined" if network else "confined_files" if held.files else "unconfined"
    return Check("confinement", ok=True, detail=words(f"check.found.{found}"))


def settings(terminal: Terminal, words: Words) -> Check:
    """Tell which settings that carry a protection are weaker than by default, and which changes are pending."""
    known = protections.known(terminal)
    pending = [f"{each.name} {spelt(each.in_force)}→{spelt(each.given)}" for each in known if each.pending]
    pending += [
        layout.setting if layout.fault is None else f"{layout.setting} {layout.fault.code}"
        for layout in layouts.known(terminal)
        if layout.pending
    ]
    weaker = [f"{each.name} {spelt(each.in_force)}" for each in known if each.weaker]
    found = {"pending": pending, "weaker": weaker}
    wanting = [what for what, names in found.items() if names]
    if not wanting:
        return Check("protections", ok=True, detail=words("check.found.protections", count=len(known)))
    between = words("check.between")
    detail = " ".join(words(f"check.found.{what}", settings=between.join(found[what])) for what in wanting)
    return Check("protections", ok=False, detail=detail, remedy=words(f"check.remedy.{wanting[0]}"))


def copies(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield how old the last backup and the last export to a separate medium are."""
    with terminal.database.reading() as reading:
        backups = _done(reading, terminal, Event.BACKUP_MADE, Event.BACKUP_RESTORED)
        # An export of any terminal holds the whole log; one to the terminal's own disk leaves the building with nobody.
        exports = [row for row in _done(reading, None, Event.LOG_EXPORTED) if row.detail.get("medium") == "separate"]
        begun = page(reading, before=oldest(reading) + 1, limit=1)
    since = begun[0].at if begun else clock.now()
    yield _copy("backup", words, backups, since, MOST_BACKUP_AGE)
    yield _copy("export", words, exports, since, MOST_EXPORT_AGE)


def _done(reading: Connection, terminal: Terminal | None, *events: Event) -> list[LogRow]:
    rows = page(reading, limit=_LOOKED_AT, chosen=LogFilter(events=frozenset(events), result=Result.DONE))
    return [row for row in rows if terminal is None or row.terminal == terminal.name]


def _copy(name: str, words: Words, made: list[LogRow], begun: datetime, most: timedelta) -> Check:
    # A time in the future comes from a clock that was wrong, and says nothing of how old the copy is.
    young = clock.seconds_between(made[0].at if made else begun, clock.now()) <= most.total_seconds()
    detail = words("check.found.copy", at=words.time(made[0].at)) if made else words("check.found.no_copy")
    return Check(name, ok=young, detail=detail, remedy=None if young else words(f"check.remedy.{name}"))


def next_keys(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield whether next keys of the line wait; whether the peer has registered them shows when they take over."""

    def look() -> Check:
        coming = terminal.keys.coming(clock.now())
        if coming is None:
            return Check("next_keys", ok=True, detail=words("check.found.no_next_keys"))
        detail = words("check.found.next_keys", at=words.time(coming.used_from))
        return Check("next_keys", ok=True, detail=detail, remedy=words("check.remedy.next_keys"))

    yield attempt("next_keys", words, look)


def alarms(terminal: Terminal, words: Words, *, known: AbstractSet[str]) -> Check:
    """Count the alarms of late, but not what `known` (codes) names anyway, or what two persons have resumed from."""
    since = clock.now() - timedelta(days=_ALARM_DAYS)
    with terminal.database.reading() as reading:
        resumed = page(reading, limit=1, chosen=LogFilter(events=frozenset({Event.LOG_RESUMED})))
        rows = page(reading, limit=_LOOKED_AT, chosen=LogFilter(since=since, events=_ALARMS))
    after = resumed[0].seq if resumed else 0
    met = [row for row in rows if row.seq > after and row.detail.get("code") not in known]
    if not met:
        return Check("alarms", ok=True, detail=words("check.found.no_alarms", days=_ALARM_DAYS))
    last = met[0]
    facts = {"count": len(met), "event": words(f"events.{last.event}"), "at": words.time(last.at)}
    return Check("alarms", ok=False, detail=words("check.found.alarms", **facts), remedy=words("check.remedy.alarms"))
