"""The reference agency: the other side of the line, for rehearsal, tests and acceptance (PROTOCOL.md).

It has its own directory, keys and database, and serves in its own process. It is strict, makes everything durable
before it says so, and survives being killed. Notices, registrations and rules may be added while it serves.
"""

import errno
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from transport import wire
from transport.agency import texts
from transport.agency.database import AgencyDatabase
from transport.agency.home import AgencyHome, AgencySettings
from transport.agency.records import Holdings, Outgoing, TerminalRecord
from transport.agency.server import AgencyServer
from transport.agency.service import Service
from transport.agency.validation import fault_of_notice
from transport.errors import (
    AgencyNoticeChanged,
    AgencyNoticeMalformed,
    AgencyPortTaken,
    AgencyRefusalUnknown,
    AgencyTerminalUnknown,
)
from transport.evidence.envelope import Purpose
from transport.parties.authority import RehearsalAuthority, Use
from transport.parties.identity import Identity, PublicIdentity, newest_in_force
from transport.parties.introduction import Introduction
from transport.parties.keyring import Generation

__all__ = [
    "AgencySettings",
    "Holdings",
    "Posted",
    "generations",
    "introduction",
    "post",
    "prepare",
    "public_identity",
    "received",
    "refuse",
    "register_terminal",
    "renew",
    "serve",
]

# Loopback only: a rehearsal is reached from other machines only when somebody asks for it.
_DEFAULTS: Final = AgencySettings(address="127.0.0.1", port=0, version="1")


@dataclass(frozen=True, slots=True)
class Posted:
    """How many notices were put into feeds, and how many were there already."""

    posted: int
    known: int


def prepare(
    home: Path,
    name: str,
    *,
    authority: RehearsalAuthority | None = None,
    settings: AgencySettings = _DEFAULTS,
) -> PublicIdentity:
    """Make an agency called `name` in the new directory `home`, and return what terminals register of it.

    Raises AgencyExists, and wire.WireError for a name or an address at which no terminal could reach it.
    """
    # A wrong value is refused before the directory exists, which would block the next attempt.
    wire.name(name, "name")
    wire.address(settings.address)
    agency_home = AgencyHome.create(home, settings)
    return Identity.create(agency_home.identity_directory, name, Use.AGENCY, authority=authority).public


def public_identity(home: Path) -> PublicIdentity:
    """Return what terminals register of the agency. Raises AgencyMissing, IdentityFault leaves."""
    return AgencyHome(home).identity(datetime.now(UTC)).public


def generations(home: Path) -> tuple[Generation, ...]:
    """Return all identities of the agency, the oldest first. Raises AgencyMissing, IdentityFault leaves."""
    return AgencyHome(home).keys.generations()


def introduction(home: Path, public: PublicIdentity) -> Introduction:
    """Return the agency's identity `public` with address and port, as terminals register it. Raises AgencyMissing."""
    settings = AgencyHome(home).settings
    # With port 0 the agency listens somewhere else at each start, so there is none to register.
    return Introduction(public, settings.address, settings.port or None)


def renew(home: Path, used_from: datetime, *, authority: RehearsalAuthority | None = None) -> Generation:
    """Make the agency's next identity, used from the moment `used_from` on; terminals register its public half.

    Raises IdentityPending while another one waits, AgencyMissing.
    """
    keys = AgencyHome(home).keys
    return keys.prepare(Use.AGENCY, used_from=used_from, now=datetime.now(UTC), authority=authority)


