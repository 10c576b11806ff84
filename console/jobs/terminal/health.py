"""Whether a terminal is fit for work: each part is checked by itself, so that one fault does not hide another.

Parts that depend on settings, keys or database are checked once those are in order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from console.foreseen import foreseen
from console.jobs import timekeeping
from console.jobs.exchange import line_state
from console.jobs.exchange.clocks import MOST_SECONDS, WARNED_SECONDS
from console.jobs.peers import register
from console.keysource import key_source
from console.settings import Settings
from console.terminal import PEPPER_KEY, Terminal, queue_name, refuse_other_name, refuse_unknown_municipality
from console.words import Words
from store import clock
from store.database import Database
from store.log import checkpoints, page
from store.people import Pepper, Right, persons, rights_of
from store.sealing.sources import PassphraseParts
from store.sealing.vault import Vault
from transport.parties.identity import newest_in_force

#: How many days ahead the end of a certificate is announced. One that ends unnoticed stops the line: its dates are
#: checked in the handshake, and the next keys have to reach the other side by hand before anything can be sent.
ANNOUNCED_DAYS: Final = (90, 60, 30, 14, 7, 1)
# `log resume` is an act of two persons.
_RESUMING: Final = 2


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one part: its name (a key of the catalogue `check`), whether it is in order, details, what to do.

    `code` is the code of the error, if one was met.
    """

    name: str
    ok: bool
    detail: str
    remedy: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All parts, in the order in which a person would repair them."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every part is in order."""
        return all(check.ok for check in self.checks)


