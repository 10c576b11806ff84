"""Messages without errors that are about to enter the queue, from a file or entered by hand."""

from datetime import UTC, date, datetime
from typing import NamedTuple, Self

from store.message.canonical import decode, encode
from store.message.echoes import may_be_echo
from store.message.kinds import Message, message_from_record
from store.message.states import Pointer


# Plain values and no message, because candidates of large files come from another process: passing the message itself
# would cost as much as checking it.
class Candidate(NamedTuple):
    """A message without errors: its canonical bytes, and what the queue has to know of them.

    `effective_at` is in UTC. `subject` is the 宛名番号 in clear. `target` is the reference of the message at which this
    one points. `warnings` is how many warnings somebody has to confirm. `may_be_echo` tells whether it could repeat a
    notice, `protected` whether the address of its person is to be hidden.
    """

    kind: str
    reference: str
    effective_at: datetime
    subject: str | None
    due_on: date | None
    pointer: Pointer | None
    target: str | None
    content: bytes
    warnings: int
    may_be_echo: bool
    protected: bool

    @classmethod
    def of(cls, message: Message, *, warnings: int) -> Self:
        """Return the candidate for a checked message."""
        pointer, target = _pointer(message)
        return cls(
            kind=str(message.kind),
            reference=message.reference,
            effective_at=message.effective_at.astimezone(UTC),
            subject=message.subject,
            due_on=message.due_on,
            pointer=pointer,
            target=target,
            content=encode(message.to_record()),
            warnings=warnings,
            may_be_echo=may_be_echo(message),
            protected=message.protected,
        )

    @property
    def message(self) -> Message:
        """The message itself."""
        return message_from_record(decode(self.content))


def _pointer(message: Message) -> tuple[Pointer | None, str | None]:
    # A message points at one other at most; the rules refuse a record that does both.
    if message.cancels is not None:
        return Pointer.CANCELS, message.cancels
    if message.replaces is not None:
        return Pointer.REPLACES, message.replaces
    return None, None
