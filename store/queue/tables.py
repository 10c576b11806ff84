"""The tables of the messages and their life, and a message's row as the rest of the program sees it."""

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Index, Row, Select, UniqueConstraint, select, text
from sqlmodel import Field, SQLModel

from store.message.states import Direction, Hold, Pointer, State, state_of
from store.schema import UtcMoment, table

_POINTING: Final = text("target IS NOT NULL")


class Message(SQLModel, table=True):
    """A message or notice: everything about it that is not personal. Its content is sealed apart."""

    __tablename__ = "message"

    id: int = Field(primary_key=True)
    uid: str = Field(unique=True)  # The id on the wire: 32 hex characters.
    direction: str
    kind: str
    reference: str
    state: str
    occurred_at: datetime = Field(sa_type=UtcMoment)
    taken_at: datetime = Field(sa_type=UtcMoment)
    due_on: date | None
    pointer: str | None  # Whether it cancels or replaces an earlier message of its kind …
    target: str | None  # … and the reference of that one; of a notice, of the one that it supersedes.
    hold: str | None
    subject: str | None  # A pseudonym of the person's key; of a notice, of the number that it is about.
    author: str | None
    approver: str | None
    revision: int
    digest: bytes
    approved_revision: int | None
    approved_digest: bytes | None
    warnings: int  # Unconfirmed ones.
    state_since: datetime = Field(sa_type=UtcMoment)
    version: int  # Counts every change of this row.
    changed_by: str | None  # Who took the last step; nobody since it was taken in, or the terminal itself.

    __table_args__ = (
        UniqueConstraint("direction", "kind", "reference"),
        Index("message_state", "direction", "state", "occurred_at", "id"),
        Index("message_order", "direction", "occurred_at", "id"),
        Index("message_reference", "direction", "reference", "id"),
        Index("message_state_reference", "direction", "state", "reference", "id"),
        Index("message_subject", "subject", "occurred_at"),
        # Few messages point at another one: the others are not in these two.
        Index("message_target", "target", "kind", sqlite_where=_POINTING, postgresql_where=_POINTING),
        Index("message_pointing", "state", "target", "kind", sqlite_where=_POINTING, postgresql_where=_POINTING),
    )


class FormerNumber(SQLModel, table=True):
    """A number that the person of a notice had before it, as a pseudonym: numbers change at every issue."""

    __tablename__ = "former_number"

    number: str = Field(primary_key=True)
    message_id: int = Field(primary_key=True, foreign_key="message.id", index=True)


class ContentRow(SQLModel, table=True):
    """A message's content, one row a revision; old revisions stay readable."""

    __tablename__ = "content"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    revision: int = Field(primary_key=True)
    ciphertext: bytes
    wrapped_key: bytes


class Note(SQLModel, table=True):
    """Words that belong to a message (why it was returned); sealed."""

    __tablename__ = "note"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    seq: int = Field(primary_key=True)
    kind: str
    author: str | None
    at: datetime = Field(sa_type=UtcMoment)
    ciphertext: bytes
    wrapped_key: bytes


class Shipment(SQLModel, table=True):
    """The exact bytes under which a message travels, made once.

    They bear the name and the signature of the terminal that made them: it alone sends them, and asks about them.
    """

    __tablename__ = "shipment"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    revision: int
    envelope: bytes
    digest: bytes
    content_digest: bytes
    peer_version: int = Field(foreign_key="peer_version.id")
    made_at: datetime = Field(sa_type=UtcMoment)
    sent_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    terminal: str


class ReceiptRow(SQLModel, table=True):
    """The peer's receipt for a shipment, byte for byte.

    Apart from the shipment, whose row fills half a page: to grow it by this would write a whole one once more.
    """

    __tablename__ = "receipt"

    message_id: int = Field(primary_key=True, foreign_key="shipment.message_id")
    receipt: bytes
    kept_at: datetime = Field(sa_type=UtcMoment)


class Arrival(SQLModel, table=True):
    """An envelope of the peer's feed for a terminal as it came, sealed to that one's key, known by its uid."""

    __tablename__ = "arrival"

    terminal: str = Field(primary_key=True)
    uid: str = Field(primary_key=True)
    peer: str
    position: int
    purpose: str
    digest: bytes
    envelope: bytes
    received_at: datetime = Field(sa_type=UtcMoment)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcMoment, index=True)
    about: str | None = Field(default=None, index=True)  # The notice that it brought once more, by that one's uid.

    __table_args__ = (Index("arrival_position", "terminal", "peer", "position"), Index("arrival_uid", "uid"))


class Cursor(SQLModel, table=True):
    """How far a terminal has read the peer's feed for it."""

    __tablename__ = "cursor"

    terminal: str = Field(primary_key=True)
    peer: str = Field(primary_key=True)
    position: int


class PeerResult(SQLModel, table=True):
    """What the peer decided about a message (受理, エラー); its words are sealed."""

    __tablename__ = "result"

    uid: str = Field(primary_key=True)  # The id of the result itself.
    message_id: int = Field(foreign_key="message.id", index=True)
    position: int
    outcome: str
    code: str | None
    received_at: datetime = Field(sa_type=UtcMoment)
    ciphertext: bytes
    wrapped_key: bytes


ERASED: Final = b""
"""What stands in the place of a sealed value, and of its key, once they are destroyed."""

MESSAGES: Final = table(Message)
FORMER_NUMBERS: Final = table(FormerNumber)
CONTENTS: Final = table(ContentRow)
NOTES: Final = table(Note)
SHIPMENTS: Final = table(Shipment)
RECEIPTS: Final = table(ReceiptRow)
ARRIVALS: Final = table(Arrival)
CURSORS: Final = table(Cursor)
RESULTS: Final = table(PeerResult)


class MessageRow(NamedTuple):
    """A message's row. `author`, `approver` and `changed_by` are person IDs, `subject` a pseudonym.

    Of a notice `approver` is who confirmed it, `author` the first of two where it took two.

    A tuple, because every step of every message makes a new one, and a dataclass of as many fields takes ten times as
    long.
    """

    id: int
    uid: str
    direction: Direction
    kind: str
    reference: str
    state: State
    occurred_at: datetime
    taken_at: datetime
    due_on: date | None
    pointer: Pointer | None
    target: str | None
    hold: Hold | None
    subject: str | None
    author: str | None
    approver: str | None
    revision: int
    digest: bytes
    approved_revision: int | None
    approved_digest: bytes | None
    warnings: int
    state_since: datetime
    version: int
    changed_by: str | None

    @property
    def approved(self) -> bool:
        """Whether somebody has approved exactly this content in exactly this revision."""
        return self.approved_digest == self.digest and self.approved_revision == self.revision


COLUMNS: Final = tuple(MESSAGES.c[name] for name in MessageRow._fields)
_DIRECTION, _STATE, _HOLD, _POINTER = (
    MessageRow._fields.index(name) for name in ("direction", "state", "hold", "pointer")
)


def select_messages() -> Select[Any]:
    """Begin a query whose rows `message_row` understands."""
    return select(*COLUMNS)


def message_row(row: Row[Any]) -> MessageRow:
    """Turn a row of `select_messages` into what the program works with."""
    values: list[Any] = list(row)
    values[_DIRECTION] = Direction(values[_DIRECTION])
    values[_STATE] = state_of(values[_DIRECTION], values[_STATE])
    values[_HOLD] = None if values[_HOLD] is None else Hold(values[_HOLD])
    values[_POINTER] = None if values[_POINTER] is None else Pointer(values[_POINTER])
    return MessageRow(*values)
