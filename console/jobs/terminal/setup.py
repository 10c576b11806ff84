"""Making a new terminal: its directory, settings, keys, database, and the first officer.

A terminal appears under its final name only when it is complete. Everything is made in a draft directory beside it,
which is renamed at the end and removed when anything fails.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from console.configuration.sample import explanations, sample
from console.files import drafted, new_file, write_private
from console.jobs import checkpoints
from console.jobs.terminal import protections
from console.keysource import key_source
from console.settings import FILE_NAME, Settings, dump
from console.terminal import LINE_KEYS, LOG_KEYS, PEPPER_KEY, Terminal, refuse_unknown_municipality
from console.words import Words
from store import clock
from store.database import Database
from store.log import Event, Occasion, SigningKeys
from store.people import Details, Pepper, Role, Terms, add_person, draw_pin, hash_new_pin
from store.people.details import put_details, staff_pseudonym
from store.sealing.sources import KeySource, PassphraseParts
from store.sealing.vault import Vault
from transport.parties.authority import RehearsalAuthority, Use
from transport.parties.identity import Identity

FIRST_OFFICER: Final = "officer-1"
ONE_TIME_CODE_FILE: Final = "one-time-code"


@dataclass(frozen=True, slots=True)
class Initialised:
    """A new terminal: the first officer's ID, and the file (mode 0600) with the code for the first log-on.

    `log_first_key` is the fingerprint by which people tell its log from others.
    """

    home: Path
    operator: str
    one_time_code_file: Path
    log_first_key: str


def init(
    home: Path, settings: Settings, *, owner_url: str | None = None, parts: PassphraseParts | None = None
) -> Initialised:
    """Make a terminal at `home` with its first officer, who is also custodian until there is another one.

    `owner_url` as for `Database.create`; `parts` as for `key_source`. Raises HomeNotEmpty, HomeUnwritable, DiskFull,
    KeyFileFaults, and SettingsInvalid without the place of the setting, which the caller knows.
    """
    # A file, not the output: what a terminal prints stays in scroll-back buffers and in logs of scripts.
    code = draw_pin()
    with new_terminal(home, settings, owner_url=owner_url, parts=parts) as draft:
        add_people(draft, [(FIRST_OFFICER, (Role.OFFICER, Role.CUSTODIAN), code)], pin_given=True)
        write_private(draft.home / ONE_TIME_CODE_FILE, code + "\n")
        first_key = draft.log.first_key
    assert first_key is not None, "the terminal began the log itself"
    return Initialised(home, FIRST_OFFICER, home / ONE_TIME_CODE_FILE, first_key)


@contextmanager
def new_terminal(
    home: Path,
    settings: Settings,
    *,
    authority: RehearsalAuthority | None = None,
    owner_url: str | None = None,
    parts: PassphraseParts | None = None,
) -> Iterator[Terminal]:
    """Yield a new terminal in its draft directory, which becomes `home` when the block ends.

    Without an `authority` the certificate for the line is signed by its own key; the peer registers it as it is.
    """
    # What cannot change later is looked at before anything is made with it.
    refuse_unknown_municipality(settings)
    with drafted(home) as draft:
        # The key may lie outside the draft, where removing the draft does not reach it: hence `provisional`.
        source = key_source(settings, draft, parts)
        with source.provisional(), _made(draft, settings, source, authority, owner_url) as terminal:
            yield terminal


def add_people(
    terminal: Terminal,
    people: Iterable[tuple[str, Iterable[Role], str]],
    *,
    pin_given: bool,
    known: Mapping[str, Details] = MappingProxyType({}),
) -> None:
    """Register people by ID, roles and PIN on a terminal that is being made; `known` are names and numbers by ID."""
    # Nobody is logged on yet, so the entries name no actor.
    hashed = [(person_id, roles, hash_new_pin(terminal.pepper, person_id, pin)) for person_id, roles, pin in people]
    with terminal.database.writing() as tx:
        for person_id, roles, pin_hash in hashed:
            details = known.get(person_id)
            # The code of the first officer holds for ever: there is nobody who could draw another.
            terms = Terms() if details is None else Terms(staff_pseudonym(terminal.vault, details.staff_number))
            added = add_person(
                tx, terminal.vault.rows, person_id, roles, pin_hash, now=clock.now(), pin_given=pin_given, terms=terms
            )
            if details is not None:
                put_details(tx, terminal.vault, person_id, added.version, details)
            terminal.log.append(
                tx,
                Event.PERSON_ADDED,
                actor=None,
                session=None,
                object=person_id,
                detail={"role": "+".join(sorted(added.roles)), "version": added.version},
            )


def write_settings(path: Path, settings: Settings) -> None:
    """Write a new settings file that explains each setting in a comment."""
    write_private(path, dump(settings, explanations(Words("ja"))))


def write_sample(path: Path, words: Words) -> None:
    """Write a new file with every setting and what it means. Raises FileExists, FileUnwritable, DiskFull."""
    with new_file(path) as stream:
        stream.write(sample(words).encode())


def _made(
    home: Path, settings: Settings, source: KeySource, authority: RehearsalAuthority | None, owner_url: str | None
) -> Terminal:
    write_settings(home / FILE_NAME, settings)
    # The vault comes first: its cover protects the sealing key of the line.
    vault = Vault.create(source, terminal_id=settings.terminal.id)
    pepper = Pepper.create(home / PEPPER_KEY, queue=settings.terminal.id)
    Identity.create(home / LINE_KEYS, settings.terminal.id, Use.TERMINAL, authority=authority, cover=vault.cover)
    SigningKeys.create(home / LOG_KEYS)
    database = Database.create(settings.database_url(home), owner_url=owner_url)
    terminal = Terminal(home, settings, database, vault, pepper, source)
    with terminal.database.writing() as tx:
        terminal.log.append(tx, Event.TERMINAL_CREATED, actor=None, session=None)
    protections.take_first(terminal)
    # The first entries are signed at once, so that no other beginning can be put in their place.
    checkpoints.make(terminal, Occasion.CREATED)
    return terminal
