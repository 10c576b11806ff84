"""The list of messages: the columns, and what each shows of a message."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from console.widgets.virtual_list import Cell, Column, VirtualList
from store import clock
from store.message.states import UNSENT, InState, OutState

if TYPE_CHECKING:
    from console.jobs.messages.listing import QueueRow

# By the name of the state: `returned` wants attention in both directions.
_STATE_STYLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        OutState.REVIEW: "key",
        InState.RECEIVED: "key",
        InState.AWAITING_SECOND: "key",
        OutState.HELD: "faint",
        InState.ON_HOLD: "attention",
        OutState.RETURNED: "attention",
        OutState.UNKNOWN: "attention",
        OutState.REFUSED: "trouble",
        OutState.ACCEPTED: "good",
        InState.APPLIED: "good",
        OutState.WITHDRAWN: "faint",
        InState.SUPERSEDED: "faint",
    }
)
_WIDE: Final = 100
_MATTERS: Final = 2  # The column holds two codes of what a message is about.


class MessageList(VirtualList["QueueRow"]):
    """The list of messages or notices."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "queue.empty"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; the name and the event share the cells that the others leave."""
        # Widths are cells. The Japanese words are shorter, but each of their characters takes two cells.
        japanese = self.words.language == "ja"
        state, kind = (8, 6) if japanese else (9, 9)
        waiting, marks = (7, 5) if japanese else (6, 6)
        reference = 14 if width < _WIDE else 20
        # Seven columns have a blank behind each.
        left = width - state - kind - reference - waiting - marks - 7
        name = max(8, left * 8 // 15)
        return (
            Column("state", "queue.column.state", state),
            Column("kind", "queue.column.kind", kind),
            Column("reference", "queue.column.reference", reference),
            Column("name", "queue.column.name", name),
            Column("event", "queue.column.event", max(4, left - name)),
            Column("waiting", "queue.column.waiting", waiting, "right"),
            Column("marks", "queue.column.marks", marks),
        )

    def cell(self, row: "QueueRow", column: str) -> Cell:
        """Return what `column` shows of `row`."""
        words, palette = self.words, self.palette
        if column == "state":
            role = _STATE_STYLES.get(row.state)
            return Cell(words.name(f"states.{row.direction}", row.state), palette[role] if role else None)
        if column == "kind":
            return Cell(words.name("kinds.short", row.kind), palette["faint"])
        if column == "event":
            matter = (words.name("queue.matter", code) for code in row.matter[:_MATTERS])
            return Cell(words("head.between").join(matter), palette["faint"])
        if column == "waiting":
            # The sign repeats what the colour says: no meaning is carried by colour alone.
            span = words.span(row.waiting_seconds)
            return Cell(f"{span}!", palette["trouble"]) if row.overdue else Cell(f"{span} ", palette["faint"])
        if column == "marks":
            return self._marks(row)
        return Cell(str(getattr(row, column)))

    def _marks(self, row: "QueueRow") -> Cell:
        if row.claim is not None:
            # Somebody else has claimed the message, so here it can only be read; this matters more than its warnings.
            return Cell(self.words(f"queue.claim.{row.claim.task}"), self.palette["attention"])
        if row.warnings:
            return Cell(self.words("queue.warnings", count=row.warnings), self.palette["attention"])
        # Also before it is approved: the list says when it will leave.
        if row.due_on is not None and row.state in UNSENT and row.effective_at > clock.now():
            return Cell(f"{row.due_on:%m-%d}", self.palette["faint"])
        return Cell("")
