"""The register of the peer (相手先) as the line uses it: what is kept becomes whom we talk with."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, peers
from store.log import Event
from store.peers import PeerDraft, PeerVersion
from store.rights import Right
from transport.identity import DatedIdentity, PublicIdentity
from transport.peer import PeerEndpoint


def endpoint(terminal: Terminal, *, at: datetime | None = None) -> PeerEndpoint:
    """Return the peer in force at `at` (now), with all its versions: old receipts verify for ever.

    Raises PeerMissing when no version is in force.
    """
    with terminal.database.reading() as reading:
        current = peers.peer_in_force(reading, at or clock.now())
        known = versions(reading)
    return PeerEndpoint(
        name=current.name,
        address=current.address,
        port=current.port,
        municipality=current.municipality,
        versions=known,
    )


def versions(reading: Connection) -> tuple[DatedIdentity, ...]:
    """Return every version of the peer, past and coming ones too."""
    return tuple(_dated(version) for version in peers.peer_versions(reading))


def register(terminal: Terminal, session: Session, draft: PeerDraft) -> PeerVersion:
    """Add a version of the peer. Raises RightMissing, PeerVersionExists, PeerDatesBad."""
    admit(terminal, session, Right.PEER)
    return record(terminal, draft, actor=session.person_id, session_id=session.id)


def record(terminal: Terminal, draft: PeerDraft, *, actor: str | None, session_id: str | None) -> PeerVersion:
    """Add a version of the peer with its log entry; `actor` is None while a rehearsal is being made.

    Raises EndpointInvalid for a name in place of an address, PeerVersionExists, PeerDatesBad.
    """
    PeerEndpoint(draft.name, draft.address, draft.port, draft.municipality, ())
    with terminal.database.writing() as tx:
        added = peers.register(tx, draft)
        terminal.log.append(
            tx, Event.PEER_REGISTERED, actor=actor, session=session_id, detail={"peer": added.name, "version": added.id}
        )
    return added


def draft_of(
    public: PublicIdentity, *, address: str, port: int, municipality: str, legal_basis: str, valid_from: datetime
) -> PeerDraft:
    """Return what is registered of a peer that handed over its `public` identity."""
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


def version_name(number: int) -> str:
    """Return the name under which a registered version travels in envelopes and receipts."""
    return f"v{number}"


@lru_cache(maxsize=64)  # Reading certificate and keys anew for each batch would cost more than storing it.
def _dated(version: PeerVersion) -> DatedIdentity:
    public = PublicIdentity(version.name, version.certificates_pem, version.signing_key, version.sealing_key)
    return DatedIdentity(version_name(version.id), public, version.valid_from, version.valid_to)
