"""Making a reference agency (模擬の相手先) by itself, registering terminals with it, and its own keys.

As in `agency`, nobody logs on: whoever may write into the agency's directory acts for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from console.errors import AgencyValueInvalid, RegistrationIncomplete
from console.files import drafted
from console.jobs.peers.handing_over import read_introduction, write_introduction
from console.jobs.peers.line_keys import LineKeys, describe, next_moment
from store import clock
from transport import agency
from transport.parties.introduction import Introduction
from transport.parties.keyring import Generation
from transport.wire import WireError

#: What the terminals register, in the agency's directory.
PUBLIC_FILE: Final = "public.json"


@dataclass(frozen=True, slots=True)
class MadeAgency:
    """A new agency: its directory, the file that terminals register, and the fingerprint that people compare."""

    home: Path
    public: Path
    fingerprint: str


@dataclass(frozen=True, slots=True)
class AdmittedTerminal:
    """A terminal as the agency registered it; `fingerprint` is compared with what the terminal's people tell."""

    name: str
    municipality: str
    valid_from: datetime
    fingerprint: str


def init(home: Path, *, name: str, address: str, port: int) -> MadeAgency:
    """Make an agency called `name` at `home`, which will listen at the IP `address` and `port`.

    Raises AgencyValueInvalid, HomeNotEmpty, HomeUnwritable, DiskFull.
    """
    settings = agency.AgencySettings(address=address, port=port, version="1")
    with drafted(home) as draft, _values_checked():
        public = agency.prepare(draft, name, settings=settings)
        write_introduction(draft / PUBLIC_FILE, agency.introduction(draft, public))
    return MadeAgency(home, home / PUBLIC_FILE, public.fingerprint)


def register(
    home: Path, file: Path, *, municipality: str | None = None, valid_from: datetime | None = None
) -> AdmittedTerminal:
    """Admit the terminal that handed over `file`, from `valid_from` (now) on.

    `municipality` is needed where the file names none. Raises PeerFileUnusable, RegistrationIncomplete,
    AgencyValueInvalid, AgencyMissing, AgencyTerminalKnown.
    """
    introduced = read_introduction(file)
    code = municipality or introduced.municipality
    if code is None:
        raise RegistrationIncomplete(missing="--municipality")
    since = valid_from or clock.now()
    with _values_checked():
        agency.register_terminal(home, introduced.public, municipality=code, valid_from=since)
    return AdmittedTerminal(introduced.public.name, code, since, introduced.public.fingerprint)


def keys(home: Path, *, out: Path | None = None) -> list[LineKeys]:
    """Return the agency's keys, the oldest first; the newest are written to the new file `out`, to be registered.

    Raises AgencyMissing, IdentityFault, FileExists, FileUnwritable.
    """
    generations = agency.generations(home)
    if out is not None:
        write_introduction(out, _introduction(home, generations[-1]))
    used = agency.public_identity(home).fingerprint
    return [describe(generation, used) for generation in generations]


def renew(home: Path, *, used_from: datetime | None = None, out: Path | None = None) -> LineKeys:
    """Make the agency's next keys, which terminals register before they take over (default: in a week).

    They are written to the new file `out`. Raises AgencyMissing, TimePast, IdentityPending, FileExists, FileUnwritable.
    """
    made = agency.renew(home, next_moment(used_from))
    if out is not None:
        write_introduction(out, _introduction(home, made))
    return describe(made, agency.public_identity(home).fingerprint)


def _introduction(home: Path, generation: Generation) -> Introduction:
    return agency.introduction(home, generation.identity.public)


@contextmanager
def _values_checked() -> Iterator[None]:
    """Turn a value that does not fit the wire into an error for the person who typed it."""
    try:
        yield
    except WireError as error:
        raise AgencyValueInvalid(field=error.place) from error
