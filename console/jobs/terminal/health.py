"""Whether a terminal is fit for work: `check` walks the gates of all jobs, and looks at what wants care before them.

Each part is looked at by itself, so that one fault does not hide another; parts that depend on settings, keys or
database are looked at once those are in order. Nothing is recorded, nobody is logged on, and no message is processed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from console.jobs.peers import register
from console.jobs.terminal import gate_checks, upkeep
from console.jobs.terminal.announcements import Party, announcement_of
from console.jobs.terminal.findings import Check, Health, attempt, each_once, refused
from console.keysource import KEYS, key_source
from console.settings import FILE_NAME, Settings
from console.terminal import PEPPER_KEY, Terminal, queue_name, refuse_other_name, refuse_unknown_municipality
from console.words import Words
from store import clock
from store.database import Database
from store.errors import DatabaseFault, IntegrityFault, KeyFileMissing, PeerMissing
from store.people import Pepper
from store.sealing.sources import KeySource, PassphraseParts
from store.sealing.vault import Vault

# Where a key lies that `keys.source` does not name any more.
_FORMER_PLACES: Final = (KEYS / "terminal.key", KEYS / "terminal.wrapped")


def check(home: Path, words: Words, parts: PassphraseParts | None = None) -> Health:
    """Check what the jobs of the terminal at `home` would meet; `parts` open it where its key is wrapped under them."""
    # Without settings it is not known where keys and database are, so nothing else can be said.
    settings = attempt("settings", words, lambda: _settings(home, words))
    if not settings.ok:
        return Health((settings,))
    checks = [
        attempt("keys", words, lambda: _keys(home, words, parts)),
        attempt("database", words, lambda: _database(home, words)),
    ]
    if any(part.code is not None for part in checks):
        return Health((settings, *checks))
    try:
        with Terminal.open(home, parts) as terminal:
            # Only the database knows for which municipality the peer is registered.
            settings = attempt("settings", words, lambda: _unchanged(terminal, settings))
            checks += each_once(_inside(terminal, words))
    except DatabaseFault as error:
        # It opened, and what lies in it cannot be used.
        checks[-1] = refused("database", words, error)
    return Health((settings, *checks))


def check_open(terminal: Terminal, words: Words) -> Health:
    """Check a terminal that is open, as the console has it: its keys and its database have proved themselves."""
    halted = terminal.halted
    try:
        settings = attempt("settings", words, lambda: _settings(terminal.home, words))
        return Health((settings, *each_once(_inside(terminal, words))))
    finally:
        # The walk looks anew for what halts; what people have decided about it meanwhile holds.
        terminal.halted = halted


def _inside(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield the parts of an open terminal."""
    gates = list(gate_checks.gates(terminal, words))
    yield from gates
    yield attempt("certificate", words, lambda: _certificate(terminal, words, Party.TERMINAL))
    peers = attempt("peer_certificate", words, lambda: _certificate(terminal, words, Party.PEER))
    # Without a peer the line says so, and there is no certificate to speak of.
    if peers.code != PeerMissing.code:
        yield peers
    yield from gate_checks.handins(terminal, words)
    yield attempt("protections", words, lambda: upkeep.settings(terminal, words))
    yield upkeep.confined(terminal, words)
    try:
        yield from upkeep.people(terminal, words)
    except IntegrityFault as error:
        yield refused("people", words, error)
    yield from gate_checks.line(terminal, words)
    yield from gate_checks.recovery(terminal, words)
    yield from upkeep.copies(terminal, words)
    yield from upkeep.next_keys(terminal, words)
    yield upkeep.alarms(terminal, words, known={gate.code for gate in gates if gate.code is not None})


def _settings(home: Path, words: Words) -> Check:
    settings = Settings.load(home)
    refuse_unknown_municipality(settings, home / FILE_NAME)
    refuse_other_name(settings, home)
    return Check("settings", ok=True, detail=words("check.found.settings", code=settings.municipality.code))


def _unchanged(terminal: Terminal, found: Check) -> Check:
    register.refuse_other_municipality(terminal)
    return found


def _keys(home: Path, words: Words, parts: PassphraseParts | None) -> Check:
    settings = Settings.load(home)
    source = key_source(settings, home, parts)
    left = [place.name for place in _FORMER_PLACES if (home / place).exists() and home / place not in source.own_files]
    try:
        Vault.open(source, terminal_id=queue_name(settings, home))
    except KeyFileMissing as error:
        if not left:
            raise
        return _key_care("key_unmoved", words, left[0], error.code)
    Pepper.open(home / PEPPER_KEY, queue=queue_name(settings, home))
    return _key_of(source, words, left, settings.keys.source)


def _key_of(source: KeySource, words: Words, left: list[str], name: str) -> Check:
    """Say what remains to be done about a key that opens; `left` are files where it was before."""
    if source.to_install is not None:
        # The change of the key is done but for its last step, which only the custodian can take.
        return _key_care("key_waiting", words, source.to_install.name)
    if source.changing:
        return _key_care("key_changing", words, "")
    if left:
        return _key_care("key_left", words, left[0])
    named = words(f"check.found.key_source.{name}")
    return Check("keys", ok=True, detail=words("check.found.keys", source=named))


def _key_care(what: str, words: Words, file: str, code: str | None = None) -> Check:
    detail = words(f"check.found.{what}", file=file)
    return Check("keys", ok=False, detail=detail, remedy=words(f"check.remedy.{what}", file=file), code=code)


def _database(home: Path, words: Words) -> Check:
    settings = Settings.load(home)
    Database.open(settings.database_url(home)).close()
    engine = "postgresql" if settings.database_file(home) is None else "sqlite"
    return Check("database", ok=True, detail=words(f"check.found.database_{engine}"))


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
    if announcement_of(terminal, party, now) is not None:
        return Check(name, ok=False, detail=detail, remedy=words(f"check.remedy.{name}"))
    return Check(name, ok=True, detail=detail)
