"""The tables of messages and of all that belongs to them, and the row of a message as the program sees it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Index, Select, UniqueConstraint, exists, func, or_, select, text
from sqlmodel import Field, SQLModel

from store.errors import RowSealBroken
from store.message.states import Direction, Hold, Pointer, State, state_of
from store.packing import PackedBytes
from store.schema import UtcMoment, table

_POINTING: Final = text("target IS NOT NULL")


class Message(SQLModel, table=True):
    """A message or notice: everything about it that is not personal. Its content is sealed, in another table."""

    __tablename__ = "message"

    id: int = Field(primary_key=True)
    uid: str = Field(unique=True)  # The id on the wire: 32 hex characters.
    direction: str
    kind: str
    reference: str
    state: str
    effective_at: datetime = Field(sa_type=UtcMoment)
    taken_at: datetime = Field(sa_type=UtcMoment)
    due_on: date | None
    pointer: str | None  # Whether it cancels or replaces an earlier message of its kind.
    target: str | None  # The reference of that earlier message, or of the notice that a notice supersedes.
    hold: str | None
    subject: str | None  # A pseudonym of the person's key, or of the number that a notice is about.
    author: str | None
    approver: str | None
    revision: int
    digest: bytes
    approved_revision: int | None
    approved_digest: bytes | None
    warnings: int  # How many warnings nobody has confirmed.
    state_since: datetime = Field(sa_type=UtcMoment)
    version: int  # Counts every change of this row.
    changed_by: str | None  # Who took the last step; empty for the terminal and before the first step.
    authors: str | None  # Everybody who wrote a revision of a message, by ID, sorted and joined by commas.
    seal: bytes  # Binds all other columns to the keys of the queue; see `store.queue.sealed_rows`.

    __table_args__ = (
        UniqueConstraint("direction", "kind", "reference"),
        # One index for each order, with and without a state: pages of the queue are walks along these and never sorts.
        # A test holds every filter of the screen to them.
        Index("message_state", "direction", "state", "effective_at", "id"),
        Index("message_order", "direction", "effective_at", "id"),
        Index("message_reference", "direction", "reference", "id"),
        Index("message_state_reference", "direction", "state", "reference", "id"),
        # Notices and the order in time ask for a subject without a direction; see `store.queue.sequence`.
        Index("message_subject", "subject", "effective_at"),
        # Few messages point at another. The partial indexes hold only those, so that the others cost nothing.
        Index("message_target", "target", "kind", sqlite_where=_POINTING, postgresql_where=_POINTING),
        Index("message_pointing", "state", "target", "kind", sqlite_where=_POINTING, postgresql_where=_POINTING),
    )


class FileIntake(SQLModel, table=True):
    """A file that is being taken in by several transactions. The row goes when the file is in or given up."""

    __tablename__ = "file_intake"

    id: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="session.id")
    size: int = Field(sa_type=BigInteger)  # Of the file, in bytes.
    done: int = Field(sa_type=BigInteger)


class HiddenRange(SQLModel, table=True):
    """Numbers from `first` to `last` of messages of a file that is not completely in: nobody sees them yet."""

    __tablename__ = "hidden_range"

    first: int = Field(primary_key=True)
    last: int
    # No foreign key: when the file is given up, its row goes at once, and its messages in portions.
    intake_id: str


class FormerNumber(SQLModel, table=True):
    """A former number of the person of a notice, as a pseudonym: numbers change with every card issued."""

    __tablename__ = "former_number"

    number: str = Field(primary_key=True)
    message_id: int = Field(primary_key=True, foreign_key="message.id", index=True)


# Each value has its own key, wrapped by the terminal's key. Destroying that wrapped key erases the value for good,
# and a change of the terminal's key rewraps it without reading any content.
class ContentRow(SQLModel, table=True):
    """The content of a message, a row for each revision. Old revisions stay readable."""

    __tablename__ = "content"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    revision: int = Field(primary_key=True)
    ciphertext: bytes
    wrapped_key: bytes


class NameBlock(SQLModel, table=True):
    """The names of up to NAME_BLOCK messages, sealed together for the search; see `store.queue.name_blocks`."""

    __tablename__ = "name_block"

    number: int = Field(primary_key=True)
    messages: int  # How many of the messages it has.
    ciphertext: bytes
    wrapped_key: bytes


class Note(SQLModel, table=True):
    """A sealed text that belongs to a message, such as why it was returned."""

    __tablename__ = "note"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    seq: int = Field(primary_key=True)
    kind: str
    author: str | None
    at: datetime = Field(sa_type=UtcMoment)
    ciphertext: bytes
    wrapped_key: bytes


class Shipment(SQLModel, table=True):
    """The envelope in which a message travels, made once: its header and its digests, which a receipt is held against.

    It carries the name and the signature of the terminal that made it, so only that terminal sends it and asks the peer
    about it.
    """

    __tablename__ = "shipment"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    revision: int
    digest: bytes
    content_digest: bytes
    peer_version: int = Field(foreign_key="peer_version.id")
    made_at: datetime = Field(sa_type=UtcMoment)
    sent_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    terminal: str
    header: bytes = Field(sa_type=PackedBytes)


class KeptBytes(SQLModel, table=True):
    """The exact bytes of an envelope that may have to leave again. They go when the peer's receipt is here.

    They are in a separate table, so that whole pages become free for the next ones: in a row of the shipment they would
    leave a hole that nothing fills.
    """

    __tablename__ = "kept_bytes"

    message_id: int = Field(primary_key=True, foreign_key="shipment.message_id")
    envelope: bytes


class ReceiptRow(SQLModel, table=True):
    """The peer's receipt for a shipment, byte for byte.

    It is in a separate table because it comes later, and growing the row of the shipment by it would write the page of
    that row again.
    """

    __tablename__ = "receipt"

    message_id: int = Field(primary_key=True, foreign_key="shipment.message_id")
    receipt: bytes = Field(sa_type=PackedBytes)
    kept_at: datetime = Field(sa_type=UtcMoment)


class Arrival(SQLModel, table=True):
    """An item of the peer's feed for a terminal.

    `envelope` is the envelope of a notice as it came, sealed to the key of that terminal. Of a result it is what
    remains of its envelope: what the peer signed. The rest is with the result, sealed anew.
    """

    __tablename__ = "arrival"

    terminal: str = Field(primary_key=True)
    uid: str = Field(primary_key=True)
    peer: str
    position: int
    purpose: str
    # The digest stays when the envelope is erased: a repetition is still recognised, and a conflict too.
    digest: bytes
    envelope: bytes = Field(sa_type=PackedBytes)
    received_at: datetime = Field(sa_type=UtcMoment)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcMoment, index=True)
    about: str | None = Field(default=None, index=True)  # The uid of the notice or lost message.

    __table_args__ = (Index("arrival_position", "terminal", "peer", "position"), Index("arrival_uid", "uid"))


class Cursor(SQLModel, table=True):
    """How far a terminal has read the feed that the peer has for it."""

    __tablename__ = "cursor"

    terminal: str = Field(primary_key=True)
    peer: str = Field(primary_key=True)
    position: int


class PeerResult(SQLModel, table=True):
    """The decision of the peer about a message (受理, エラー). What the peer wrote is sealed."""

    __tablename__ = "result"

    uid: str = Field(primary_key=True)  # The id of the result itself.
    message_id: int = Field(foreign_key="message.id", index=True)
    position: int
    # Outcome and code are in clear, because they decide the state and name nobody.
    outcome: str
    code: str | None
    received_at: datetime = Field(sa_type=UtcMoment)
    ciphertext: bytes
    wrapped_key: bytes


class Recovered(SQLModel, table=True):
    """A message that left in a time which the database has lost, as the peer's receipt proves.

    `message_id` is its number here; a message without one is known to the peer alone, and its result is kept here.
    """

    __tablename__ = "recovered"

    uid: str = Field(primary_key=True)
    terminal: str
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    receipt: bytes
    received_at: datetime = Field(sa_type=UtcMoment)  # As the receipt states it.
    found_at: datetime = Field(sa_type=UtcMoment)
    # What the peer says of a message that is not here. None of it names a person.
    kind: str | None = None
    reference: str | None = None
    outcome: str | None = None
    code: str | None = None


ERASED: Final = b""
"""The value of a sealed column, and of its key, after they were destroyed."""

ALL_MESSAGES: Final = table(Message)
"""The messages with those that are hidden: for adding, changing and removing rows, and for what belongs to each row."""
FILE_INTAKES: Final = table(FileIntake)
HIDDEN_RANGES: Final = table(HiddenRange)
_BEYOND_ALL_NUMBERS: Final = 2**62
# Almost every message lies before all hidden ones, and one comparison shows it. Looking for a range for each message
# made a count of a million take three times as long.
_BEFORE_HIDDEN: Final = (
    ALL_MESSAGES.c.id < select(func.coalesce(func.min(HIDDEN_RANGES.c.first), _BEYOND_ALL_NUMBERS)).scalar_subquery()
)
_IN_RANGE: Final = exists().where(HIDDEN_RANGES.c.first <= ALL_MESSAGES.c.id, HIDDEN_RANGES.c.last >= ALL_MESSAGES.c.id)
# A part of each query, and not a condition that every query would have to remember. The engines dissolve it into the
# query around it, so that the same indexes serve as without it.
MESSAGES: Final = select(ALL_MESSAGES).where(or_(_BEFORE_HIDDEN, ~_IN_RANGE)).subquery(ALL_MESSAGES.name)
"""The messages that are in the queue, for every question: all but those of files that are still being taken in."""
FORMER_NUMBERS: Final = table(FormerNumber)
CONTENTS: Final = table(ContentRow)
NAME_BLOCKS: Final = table(NameBlock)
NAME_BLOCK: Final = 1000
"""So many numbers of messages belong to a block of names: number N to the block N // 1000."""
NOTES: Final = table(Note)
SHIPMENTS: Final = table(Shipment)
KEPT_BYTES: Final = table(KeptBytes)
RECEIPTS: Final = table(ReceiptRow)
ARRIVALS: Final = table(Arrival)
CURSORS: Final = table(Cursor)
RESULTS: Final = table(PeerResult)
RECOVERED: Final = table(Recovered)


