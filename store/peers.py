"""The peer (相手先) as registered, in dated versions: at the boundary the next one takes over by itself.

Nothing is ever overwritten or removed: a receipt of years ago is checked against the keys of its day.
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
    certificates_pem: str
    signing_key: bytes
    sealing_key: bytes
    municipality: str
    legal_basis: str
    valid_from: datetime = Field(sa_type=UtcMoment, unique=True)
    valid_to: datetime | None = Field(default=None, sa_type=UtcMoment)


PEER_VERSIONS: Final = table(PeerVersionRow)
TABLES: Final = (PEER_VERSIONS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerDraft:
    """What is registered of the peer.

    `address` is a numeric address; `certificates_pem` the leaf certificates that are trusted, one
    after the other; keys are raw bytes; `municipality` (6 digits) is for whom this peer answers us;
    it is in force while valid_from <= t < valid_to (None: until a later version begins).
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
    """A registered version, with its number."""

    id: int


def register(tx: Connection, draft: PeerDraft) -> PeerVersion:
    """Add a version of the peer. Raises PeerVersionExists (same beginning), PeerDatesBad."""
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise PeerDatesBad
    same_start = select(PEER_VERSIONS.c.id).where(PEER_VERSIONS.c.valid_from == draft.valid_from)
    if tx.scalar(same_start) is not None:
        raise PeerVersionExists
    number = (tx.scalar(select(func.max(PEER_VERSIONS.c.id))) or 0) + 1
    values = {part.name: getattr(draft, part.name) for part in fields(PeerDraft)}
    tx.execute(insert(PEER_VERSIONS).values(id=number, **values))
    return peer_version(tx, number)


def peer_in_force(conn: Connection, on: datetime) -> PeerVersion:
    """Return the version that began last before `on`, if it has not ended. Raises PeerMissing."""
    begun = select(PEER_VERSIONS).where(PEER_VERSIONS.c.valid_from <= on)
    row = conn.execute(begun.order_by(PEER_VERSIONS.c.valid_from.desc()).limit(1)).one_or_none()
    if row is None or (row.valid_to is not None and row.valid_to <= on):
        raise PeerMissing
    return _version(row)


def peer_version(conn: Connection, number: int) -> PeerVersion:
    """Return the version with that number, in force or not. Raises PeerMissing."""
    row = conn.execute(select(PEER_VERSIONS).where(PEER_VERSIONS.c.id == number)).one_or_none()
    if row is None:
        raise PeerMissing
    return _version(row)


# Built once: every batch of a sending looks at the register anew.
_ALL: Final = select(PEER_VERSIONS).order_by(PEER_VERSIONS.c.valid_from.desc())


def peer_versions(conn: Connection) -> list[PeerVersion]:
    """Return all versions, the latest beginning first."""
    return [_version(row) for row in conn.execute(_ALL)]


def _version(row: Row[Any]) -> PeerVersion:
    return PeerVersion(**row._mapping)  # noqa: SLF001 - the public way to a row's names, in spite of the underscore
