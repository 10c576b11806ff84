"""The dated register of the peer (相手先): the versions that are stored decide with whom the line talks."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from console.errors import RegistrationIncomplete, SettingFixed
from console.jobs.admission import admit
from console.jobs.peers.handing_over import read_introduction
from console.session import Session
from console.terminal import Terminal
from store import clock, peers
from store.errors import IntegrityFault, PeerMissing
from store.log import Event
from store.peers import PeerDraft, PeerVersion
from store.rights import Right
from store.sealing.row_seals import RowSeals
from transport.line.peer import PeerEndpoint
from transport.parties.identity import DatedIdentity, PublicIdentity, bounded, newest_in_force


@dataclass(frozen=True, slots=True)
class RegisteredPeer:
    """A version of the peer as people compare it: `valid_to` is when it really ends, None while none follows."""

    version: int
    name: str
    address: str
    port: int
    valid_from: datetime
    valid_to: datetime | None
    certificate_until: datetime
    fingerprint: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class PeerChange:
    """What a person says about the next version of the peer besides its keys, before the file that was handed over."""

    address: str | None = None
    port: int | None = None
    valid_from: datetime | None = None
    legal_basis: str | None = None


def endpoint(terminal: Terminal, *, at: datetime | None = None) -> PeerEndpoint:
    """Return the peer in force at `at` (default: now), with all its versions, so that old receipts verify for ever.

    Raises PeerMissing when no version is in force.
    """
    with terminal.database.reading() as reading:
        current = peers.peer_in_force(reading, terminal.vault.rows, at or clock.now())
        # In the same snapshot: a version that is registered at this moment must be in both or in neither.
        known = versions(reading, terminal.vault.rows)
    return PeerEndpoint(
        name=current.name,
        address=current.address,
        port=current.port,
        municipality=current.municipality,
        versions=known,
    )


def versions(reading: Connection, seals: RowSeals) -> tuple[DatedIdentity, ...]:
    """Return every version of the peer, including past and coming ones. Raises RowSealBroken, RowMissing."""
    # The ends are worked out here, from the versions that follow, and never stored: registering a version changes no
    # row that an old receipt is verified with.
    return bounded([_dated(version) for version in peers.peer_versions(reading, seals)])


def register(terminal: Terminal, session: Session, draft: PeerDraft) -> PeerVersion:
    """Add a version of the peer. Raises RightMissing, PeerVersionExists, PeerDatesBad."""
    admit(terminal, session, Right.PEER)
    return record(terminal, draft, actor=session.person_id, session_id=session.id)


def record(terminal: Terminal, draft: PeerDraft, *, actor: str | None, session_id: str | None) -> PeerVersion:
    """Add a version of the peer with its log entry; `actor` is None while a rehearsal world is being made.

    Raises EndpointInvalid for a host name instead of an address, PeerVersionExists, PeerDatesBad.
    """
    # Only for its check: the terminal asks no name server, so the register may hold nothing but an address and a port.
    PeerEndpoint(draft.name, draft.address, draft.port, draft.municipality, ())
    with terminal.database.writing() as tx:
        added = peers.register(tx, terminal.vault.rows, draft)
        terminal.log.append(
            tx, Event.PEER_REGISTERED, actor=actor, session=session_id, detail={"peer": added.name, "version": added.id}
        )
    return added


def draft_of(
    public: PublicIdentity, *, address: str, port: int, municipality: str, legal_basis: str, valid_from: datetime
) -> PeerDraft:
    """Return the draft of a version for a peer that handed over its `public` identity."""
    return PeerDraft(
        name=public.name,
        address=address,
        port=port,
        certificates_pem=public.certificate_pem,
        signing_key=public.signing_key,
        sealing_key=public.sealing_key,
        municipality=municipality,
        legal_basis=legal_basis,
        valid_from=valid_from,
    )


def registered(terminal: Terminal, session: Session) -> list[RegisteredPeer]:
    """Return the versions of the peer, the latest beginning first. Raises RightMissing."""
    admit(terminal, session, Right.PEER)
    with terminal.database.reading() as reading:
        seals = terminal.vault.rows
        stored, dated = peers.peer_versions(reading, seals), versions(reading, seals)
    current = newest_in_force(dated, clock.now())
    return [
        _describe(version, identity, in_force=current is not None and identity.version == current.version)
        for version, identity in zip(stored, dated, strict=True)
    ]


def register_file(terminal: Terminal, session: Session, file: Path, change: PeerChange) -> RegisteredPeer:
    """Register the identity in `file`, which the peer handed over, as the peer's next version.

    What `change` leaves out is taken from the file, and else from the version in force. Raises RightMissing,
    PeerFileUnusable, RegistrationIncomplete when it stands in none of them, EndpointInvalid, PeerVersionExists.
    """
    admit(terminal, session, Right.PEER)
    introduced = read_introduction(file)
    now = clock.now()
    # Mostly only the keys change; for the very first peer there is no version to take the rest from.
    base = _in_force(terminal, now)
    address = change.address or introduced.address or (base and base.address)
    port = change.port or introduced.port or (base and base.port)
    legal_basis = change.legal_basis or (base and base.legal_basis)
    if not (address and port and legal_basis):
        wanted = {"--address": address, "--port": port, "--legal-basis": legal_basis}
        raise RegistrationIncomplete(missing=", ".join(name for name, value in wanted.items() if not value))
    draft = draft_of(
        introduced.public,
        address=address,
        port=port,
        municipality=terminal.settings.municipality.code,
        legal_basis=legal_basis,
        valid_from=change.valid_from or now,
    )
    added = register(terminal, session, draft)
    return next(version for version in registered(terminal, session) if version.version == added.id)


def _in_force(terminal: Terminal, now: datetime) -> PeerVersion | None:
    try:
        with terminal.database.reading() as reading:
            return peers.peer_in_force(reading, terminal.vault.rows, now)
    except PeerMissing:
        return None


def _describe(version: PeerVersion, dated: DatedIdentity, *, in_force: bool) -> RegisteredPeer:
    return RegisteredPeer(
        version=version.id,
        name=version.name,
        address=version.address,
        port=version.port,
        valid_from=version.valid_from,
        valid_to=dated.valid_to,
        certificate_until=dated.public.certificate.not_valid_after_utc,
        fingerprint=dated.public.fingerprint,
        in_force=in_force,
    )


def refuse_other_municipality(terminal: Terminal) -> None:
    """Raise SettingFixed when the peer is registered for another municipality than that of the settings.

    Every record and envelope names the municipality, so all of them would be refused one by one.
    """
    try:
        with terminal.database.reading() as reading:
            known = peers.peer_versions(reading, terminal.vault.rows)
    except IntegrityFault:
        # The terminal has to open, so that people can look into it. Whoever needs the register is told what is wrong.
        return
    code = terminal.settings.municipality.code
    if known and known[0].municipality != code:
        raise SettingFixed(setting="municipality.code", was=known[0].municipality, found=code)


def version_name(number: int) -> str:
    """Return the name by which envelopes and receipts refer to a registered version."""
    return f"v{number}"


# Cached, because parsing certificate and keys for each batch would cost more than storing the batch.
@lru_cache(maxsize=64)
def _dated(version: PeerVersion) -> DatedIdentity:
    public = PublicIdentity(version.name, version.certificates_pem, version.signing_key, version.sealing_key)
    return DatedIdentity(version_name(version.id), public, version.valid_from, version.valid_to)
