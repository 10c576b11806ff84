"""What a message says, and the words people add to it: always sealed, opened only when asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from store.errors import ContentErased, MessageMissing, SealBroken
from store.queue.pages import QueueFilter, conditions, in_batches
from store.queue.tables import CONTENTS, ERASED, MESSAGES, NOTES, MessageRow
from store.sealing.vault import Place, Sealed, Vault


class NoteKind(StrEnum):
    """What a note is about; the same word as the step that asked for it."""

    GIVE_BACK = "give_back"
    WITHDRAW = "withdraw"
    PUT_ON_HOLD = "put_on_hold"


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note, opened. `author` is a person ID."""

    seq: int
    kind: NoteKind
    author: str | None
    at: datetime
    text: str


def content_of(conn: Connection, vault: Vault, message: MessageRow, revision: int | None = None) -> bytes:
    """Return a message's canonical bytes, of the present revision unless another is named.

    Raises MessageMissing (no such revision), ContentErased, SealBroken.
    """
    wanted = message.revision if revision is None else revision
    kept = select(CONTENTS.c.ciphertext, CONTENTS.c.wrapped_key).where(
        CONTENTS.c.message_id == message.id, CONTENTS.c.revision == wanted
    )
    row = conn.execute(kept).one_or_none()
    if row is None:
        raise MessageMissing
    if row.wrapped_key == ERASED:
        raise ContentErased(reference=message.reference)
    return vault.unseal(Sealed(*row), place=content_place(message.uid, wanted))


_JOINED: Final = select(
    MESSAGES.c.id, MESSAGES.c.uid, MESSAGES.c.revision, CONTENTS.c.ciphertext, CONTENTS.c.wrapped_key
).join_from(
    MESSAGES, CONTENTS, and_(CONTENTS.c.message_id == MESSAGES.c.id, CONTENTS.c.revision == MESSAGES.c.revision)
)
_PRESENT: Final = _JOINED.where(MESSAGES.c.id.in_(bindparam("numbers", expanding=True)))
_EACH: Final = _JOINED.where(CONTENTS.c.wrapped_key != ERASED)
_READ_AT_ONCE: Final = 500


class OpenedContents(NamedTuple):
    """Contents of many messages by number: those that open, and what is wrong with the others."""

    opened: dict[int, bytes]
    broken: dict[int, SealBroken]


def contents_of(conn: Connection, vault: Vault, numbers: Iterable[int]) -> dict[int, bytes]:
    """Return the present contents of many messages by number; erased ones are left out. Raises SealBroken."""
    opened, broken = sound_contents_of(conn, vault, numbers)
    for error in broken.values():
        raise error
    return opened


def sound_contents_of(conn: Connection, vault: Vault, numbers: Iterable[int]) -> OpenedContents:
    """Return what `contents_of` does, and beside it the messages whose seal is broken, so that the others go on."""
    contents = OpenedContents({}, {})
    for some in in_batches(list(numbers)):
        for number, uid, revision, ciphertext, wrapped in conn.execute(_PRESENT, {"numbers": some}).all():
            if wrapped == ERASED:
                continue
            try:
                plain = vault.unseal(Sealed(ciphertext, wrapped), place=content_place(uid, revision))
            except SealBroken as error:
                contents.broken[number] = error
            else:
                contents.opened[number] = plain
    return contents


def content_values(vault: Vault, number: int, uid: str, revision: int, content: bytes) -> Mapping[str, Any]:
    """Return the row that holds a message's content, sealed for its place."""
    sealed = vault.seal(content, place=content_place(uid, revision))
    return {
        "message_id": number,
        "revision": revision,
        "ciphertext": sealed.ciphertext,
        "wrapped_key": sealed.wrapped_key,
    }


def each_content(reading: Connection, vault: Vault, chosen: QueueFilter) -> Iterator[tuple[int, bytes]]:
    """Yield number and present content of every message that the filter lets through; erased ones are left out.

    For what only the content tells, such as a name: no index holds those. Raises SealBroken.
    """
    for condition in conditions(chosen):
        with reading.execute(_EACH.where(condition)) as found:
            # From the driver's own rows, which tens of thousands of contents are read from twice as fast.
            while rows := found.cursor.fetchmany(_READ_AT_ONCE):
                for number, uid, revision, ciphertext, wrapped in rows:
                    place = Place(CONTENTS.name, "ciphertext", uid, revision)
                    yield number, vault.unseal(Sealed(ciphertext, wrapped), place=place)


def add_note(tx: Connection, vault: Vault, message: MessageRow, note: NoteRow) -> None:
    """Keep a note under its number; `next_note` gives one."""
    sealed = vault.seal(note.text.encode(), place=note_place(message.uid, note.seq))
    values = {
        "message_id": message.id,
        "seq": note.seq,
        "kind": note.kind.value,
        "author": note.author,
        "at": note.at,
        "ciphertext": sealed.ciphertext,
        "wrapped_key": sealed.wrapped_key,
    }
    tx.execute(insert(NOTES), values)


def next_note(tx: Connection, message: MessageRow) -> int:
    """Return the number of the next note of that message; they count from 1."""
    last = tx.scalar(select(func.max(NOTES.c.seq)).where(NOTES.c.message_id == message.id))
    return (last or 0) + 1


def notes_of(conn: Connection, vault: Vault, message: MessageRow) -> list[NoteRow]:
    """Return all notes of a message, oldest first. Raises SealBroken."""
    unerased = (NOTES.c.message_id == message.id, NOTES.c.wrapped_key != ERASED)
    kept = conn.execute(select(NOTES).where(*unerased).order_by(NOTES.c.seq))
    return [
        NoteRow(
            row.seq,
            NoteKind(row.kind),
            row.author,
            row.at,
            vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=note_place(message.uid, row.seq)).decode(),
        )
        for row in kept
    ]


def content_place(uid: str, revision: int) -> Place:
    """Return where a message's content of that revision belongs."""
    return Place(CONTENTS.name, "ciphertext", uid, revision)


def note_place(uid: str, seq: int) -> Place:
    """Return where a message's note of that number belongs."""
    return Place(NOTES.name, "ciphertext", uid, seq)
