"""The contents of messages and the notes that people add: always sealed, and opened only when asked for."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from store.errors import ContentErased, MessageMissing, SealBroken
from store.message.states import OutState
from store.packing import pack_large, unpack
from store.queue.hiding import HiddenNumbers
from store.queue.pages import in_batches
from store.queue.tables import ALL_MESSAGES, CONTENTS, ERASED, MESSAGES, NOTES, MessageRow
from store.sealing.vault import Place, Sealed, Vault


class NoteKind(StrEnum):
    """What a note is about. The value is that of the step that asked for the note."""

    GIVE_BACK = "give_back"
    WITHDRAW = "withdraw"
    PUT_ON_HOLD = "put_on_hold"


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note in clear. `author` is a user ID."""

    seq: int
    kind: NoteKind
    author: str | None
    at: datetime
    text: str


def content_of(conn: Connection, vault: Vault, message: MessageRow, revision: int | None = None) -> bytes:
    """Return the canonical bytes of a message, in the present revision unless another is named.

    Raises MessageMissing (no such revision), ContentErased, SealBroken.
    """
    wanted = message.revision if revision is None else revision
    sealed = select(CONTENTS.c.ciphertext, CONTENTS.c.wrapped_key).where(
        CONTENTS.c.message_id == message.id, CONTENTS.c.revision == wanted
    )
    row = conn.execute(sealed).one_or_none()
    if row is None:
        raise MessageMissing
    if row.wrapped_key == ERASED:
        raise ContentErased(reference=message.reference)
    return open_content(vault, message.uid, wanted, *row)


def open_content(vault: Vault, uid: str, revision: int, ciphertext: bytes, wrapped: bytes) -> bytes:
    """Return the canonical bytes of a revision of a message. Raises SealBroken."""
    return unpack(vault.unseal(Sealed(ciphertext, wrapped), place=content_place(uid, revision)))


# Built once, because every batch that is sent and every search runs one of them.
_JOINED: Final = select(
    MESSAGES.c.id, MESSAGES.c.uid, MESSAGES.c.revision, CONTENTS.c.ciphertext, CONTENTS.c.wrapped_key
).join_from(
    MESSAGES, CONTENTS, and_(CONTENTS.c.message_id == MESSAGES.c.id, CONTENTS.c.revision == MESSAGES.c.revision)
)
_PRESENT: Final = _JOINED.where(MESSAGES.c.id.in_(bindparam("numbers", expanding=True)))


class OpenedContents(NamedTuple):
    """The contents of many messages by number, and the errors of those that do not open."""

    opened: dict[int, bytes]
    broken: dict[int, SealBroken]


def contents_of(conn: Connection, vault: Vault, numbers: Iterable[int]) -> dict[int, bytes]:
    """Return the present contents of many messages by number, without erased ones. Raises SealBroken."""
    opened, broken = sound_contents_of(conn, vault, numbers)
    for error in broken.values():
        raise error
    return opened


def sound_contents_of(conn: Connection, vault: Vault, numbers: Iterable[int]) -> OpenedContents:
    """Return what `contents_of` does; report broken seals beside it, so that work on the other messages goes on."""
    contents = OpenedContents({}, {})
    for some in in_batches(numbers):
        for number, uid, revision, ciphertext, wrapped in conn.execute(_PRESENT, {"numbers": some}).all():
            # An erased content is no broken seal: its message goes on without it.
            if wrapped == ERASED:
                continue
            try:
                plain = open_content(vault, uid, revision, ciphertext, wrapped)
            except SealBroken as error:
                contents.broken[number] = error
            else:
                contents.opened[number] = plain
    return contents


def content_values(vault: Vault, number: int, uid: str, revision: int, content: bytes) -> Mapping[str, Any]:
    """Return the row with the sealed content of a message."""
    # The seal binds the place: a row that is copied to another message or revision does not open.
    sealed = vault.seal(pack_large(content), place=content_place(uid, revision))
    return {
        "message_id": number,
        "revision": revision,
        "ciphertext": sealed.ciphertext,
        "wrapped_key": sealed.wrapped_key,
    }


class AboutPerson(NamedTuple):
    """A message about a person, with its present content."""

    subject: str
    kind: str
    reference: str
    effective_at: datetime
    pointer: str | None
    target: str | None
    content: bytes


_ABOUT_PERSONS: Final = (
    select(
        ALL_MESSAGES.c.id,
        ALL_MESSAGES.c.uid,
        ALL_MESSAGES.c.revision,
        *(ALL_MESSAGES.c[name] for name in AboutPerson._fields[:-1]),
        CONTENTS.c.ciphertext,
        CONTENTS.c.wrapped_key,
    )
    .join_from(
        ALL_MESSAGES,
        CONTENTS,
        and_(CONTENTS.c.message_id == ALL_MESSAGES.c.id, CONTENTS.c.revision == ALL_MESSAGES.c.revision),
    )
    .where(
        ALL_MESSAGES.c.subject.in_(bindparam("subjects", expanding=True)),
        # As one text, so that no engine takes the index of states: those of persons are a handful of messages each.
        ALL_MESSAGES.c.state.concat("") != OutState.WITHDRAWN.value,
        CONTENTS.c.wrapped_key != ERASED,
    )
)


def about_persons(
    conn: Connection, vault: Vault, subjects: Iterable[str], *, intake_id: str | None = None
) -> Iterator[AboutPerson]:
    """Yield the messages about these persons, by pseudonym, but those that were withdrawn or whose content is erased.

    `intake_id` is the file that is being taken in; what it has hidden so far is yielded as well. A content that does
    not open is left out: whoever opens that message is told.
    """
    hidden: HiddenNumbers | None = None
    for some in in_batches(subjects):
        for number, uid, revision, *columns, ciphertext, wrapped in conn.execute(_ABOUT_PERSONS, {"subjects": some}):
            hidden = hidden or HiddenNumbers(conn)
            if hidden.file_of(number) in (None, intake_id):
                with suppress(SealBroken):
                    content = open_content(vault, uid, revision, ciphertext, wrapped)
                    yield AboutPerson._make((*columns, content))


def add_note(tx: Connection, vault: Vault, message: MessageRow, note: NoteRow) -> None:
    """Store a note under its number, which `next_note` gave."""
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
    """Return the number of the next note of a message. Numbers begin at 1."""
    # Safe without a sequence of the engine, because writing blocks come one at a time.
    last = tx.scalar(select(func.max(NOTES.c.seq)).where(NOTES.c.message_id == message.id))
    return (last or 0) + 1


def notes_of(conn: Connection, vault: Vault, message: MessageRow) -> list[NoteRow]:
    """Return all notes of a message, oldest first. Raises SealBroken."""
    unerased = (NOTES.c.message_id == message.id, NOTES.c.wrapped_key != ERASED)
    rows = conn.execute(select(NOTES).where(*unerased).order_by(NOTES.c.seq))
    return [
        NoteRow(
            row.seq,
            NoteKind(row.kind),
            row.author,
            row.at,
            vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=note_place(message.uid, row.seq)).decode(),
        )
        for row in rows
    ]


def content_place(uid: str, revision: int) -> Place:
    """Return the place of a revision of a message's content."""
    return Place(CONTENTS.name, "ciphertext", uid, revision)


def note_place(uid: str, seq: int) -> Place:
    """Return the place of a note of a message."""
    return Place(NOTES.name, "ciphertext", uid, seq)