def register_terminal(
    home: Path,
    public: PublicIdentity,
    *,
    municipality: str,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> None:
    """Admit the terminal `public` of `municipality` from `valid_from` (now) to `valid_to` (open), both aware.

    Registering the same certificate again changes its period. Raises AgencyMissing, AgencyTerminalKnown,
    wire.WireError.
    """
    wire.municipality(municipality)
    with AgencyHome(home).database() as database, database.writing():
        database.register(public, municipality, valid_from or datetime.now(UTC), valid_to)


def serve(home: Path, *, ready: Callable[[str, int], None], stop: threading.Event) -> None:
    """Serve until `stop` is set; `ready` is called with address and port once connections are accepted.

    Raises AgencyMissing, AgencyBusy, AgencyPortTaken, AgencyUnsafe, AgencyVersionUnknown, IdentityFault leaves.
    """
    agency_home = AgencyHome(home)
    # Keys that cannot be used are reported now, and not by failing the first terminal that calls.
    agency_home.identity(datetime.now(UTC))
    with agency_home.locked(), agency_home.database() as database, _listen(agency_home, database) as server:
        accepting = threading.Thread(target=server.serve_forever, args=(0.1,), name="agency")
        accepting.start()
        try:
            ready(agency_home.settings.address, server.server_port)
            stop.wait()
        finally:
            # In this order: no new connection is accepted before the present ones are ended. Closing the server then
            # waits for their threads, so that every request under way gets its answer.
            server.shutdown()
            accepting.join()
            server.end_connections()


def post(home: Path, notices: Iterable[Mapping[str, Any]]) -> Posted:
    """Put agency notices (records) into the feeds of the terminals of their municipalities.

    All of them or none, whether or not the agency is serving. A notice that was posted before with the same content
    counts as known. Raises AgencyNoticeMalformed, AgencyNoticeChanged, AgencyTerminalUnknown, AgencyMissing.
    """
    agency_home = AgencyHome(home)
    with agency_home.database() as database:
        # Sealing is slow, so it is done before the database is held for writing. For known notices it is done in vain.
        sealer = _NoticeSealer(agency_home, database)
        sealed = [pair for number, notice in enumerate(notices, start=1) for pair in sealer.seal(number, notice)]
        with database.writing():
            added = [_put(database, terminal, outgoing) for terminal, outgoing in sealed]
    return Posted(added.count(True), added.count(False))


def refuse(home: Path, reference: str, code: str) -> None:
    """Have the message `reference` refused with `code`, one of the refusals in `texts.toml`, when it arrives.

    Raises AgencyRefusalUnknown, AgencyMissing.
    """
    # A code without texts would fail only when the message arrives.
    if code not in texts.refusals():
        raise AgencyRefusalUnknown(refusal=code)
    with AgencyHome(home).database() as database, database.writing():
        database.refuse(reference, code)


def received(home: Path) -> Holdings:
    """Count what the agency holds. Raises AgencyMissing."""
    with AgencyHome(home).database() as database:
        return database.received()


def _listen(home: AgencyHome, database: AgencyDatabase) -> AgencyServer:
    try:
        return AgencyServer(home, database)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise AgencyPortTaken(address=home.settings.address, port=str(home.settings.port)) from error


def _put(database: AgencyDatabase, terminal: TerminalRecord, outgoing: Outgoing) -> bool:
    """Put a notice into a feed unless it is there already; return whether it was added. Within `writing`."""
    # Contents are compared, not envelopes: sealing the same content twice gives different bytes.
    posted_digest = database.notice_digest(terminal.name, outgoing.reference)
    if posted_digest is None:
        database.put(terminal.name, outgoing)
    elif posted_digest != outgoing.content_digest:
        raise AgencyNoticeChanged(reference=str(outgoing.reference))
    return posted_digest is None


class _NoticeSealer:
    """Seals notices for the terminals that they concern."""

    def __init__(self, home: AgencyHome, database: AgencyDatabase) -> None:
        # One moment for all notices: registrations and keys are those in force when the posting began.
        self._now = datetime.now(UTC)
        self._service = Service(home, database)
        self._terminals = [
            terminal for terminal in database.terminals() if newest_in_force(terminal.versions, self._now)
        ]

    def seal(self, number: int, notice: Mapping[str, Any]) -> Iterator[tuple[TerminalRecord, Outgoing]]:
        """Yield the notice, sealed for each terminal that it concerns.

        Raises AgencyNoticeMalformed, AgencyTerminalUnknown.
        """
        field = fault_of_notice(notice, self._now)
        if field is not None:
            raise AgencyNoticeMalformed(line=str(number), field=field)
        concerned = [terminal for terminal in self._terminals if terminal.municipality == notice["municipality"]]
        if not concerned:
            raise AgencyTerminalUnknown(municipality=str(notice["municipality"]))
        # Each terminal gets an envelope that only it can open.
        content = wire.encode(notice)
        for terminal in concerned:
            notice_id = uuid.uuid4().hex
            sealer = self._service.sealer(terminal, self._now)
            envelope = sealer.seal(content, message_id=notice_id, purpose=Purpose.NOTICE, created_at=self._now)
            yield terminal, Outgoing(notice_id, envelope.raw, str(notice["reference"]), wire.sha256(content))
