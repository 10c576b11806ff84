"""Whether a terminal is fit for work: each part looked at by itself, so that one fault never hides another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from console.jobs.exchange import line_state
from console.settings import Settings
from console.terminal import PEPPER_KEY, TERMINAL_KEY, Terminal
from console.words import Words
from store import clock
from store.database import Database
from store.people import Pepper
from store.vault import Vault

_ANNOUNCED: Final = timedelta(days=90)
_MOST_CLOCK_OFFSET: Final = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """One part: its name (a key of the catalogue `check`), whether it is in order, what was found, what to do."""

    name: str
    ok: bool
    detail: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All parts, in the order in which a person would mend them."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every part is in order."""
        return all(check.ok for check in self.checks)


def check(home: Path, words: Words) -> Health:
    """Look at settings, keys, database, certificate, log, line and clock; process no message and log nobody on."""
    checks = [_try("settings", words, lambda: _settings(home, words))]
    if not checks[0].ok:
        return Health(tuple(checks))
    checks += [
        _try("keys", words, lambda: _keys(home, words)),
        _try("database", words, lambda: _database(home, words)),
    ]
    if all(one.ok for one in checks):
        with Terminal.open(home) as terminal:
            checks += [
                _try("certificate", words, lambda: _certificate(terminal, words)),
                _try("log", words, lambda: _log(terminal, words)),
                *_line(terminal, words),
            ]
    return Health(tuple(checks))


def _try(name: str, words: Words, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Exception as error:
        code = getattr(error, "code", None)
        if code is None:
            raise
        return _fault(name, words, code, getattr(error, "facts", {}))


def _fault(name: str, words: Words, code: str, facts: dict[str, str]) -> Check:
    text = words.fault(code, facts)
    return Check(name, ok=False, detail=text.cause, remedy=text.remedy)


def _settings(home: Path, words: Words) -> Check:
    settings = Settings.load(home)
    return Check("settings", ok=True, detail=words("check.found.settings", code=settings.municipality.code))


def _keys(home: Path, words: Words) -> Check:
    Vault.open(home / TERMINAL_KEY, terminal_id=Settings.load(home).terminal.id)
    Pepper.open(home / PEPPER_KEY)
    return Check("keys", ok=True, detail=words("check.found.keys"))


def _database(home: Path, words: Words) -> Check:
    Database.open(Settings.load(home).database_url(home)).close()
    return Check("database", ok=True, detail=words("check.found.database"))


def _certificate(terminal: Terminal, words: Words) -> Check:
    """Look at the certificate's dates: its end is announced 90 days ahead."""
    now = datetime.now(UTC)
    terminal.identity.check_dates(now)
    until = terminal.identity.certificate_until
    days = (until - now).days
    detail = words("check.found.certificate", until=until.astimezone(clock.JAPAN).date().isoformat(), days=days)
    if until - now <= _ANNOUNCED:
        return Check("certificate", ok=False, detail=detail, remedy=words("check.remedy.certificate"))
    return Check("certificate", ok=True, detail=detail)


def _log(terminal: Terminal, words: Words) -> Check:
    with terminal.database.reading() as reading:
        verification = terminal.log.verify(reading)
    if verification.ok:
        return Check("log", ok=True, detail=words("check.found.log", entries=verification.entries))
    return _fault("log", words, "log_broken", {"first_bad": str(verification.first_bad)})


def _line(terminal: Terminal, words: Words) -> list[Check]:
    """Greet the peer, and compare its clock with ours: receipts and envelopes are dated."""
    state = line_state(terminal)
    if state.code is not None:
        return [_fault("peer", words, state.code, dict(state.facts))]
    offset = state.clock_offset or 0.0
    near = abs(offset) <= _MOST_CLOCK_OFFSET
    return [
        Check("peer", ok=True, detail=words("check.found.peer", name=state.peer_name)),
        Check(
            "clock",
            ok=near,
            detail=words("check.found.clock", seconds=f"{offset:+.1f}"),
            remedy=None if near else words("check.remedy.clock"),
        ),
    ]
