"""The statement of holdings: which messages of a terminal the agency holds (PROTOCOL.md, 6.7).

A terminal whose database was set back asks for it. The agency signs and seals the statement as an envelope, so that
nobody else can invent, leave out or read an item of it. What proves a single message is its receipt.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from transport import wire

MOST_HELD: Final = 256
"""So many messages fit in one statement, whatever their references are."""


class Held(NamedTuple):
    """A message that the agency holds: when it was received, and kind and reference where they could be read.

    `position` orders the messages of a terminal as the agency received them; positions have gaps.
    """

    position: int
    id: str
    received_at: datetime
    kind: str | None = None
    reference: str | None = None


class Inquiry(NamedTuple):
    """What is asked for: at most `limit` messages that were received since a moment, beyond the position `after`."""

    since: datetime
    after: int
    limit: int = MOST_HELD


class Statement(NamedTuple):
    """An answer: messages in the order of their positions, and whether more follow."""

    messages: tuple[Held, ...]
    more: bool

    def to_bytes(self, asked: Inquiry) -> bytes:
        """Return the content of the envelope, which repeats what was asked."""
        rows = [{**held._asdict(), "received_at": wire.to_time(held.received_at)} for held in self.messages]
        since = wire.to_time(asked.since)
        return wire.encode({"since": since, "after": asked.after, "messages": rows, "more": self.more})

    @classmethod
    def from_bytes(cls, content: bytes, asked: Inquiry) -> "Statement":
        """Read the answer to what was `asked`. Raises wire.WireError."""
        value = wire.only(wire.decode(content, "holdings"), "since", "after", "messages", "more")
        # An answer to another question, given at another time, says nothing about this one.
        if (value["since"], value["after"]) != (wire.to_time(asked.since), asked.after):
            raise wire.WireError("since")
        messages = _messages(wire.items(value["messages"], "messages", asked.limit), asked.after)
        more = wire.flag(value["more"], "more")
        # An empty answer that promises more would be asked for for ever.
        if more and not messages:
            raise wire.WireError("more")
        return cls(messages, more)


def _messages(rows: Sequence[object], after: int) -> tuple[Held, ...]:
    messages = []
    for row in rows:
        fields = wire.only(wire.table(row, "messages"), *Held._fields)
        position = wire.whole(fields["position"], "position", least=after + 1)
        # Ascending, so that no answer leads back.
        after = position
        messages.append(
            Held(
                position,
                wire.message_id(fields["id"]),
                wire.from_time(fields["received_at"], "received_at"),
                None if fields["kind"] is None else wire.name(fields["kind"], "kind"),
                None if fields["reference"] is None else wire.reference(fields["reference"], "reference"),
            )
        )
    return tuple(messages)