class MessageRow(NamedTuple):
    """The row of a message. `author`, `approver` and `changed_by` are user IDs, `subject` is a pseudonym.

    The `approver` of a notice is the person who confirmed it, and its `author` the first person where it took two.
    """

    # A tuple, because every step of every message makes a new row: a dataclass with as many fields took ten times as
    # long.

    id: int
    uid: str
    direction: Direction
    kind: str
    reference: str
    state: State
    effective_at: datetime
    taken_at: datetime
    due_on: date | None
    pointer: Pointer | None
    target: str | None
    hold: Hold | None
    subject: str | None
    author: str | None
    authors: str | None
    approver: str | None
    revision: int
    digest: bytes
    approved_revision: int | None
    approved_digest: bytes | None
    warnings: int
    state_since: datetime
    version: int
    changed_by: str | None
    seal: bytes = b""

    @property
    def writers(self) -> frozenset[str]:
        """Everybody who wrote a revision of a message."""
        return frozenset(self.authors.split(",") if self.authors else ())

    @property
    def approved(self) -> bool:
        """Whether exactly this content, in exactly this revision, was approved."""
        return self.approved_digest == self.digest and self.approved_revision == self.revision


COLUMNS: Final = tuple(MESSAGES.c[name] for name in MessageRow._fields)
_UID, _DIRECTION, _STATE, _HOLD, _POINTER = (
    MessageRow._fields.index(name) for name in ("uid", "direction", "state", "hold", "pointer")
)


def select_messages() -> Select[Any]:
    """Return a query for messages whose rows `message_row` converts."""
    return select(*COLUMNS)


def message_row(row: Sequence[Any]) -> MessageRow:
    """Convert a row of `select_messages`: direction, state, hold and pointer become enums.

    Raises RowSealBroken when one of them is none that the program ever writes.
    """
    values: list[Any] = list(row)
    try:
        values[_DIRECTION] = Direction(values[_DIRECTION])
        values[_STATE] = state_of(values[_DIRECTION], values[_STATE])
        values[_HOLD] = None if values[_HOLD] is None else Hold(values[_HOLD])
        values[_POINTER] = None if values[_POINTER] is None else Pointer(values[_POINTER])
    except ValueError:
        raise RowSealBroken(table=MESSAGES.name, row=str(row[_UID])) from None
    return MessageRow._make(values)