class Party(StrEnum):
    """Whose certificate it is."""

    TERMINAL = "terminal"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A certificate that ends soon and has no successor yet: whose, when it ends, and the whole days left.

    `step` is the last of `ANNOUNCED_DAYS` that was reached, 0 when the certificate has ended.
    """

    party: Party
    until: datetime
    days: int
    step: int

    def text(self, words: Words) -> str:
        """Return the announcement as it is shown at log-on."""
        day = self.until.astimezone(clock.JAPAN).date().isoformat()
        return words(f"check.announcement.{'soon' if self.step else 'over'}.{self.party}", until=day, days=self.days)


def announcements(terminal: Terminal, *, now: datetime | None = None) -> list[Announcement]:
    """Return the certificates of either side whose end is to be announced at `now`, the soonest first.

    A certificate is left out when its successor takes over before it ends. Raises IdentityFault.
    """
    at = now or clock.now()
    ends = {Party.TERMINAL: _own_end(terminal, at), Party.PEER: _peers_end(terminal, at)}
    due = [_announcement(party, until, at) for party, until in ends.items() if until is not None]
    return sorted((item for item in due if item is not None), key=lambda item: item.until)


def _announcement(party: Party, until: datetime, now: datetime) -> Announcement | None:
    left = until - now
    if left <= timedelta():
        return Announcement(party, until, left.days, 0)
    reached = [days for days in ANNOUNCED_DAYS if left <= timedelta(days=days)]
    return Announcement(party, until, left.days, min(reached)) if reached else None


def _own_end(terminal: Terminal, now: datetime) -> datetime | None:
    until = terminal.keys.in_use(now).certificate_until
    coming = terminal.keys.coming(now)
    return None if coming is not None and coming.used_from <= until else until


def _peers_end(terminal: Terminal, now: datetime) -> datetime | None:
    with terminal.database.reading() as reading:
        known = register.versions(reading)
    current = newest_in_force(known, now)
    if current is None:
        # Having no peer is another fault, which the check of the peer's certificate reports.
        return None
    until = current.public.certificate.not_valid_after_utc
    return None if any(now < version.valid_from <= until for version in known) else until


def check(home: Path, words: Words, parts: PassphraseParts | None = None) -> Health:
    """Check settings, keys, database, certificates, log, line and clock; process no message and log nobody on.

    `parts` open the terminal where its key is wrapped under them.
    """
    # Without settings it is not known where keys and database are, so nothing else can be said.
    checks = [_try("settings", words, lambda: _settings(home, words))]
    if not checks[0].ok:
        return Health(tuple(checks))
    checks += [
        _try("keys", words, lambda: _keys(home, words, parts)),
        _try("database", words, lambda: _database(home, words)),
    ]
    if all(part.ok for part in checks):
        with Terminal.open(home, parts) as terminal:
            # Only the database knows for which municipality the peer is registered.
            checks[0] = _try("settings", words, lambda: _unchanged(terminal, checks[0]))
            checks += [
                _try("certificate", words, lambda: _certificate(terminal, words, Party.TERMINAL)),
                _try("peer_certificate", words, lambda: _certificate(terminal, words, Party.PEER)),
                _try("log", words, lambda: _log(terminal, words)),
                _try("own_clock", words, lambda: _own_clock(terminal, words)),
                _people(terminal, words),
                *_line(terminal, words),
            ]
    return Health(tuple(checks))


def _try(name: str, words: Words, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Exception as error:
        # An error of ours is a finding of the check. Anything else is a fault of the program, and is not to be hidden.
        ours = foreseen(error)
        if ours is None:
            raise
        return _fault(name, words, ours.code, ours.facts)


def _fault(name: str, words: Words, code: str, facts: dict[str, str]) -> Check:
    text = words.fault(code, facts)
    return Check(name, ok=False, detail=text.cause, remedy=text.remedy, code=code)


def _settings(home: Path, words: Words) -> Check:
    settings = Settings.load(home)
    refuse_unknown_municipality(settings)
    refuse_other_name(settings, home)
    return Check("settings", ok=True, detail=words("check.found.settings", code=settings.municipality.code))


def _unchanged(terminal: Terminal, found: Check) -> Check:
    register.refuse_other_municipality(terminal)
    return found


def _keys(home: Path, words: Words, parts: PassphraseParts | None) -> Check:
    settings = Settings.load(home)
    source = key_source(settings, home, parts)
    Vault.open(source, terminal_id=queue_name(settings, home))
    Pepper.open(home / PEPPER_KEY)
    if source.to_install is None:
        named = words(f"check.found.key_source.{settings.keys.source}")
        return Check("keys", ok=True, detail=words("check.found.keys", source=named))
    # The change of the key is done but for its last step, which only the custodian can take.
    detail = words("check.found.key_waiting", file=source.to_install.name)
    return Check("keys", ok=False, detail=detail, remedy=words("check.remedy.key_waiting"))


def _database(home: Path, words: Words) -> Check:
    Database.open(Settings.load(home).database_url(home)).close()
    return Check("database", ok=True, detail=words("check.found.database"))


def _certificate(terminal: Terminal, words: Words, party: Party) -> Check:
    """Check the dates of a certificate in use; its end is announced 90 days ahead, unless its successor waits."""
    now = clock.now()
    if party is Party.TERMINAL:
        terminal.identity.check_dates(now)
        until = terminal.identity.certificate_until
        name = "certificate"
    else:
        until = register.endpoint(terminal).in_force(now).public.certificate.not_valid_after_utc
        name = "peer_certificate"
    day, days = until.astimezone(clock.JAPAN).date().isoformat(), (until - now).days
    detail = words("check.found.certificate", until=day, days=days)
    if any(item.party is party for item in announcements(terminal, now=now)):
        return Check(name, ok=False, detail=detail, remedy=words(f"check.remedy.{name}"))
    return Check(name, ok=True, detail=detail)


def _log(terminal: Terminal, words: Words) -> Check:
    # The whole chain, not only what is new: a person who asks for a check is ready to wait.
    with terminal.database.reading() as reading:
        verification = terminal.log.verify(reading)
    if verification.ok:
        return Check("log", ok=True, detail=words("check.found.log", entries=verification.entries))
    return _fault("log", words, "log_broken", {"first_bad": str(verification.first_bad)})


def _own_clock(terminal: Terminal, words: Words) -> Check:
    """Hold the clock against the last entry and the peer's last word: far ahead of them, or behind, it is wrong."""
    now = clock.now()
    with terminal.database.reading() as reading:
        ahead = timekeeping.found_ahead(reading, now)
        entry, witness = page(reading, limit=1), checkpoints.last_witness(reading)
    if ahead is not None:
        return _fault("own_clock", words, ahead.code, ahead.facts)
    known = (entry[0].at if entry else None, witness.at if witness else None)
    behind = any(at is not None and (at - now).total_seconds() > MOST_SECONDS for at in known)
    entered, witnessed = ("-" if at is None else _to_the_minute(at) for at in known)
    detail = words("check.found.own_clock", now=_to_the_minute(now), entry=entered, witness=witnessed)
    return Check("own_clock", ok=not behind, detail=detail, remedy=words("check.remedy.own_clock") if behind else None)


def _to_the_minute(moment: datetime) -> str:
    return f"{moment.astimezone(clock.JAPAN):%Y-%m-%d %H:%M}"


def _people(terminal: Terminal, words: Words) -> Check:
    """Count those who could resume together after a fault of the log: one alone would be stuck with it."""
    with terminal.database.reading() as reading:
        known = persons(reading)
    # Whoever still has a PIN that was given out can do nothing but change it.
    able = [each for each in known if each.active and not each.pin_given and Right.EXPORT_LOG in rights_of(each.roles)]
    enough = len(able) >= _RESUMING
    detail = words("check.found.people", count=len(able))
    return Check("people", ok=enough, detail=detail, remedy=None if enough else words("check.remedy.people"))


def _line(terminal: Terminal, words: Words) -> list[Check]:
    """Greet the peer and compare its clock with ours, since receipts and envelopes are dated."""
    state = line_state(terminal)
    if state.code is not None:
        return [_fault("peer", words, state.code, dict(state.facts))]
    # The same limit as in an exchange, so that the two never contradict each other.
    offset = state.clock_offset or 0.0
    near = abs(offset) <= WARNED_SECONDS
    return [
        Check("peer", ok=True, detail=words("check.found.peer", name=state.peer_name)),
        Check(
            "clock",
            ok=near,
            detail=words("check.found.clock", seconds=f"{offset:+.1f}"),
            remedy=None if near else words("check.remedy.clock"),
        ),
    ]
