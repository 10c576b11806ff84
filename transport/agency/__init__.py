"""The reference agency: the other side of the line, for rehearsal, tests and acceptance (PROTOCOL.md).

It lives in a directory of its own with its own keys and database, serves in its own process, is strict, keeps
everything durable before it says so, and survives being killed. Notices, registrations and rules may be given while it
serves.
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
from transport.agency.database import Holdings, Ledger, Outgoing, TerminalRecord
from transport.agency.home import AgencyHome, AgencySettings
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

__all__ = [
    "AgencySettings",
    "Holdings",
    "Posted",
    "post",
    "prepare",
    "public_identity",
    "received",
    "refuse",
    "register_terminal",
    "renew",
    "serve",
]

_DEFAULTS: Final = AgencySettings(address="127.0.0.1", port=0, version="1")


@dataclass(frozen=True, slots=True)
class Posted:
    """How many notices were put into feeds, and how many lay there already."""

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

    Raises AgencyExists, and wire.WireError for a name that cannot travel.
    """
    wire.name(name, "name")
    made = AgencyHome.create(home, settings)
    return Identity.create(made.identity_directory, name, Use.AGENCY, authority=authority).public


def public_identity(home: Path) -> PublicIdentity:
    """Return what terminals register of the agency. Raises AgencyMissing, IdentityFault leaves."""
    return AgencyHome(home).identity(datetime.now(UTC)).public


def renew(home: Path, used_from: datetime, *, authority: RehearsalAuthority | None = None) -> PublicIdentity:
    """Make the agency's next identity, used from the moment `used_from` on, and return what terminals register of it.

    Raises IdentityPending while another one waits, AgencyMissing.
    """
    keys = AgencyHome(home).keys
    made = keys.prepare(Use.AGENCY, used_from=used_from, now=datetime.now(UTC), authority=authority)
    return made.identity.public


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
    with AgencyHome(home).ledger() as ledger, ledger.writing():
        ledger.register(public, municipality, valid_from or datetime.now(UTC), valid_to)


def serve(home: Path, *, ready: Callable[[str, int], None], stop: threading.Event) -> None:
    """Serve until `stop` is set; `ready` is called with address and port once connections are taken.

    Raises AgencyMissing, AgencyBusy, AgencyPortTaken, AgencyUnsafe, AgencyVersionUnknown, IdentityFault leaves.
    """
    made = AgencyHome(home)
    # Keys that cannot be used are told now, not to the first terminal that calls.
    made.identity(datetime.now(UTC))
    with made.alone(), made.ledger() as ledger, _listen(made, ledger) as server:
        accepting = threading.Thread(target=server.serve_forever, args=(0.1,), name="agency")
        accepting.start()
        try:
            ready(made.settings.address, server.server_port)
            stop.wait()
        finally:
            server.shutdown()
            accepting.join()
            server.end_connections()


def post(home: Path, notices: Iterable[Mapping[str, Any]]) -> Posted:
    """Put agency notices (records of domain 1.4) into the feeds of the terminals of their municipalities.

    All or nothing, while the agency serves or not. A notice that was posted before with the same content counts as
    known. Raises AgencyNoticeMalformed, AgencyNoticeChanged, AgencyTerminalUnknown, AgencyMissing.
    """
    made = AgencyHome(home)
    with made.ledger() as ledger:
        # Sealing is slow: it is done before the database is held for writing, and in vain for what is known.
        clerk = _Clerk(made, ledger)
        sealed = [one for number, notice in enumerate(notices, start=1) for one in clerk.seal(number, notice)]
        with ledger.writing():
            done = [_put(ledger, terminal, outgoing) for terminal, outgoing in sealed]
    return Posted(done.count(True), done.count(False))


def refuse(home: Path, reference: str, code: str) -> None:
    """Have the message `reference` refused with `code`, one of the refusals of `texts.toml`, when it comes.

    Raises AgencyRefusalUnknown, AgencyMissing.
    """
    if code not in texts.refusals():
        raise AgencyRefusalUnknown(refusal=code)
    with AgencyHome(home).ledger() as ledger, ledger.writing():
        ledger.refuse(reference, code)


def received(home: Path) -> Holdings:
    """Count what the agency holds. Raises AgencyMissing."""
    with AgencyHome(home).ledger() as ledger:
        return ledger.received()


def _listen(home: AgencyHome, ledger: Ledger) -> AgencyServer:
    try:
        return AgencyServer(home, ledger)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise AgencyPortTaken(address=home.settings.address, port=str(home.settings.port)) from error


def _put(ledger: Ledger, terminal: TerminalRecord, outgoing: Outgoing) -> bool:
    """Put a notice into a feed, unless it is there; tell whether it was missing. Within `writing`."""
    posted = ledger.notice_digest(terminal.name, outgoing.reference)
    if posted is None:
        ledger.put(terminal.name, outgoing)
    elif posted != outgoing.content_digest:
        raise AgencyNoticeChanged(reference=str(outgoing.reference))
    return posted is None


class _Clerk:
    """Seals notices for the terminals that they concern."""

    def __init__(self, home: AgencyHome, ledger: Ledger) -> None:
        self._now = datetime.now(UTC)
        self._desk = Service(home, ledger)
        self._terminals = [one for one in ledger.terminals() if newest_in_force(one.versions, self._now)]

    def seal(self, number: int, notice: Mapping[str, Any]) -> Iterator[tuple[TerminalRecord, Outgoing]]:
        """Yield the notice, sealed for each terminal that it concerns.

        Raises AgencyNoticeMalformed, AgencyTerminalUnknown.
        """
        field = fault_of_notice(notice)
        if field is not None:
            raise AgencyNoticeMalformed(line=str(number), field=field)
        concerned = [one for one in self._terminals if one.municipality == notice["municipality"]]
        if not concerned:
            raise AgencyTerminalUnknown(municipality=str(notice["municipality"]))
        content = wire.encode(notice)
        for terminal in concerned:
            notice_id = uuid.uuid4().hex
            sealer = self._desk.sealer(terminal, self._now)
            envelope = sealer.seal(content, message_id=notice_id, purpose=Purpose.NOTICE, created_at=self._now)
            yield terminal, Outgoing(notice_id, envelope.raw, str(notice["reference"]), wire.sha256(content))
