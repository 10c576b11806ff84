"""The list of messages: the columns, and what each shows of a message."""

from collections.abc import Iterator, Mapping
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
        waiting, marks = (8, 8) if japanese else (6, 9)
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
            return self._waited(row)
        return self._marks(row) if column == "marks" else Cell(str(getattr(row, column)))

    def _waited(self, row: "QueueRow") -> Cell:
        words, faint = self.words, self.palette["faint"]
        if row.ended_at is not None:
            # Nothing waits any more: the day on which it ended, not a time that goes on counting.
            return Cell(words.day(row.ended_at), faint)
        # The sign repeats what the colour says: no meaning is carried by colour alone.
        span = words.span(row.waiting_seconds)
        return Cell(f"{span}!", self.palette["trouble"]) if row.overdue else Cell(f"{span} ", faint)

    def _marks(self, row: "QueueRow") -> Cell:
        if row.claim is not None:
            # Somebody else has claimed the message, so here it can only be read; this matters more than its warnings.
            return Cell(self.words(f"queue.claim.{row.claim.task}"), self.palette["attention"])
        marks = list(self._marks_of(row))
        wanting = row.warnings or row.state == OutState.REFUSED
        # Beside others there is room for one character of each.
        short = [self.words(f"queue.marks.short.{name}", **facts) for name, facts in marks]
        full = [self.words(f"queue.marks.{name}", **facts) for name, facts in marks]
        return Cell(" ".join(full if len(marks) == 1 else short), self.palette["attention" if wanting else "faint"])

    def _marks_of(self, row: "QueueRow") -> Iterator[tuple[str, dict[str, object]]]:
        """Yield the marks of a message, the one that explains most first, with what their texts tell."""
        if row.deletion:
            yield "deletion", {}
        if row.pointer is not None:
            yield row.pointer, {}
        if row.state == OutState.REFUSED:
            yield "errors", {"count": 1}
        elif row.warnings and row.ended_at is None:
            yield "warnings", {"count": row.warnings}
        # Also before it is approved: the list says when it will leave.
        if row.due_on is not None and row.state in UNSENT and row.effective_at > clock.now():
            yield "until", {"month": row.due_on.month, "day": row.due_on.day}
