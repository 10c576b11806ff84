"""The peer (相手先) as registered, in dated versions. At the boundary the next version comes into force by itself.

No version is ever overwritten or removed, because a receipt that is years old is verified with the keys of its day.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select
from sqlmodel import Field, SQLModel

from store.errors import PeerDatesBad, PeerMissing, PeerVersionExists
from store.schema import UtcMoment, table


class PeerVersionRow(SQLModel, table=True):
    """One version of the peer."""

    __tablename__ = "peer_version"

    id: int = Field(primary_key=True)
    name: str
    address: str
    port: int
    # Certificates and keys are the public ones of the peer, so nothing in this table is sealed.
    certificates_pem: str
    signing_key: bytes
    sealing_key: bytes
    municipality: str
    legal_basis: str
    # Unique, so that exactly one version is the last to have begun at any moment.
    valid_from: datetime = Field(sa_type=UtcMoment, unique=True)
    valid_to: datetime | None = Field(default=None, sa_type=UtcMoment)


PEER_VERSIONS: Final = table(PeerVersionRow)
TABLES: Final = (PEER_VERSIONS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerDraft:
    """A version of the peer to be registered.

    `address` is a numeric IP address. `certificates_pem` are the trusted leaf certificates, concatenated. Keys are raw
    bytes. `municipality` (6 digits) is the municipality for which this peer answers us. The version is in force while
    valid_from <= t < valid_to; None means until a later version begins.
    """

    name: str
    address: str
    port: int
    certificates_pem: str
    signing_key: bytes
    sealing_key: bytes
    municipality: str
    legal_basis: str
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerVersion(PeerDraft):
    """A registered version with its number."""

    id: int


def register(tx: Connection, draft: PeerDraft) -> PeerVersion:
    """Add a version of the peer. Raises PeerVersionExists (another begins at that moment), PeerDatesBad."""
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise PeerDatesBad
    same_start = select(PEER_VERSIONS.c.id).where(PEER_VERSIONS.c.valid_from == draft.valid_from)
    if tx.scalar(same_start) is not None:
        raise PeerVersionExists
    # Safe without a sequence of the engine, because writing blocks come one at a time.
    number = (tx.scalar(select(func.max(PEER_VERSIONS.c.id))) or 0) + 1
    values = {field.name: getattr(draft, field.name) for field in fields(PeerDraft)}
    tx.execute(insert(PEER_VERSIONS).values(id=number, **values))
    return peer_version(tx, number)


def peer_in_force(conn: Connection, on: datetime) -> PeerVersion:
    """Return the version in force at `on`: the last to have begun, unless it has ended. Raises PeerMissing."""
    begun = select(PEER_VERSIONS).where(PEER_VERSIONS.c.valid_from <= on)
    row = conn.execute(begun.order_by(PEER_VERSIONS.c.valid_from.desc()).limit(1)).one_or_none()
    # After the end of this version nobody is in force: an older version without an end does not come back.
    if row is None or (row.valid_to is not None and row.valid_to <= on):
        raise PeerMissing
    return _version(row)


def peer_version(conn: Connection, number: int) -> PeerVersion:
    """Return the version with that number, whether in force or not. Raises PeerMissing."""
    row = conn.execute(select(PEER_VERSIONS).where(PEER_VERSIONS.c.id == number)).one_or_none()
    if row is None:
        raise PeerMissing
    return _version(row)


# Built once, because every batch that is sent reads the register again: a new version may have come into force.
_ALL: Final = select(PEER_VERSIONS).order_by(PEER_VERSIONS.c.valid_from.desc())


def peer_versions(conn: Connection) -> list[PeerVersion]:
    """Return all versions; the one that begins last comes first."""
    return [_version(row) for row in conn.execute(_ALL)]


def _version(row: Row[Any]) -> PeerVersion:
    return PeerVersion(**row._mapping)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.
