"""Drafts (下書き): what a person has begun to enter and not registered, sealed, and seen by that person alone.

A draft outlives lock, log-off and a lost power supply, and ends by being registered or discarded. It decides nothing:
what comes of it is checked and reviewed like all that is entered. Its seal binds it to its person and its row, so that
nobody can be given another one's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlmodel import Field, SQLModel

from store.errors import SealBroken
from store.schema import UtcMoment, table
from store.sealing.vault import Place, Sealed, Vault


class EntryDraftRow(SQLModel, table=True):
    """What somebody has begun to enter. Whom it is about stands in the sealed content alone."""

    __tablename__ = "entry_draft"

    uid: str = Field(primary_key=True)
    person: str = Field(index=True)
    saved_at: datetime = Field(sa_type=UtcMoment)
    ciphertext: bytes
    wrapped_key: bytes


DRAFTS: Final = table(EntryDraftRow)


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft as it was saved last."""

    uid: str
    saved_at: datetime
    content: bytes


def draft_place(row: Any) -> Place:
    """Return where the content of a draft is sealed for: its row, and its person."""
    return Place(DRAFTS.name, row.person, row.uid, 1)


def keep(tx: Connection, vault: Vault, *, uid: str, person: str, content: bytes, now: datetime) -> bool:
    """Save a draft in the place of what was saved of it before; return whether it is new."""
    sealed = vault.seal(content, place=Place(DRAFTS.name, person, uid, 1))
    values = {"saved_at": now, "ciphertext": sealed.ciphertext, "wrapped_key": sealed.wrapped_key}
    # By its person as well: a name that was guessed or kept from another session changes nobody else's.
    own = (DRAFTS.c.uid == uid, DRAFTS.c.person == person)
    if tx.execute(update(DRAFTS).where(*own).values(values)).rowcount:
        return False
    tx.execute(insert(DRAFTS), {"uid": uid, "person": person, **values})
    return True


def drafts_of(reading: Connection, vault: Vault, person: str) -> Iterator[KeptDraft]:
    """Yield the drafts of a person, the newest first. Raises SealBroken."""
    for row in reading.execute(select(DRAFTS).where(DRAFTS.c.person == person).order_by(DRAFTS.c.saved_at.desc())):
        yield KeptDraft(row.uid, row.saved_at, _opened(vault, row))


def count_drafts(reading: Connection, person: str) -> int:
    """Return how many drafts a person has: the first page asks this at every look, and opens none of them."""
    return len(reading.execute(select(DRAFTS.c.uid).where(DRAFTS.c.person == person)).all())


def end(tx: Connection, uid: str, person: str) -> bool:
    """Take a draft away; return whether it was there."""
    return bool(tx.execute(delete(DRAFTS).where(DRAFTS.c.uid == uid, DRAFTS.c.person == person)).rowcount)


def end_older(tx: Connection, before: datetime) -> list[str]:
    """Take away what was not saved since a moment, whoever's it is; return what it was."""
    # Named before they go, since the log has an entry for each.
    old = list(tx.scalars(select(DRAFTS.c.uid).where(DRAFTS.c.saved_at < before)))
    tx.execute(delete(DRAFTS).where(DRAFTS.c.uid.in_(old)))
    return old


def unsound(reading: Connection, vault: Vault) -> Iterator[tuple[str, bool]]:
    """Yield every draft, and whether it is not as this terminal sealed it."""
    for row in reading.execute(select(DRAFTS)):
        try:
            _opened(vault, row)
        except SealBroken:
            # The person is told when the list is opened; here it is named for the officer.
            yield row.uid, True
        else:
            yield row.uid, False


def _opened(vault: Vault, row: Row[Any]) -> bytes:
    return vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=draft_place(row))
