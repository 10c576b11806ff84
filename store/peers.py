"""The peer (相手先) as registered, in dated versions. At the boundary the next version comes into force by itself.

No version is ever overwritten or removed, because a receipt that is years old is verified with the keys of its day. So
a version that the log tells of and the table does not have was taken away, perhaps to bring an older one back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select
from sqlmodel import Field, SQLModel

from store.clock import to_microseconds
from store.errors import PeerDatesBad, PeerMissing, PeerVersionExists, RowMissing
from store.log.events import Event
from store.log.latest import numbers_of
from store.schema import UtcMoment, table
from store.sealing.row_seals import Plain, RowSeals


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
    seal: bytes  # Binds all other columns to the keys of the queue.


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


def register(tx: Connection, seals: RowSeals, draft: PeerDraft) -> PeerVersion:
    """Add a version of the peer. Raises PeerVersionExists (another begins at that moment), PeerDatesBad."""
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise PeerDatesBad
    same_start = select(PEER_VERSIONS.c.id).where(PEER_VERSIONS.c.valid_from == draft.valid_from)
    if tx.scalar(same_start) is not None:
        raise PeerVersionExists
    # Safe without a sequence of the engine, because writing blocks come one at a time.
    number = (tx.scalar(select(func.max(PEER_VERSIONS.c.id))) or 0) + 1
    values = {"id": number, **{field.name: getattr(draft, field.name) for field in fields(PeerDraft)}}
    tx.execute(insert(PEER_VERSIONS), {**values, "seal": seals.seal(PEER_VERSIONS.name, sealed_values(values))})
    return PeerVersion(**values)


def peer_in_force(conn: Connection, seals: RowSeals, on: datetime) -> PeerVersion:
    """Return the version in force at `on`: the last to have begun, unless it has ended.

    Raises PeerMissing, and as `peer_versions`.
    """
    begun = (version for version in peer_versions(conn, seals) if version.valid_from <= on)
    # After the end of this version nobody is in force: an older version without an end does not come back.
    version = next(begun, None)
    if version is None or (version.valid_to is not None and version.valid_to <= on):
        raise PeerMissing
    return version


# Built once, because every batch that is sent reads the register again: a new version may have come into force.
_ALL: Final = select(PEER_VERSIONS).order_by(PEER_VERSIONS.c.valid_from.desc())


def peer_versions(conn: Connection, seals: RowSeals) -> list[PeerVersion]:
    """Return all versions; the one that begins last comes first.

    Raises RowSealBroken, and RowMissing for a version that the log tells of.
    """
    # All of them each time, since an older one must not come into force because a newer one was taken away.
    versions = [_version(seals, row) for row in conn.execute(_ALL)]
    missing = numbers_of(conn, Event.PEER_REGISTERED, "version") - {version.id for version in versions}
    for number in sorted(missing):
        raise RowMissing(table=PEER_VERSIONS.name, row=number)
    return versions


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    moments = (row[name] if row[name] is None else to_microseconds(row[name]) for name in ("valid_from", "valid_to"))
    keys = (row[name].hex() for name in ("signing_key", "sealing_key"))
    texts = (row[name] for name in ("name", "address", "port", "certificates_pem", "municipality", "legal_basis"))
    return [row["id"], *texts, *keys, *moments]


def _version(seals: RowSeals, row: Row[Any]) -> PeerVersion:
    check_version(seals, row)
    values = dict(row._mapping)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.
    del values["seal"]
    return PeerVersion(**values)


def check_version(seals: RowSeals, row: Row[Any]) -> None:
    """Raise RowSealBroken unless the terminal wrote the row."""
    seals.check(PEER_VERSIONS.name, str(row.id), sealed_values(row._mapping), row.seal)  # noqa: SLF001  # As above.
