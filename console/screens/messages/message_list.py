"""The list of messages: the columns, and what each shows of a message."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from console.screens.messages.naming import Naming
from console.widgets.page import Pieces
from console.widgets.text import fit, width_of
from console.widgets.virtual_list import Cell, Column, VirtualList
from store import clock
from store.message.checks.items import name_of
from store.message.codes import Action
from store.message.states import UNSENT, Direction, InState, OutState

if TYPE_CHECKING:
    from console.jobs.messages.listing import OtherHalf, QueueRow
    from console.words import Words

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
_NARROW: Final = 70  # With fewer cells, kind and number leave theirs to the name: the page beside the list has them.
_EVENT: Final = 10
_NUMBER: Final = 20  # Numbers longer than this are cut.
_UNREPORTED: Final = "unreported"
_ACTIONS: Final = frozenset(Action)


class MessageList(VirtualList["QueueRow"]):
    """The list of messages or notices."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "queue.empty"
        # The halves of pairs that have a row each, because the person took them apart.
        self.apart: frozenset[int] = frozenset()
        # The version in which each message was last drawn, by number.
        self._versions: dict[int, int] = {}

    def note(self, rows: "Sequence[QueueRow]") -> None:
        """Keep the versions of messages that are now on the screen, of pairs both."""
        for row in rows:
            self._versions[row.id] = row.version
            if row.other is not None:
                self._versions[row.other.id] = row.other.version

    def versions_of(self, ids: Sequence[int]) -> Mapping[int, int]:
        """Return the versions that the person has seen: a step is refused for a message changed since then."""
        return {number: self._versions[number] for number in ids if number in self._versions}

    def await_others(self, *, stay: bool = True) -> None:
        """Take all rows away until others arrive."""
        self._versions.clear()
        super().await_others(stay=stay)

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns, who and what first; the name takes the cells that the others leave."""
        # Widths are cells. The Japanese words are shorter, but each of their characters takes two cells.
        japanese = self.words.language == "ja"
        state, waiting, marks = (8, 7, 7) if japanese else (10, 6, 5)
        if self.grouped:
            return self._columns_of_hits(width, state, waiting, marks)
        # Japanese names come with their kanji, and need what the short Japanese words leave.
        event = _EVENT + 2 if not japanese else _EVENT - 2 if width >= _NARROW else _EVENT
        after = [Column("event", "queue.column.event", event)]
        # Beside the message the list tells who, what and how long; the rest stands in the message.
        if width >= _NARROW:
            after.append(Column("kind", "queue.column.kind", self._kind_width(6 if japanese else 9)))
            after.append(Column("reference", "queue.column.reference", self._reference_width()))
        after.append(Column("waiting", "queue.column.waiting", waiting, "right"))
        after.append(Column("marks", "queue.column.marks", marks))
        # Every column has a blank behind it.
        taken = state + 1 + sum(column.width + 1 for column in after) + 1
        name = Column("name", "queue.column.name", max(8, width - taken))
        return (Column("state", "queue.column.state", state), name, *after)

    def _columns_of_hits(self, width: int, state: int, waiting: int, marks: int) -> tuple[Column, ...]:
        """Return the columns below the heading of a person: the name stands there, and leaves its cells to the rest."""
        kind, reference = self._kind_width(6), self._reference_width()
        after = [Column("waiting", "queue.column.waiting", waiting, "right")]
        if width >= _NARROW:
            after.append(Column("marks", "queue.column.marks", marks))
        taken = state + kind + reference + 4 + sum(column.width + 1 for column in after)
        return (
            Column("state", "queue.column.state", state),
            Column("event", "queue.column.event", max(8, width - taken - 1)),
            Column("kind", "queue.column.kind", kind),
            Column("reference", "queue.column.reference", reference),
            *after,
        )

    def heading(self, row: "QueueRow", width: int) -> Pieces:
        """Return who it is to whom the rows below belong, so that two people of one name are told apart."""
        words, whom = self.words, row.heading
        if whom is None:
            return [(self._who(row), self.palette["strong"])]
        # What names nobody is known by its number, and has no more to say.
        if not whom.name and whom.number:
            return [(f"{words.name('kinds.short', row.kind)} {whom.number}", self.palette["strong"])]
        today = clock.day_in_japan(clock.now())
        items = (
            words("about.subject", subject=whom.subject) if whom.subject else whom.number,
            Naming(words, row.kind, today).day("person.birth_date", whom.birth_date),
            name_of("person.nationality", whom.nationality, today, words.language) or whom.nationality,
        )
        name = f"{whom.name} {whom.name_kanji}".strip() or words("message.nameless")
        rest = "  " + "  ".join(filter(None, items))
        return [(name, self.palette["strong"]), (fit(rest, max(0, width - width_of(name))), self.palette["faint"])]

    def _reference_width(self) -> int:
        """Return the cells that the numbers need; most offices give short ones."""
        longest = max((width_of(row.reference) for row in self._shown_rows()), default=0)
        return min(max(longest, width_of(self.words("queue.column.reference"))), _NUMBER)

    def _kind_width(self, least: int) -> int:
        """Return the cells that the kinds need: a pair names two."""
        return max((width_of(self._kind(row)) for row in self._shown_rows()), default=0) or least

    def _shown_rows(self) -> Iterator["QueueRow"]:
        rows = (self.row_at(index) for index in self.shown_indices)
        return (row for row in rows if row is not None)

    def half_of(self, row: "QueueRow") -> "OtherHalf | None":
        """Return the other half of a pair that stands in one row with this one."""
        return None if row.id in self.apart else row.pair

    def _kind(self, row: "QueueRow") -> str:
        pair = self.half_of(row) is not None
        return self.words("queue.pair.kind") if pair else self.words.name("kinds.short", row.kind)

    def cell(self, row: "QueueRow", column: str) -> Cell:
        """Return what `column` shows of `row`."""
        words, palette = self.words, self.palette
        if column == "state":
            role = _STATE_STYLES.get(row.state)
            # One state has a name longer than its column.
            short = f"states.short.{row.state}"
            name = words(short) if words.has(short) else words.name(f"states.{row.direction}", row.state)
            return Cell(name, palette[role] if role else None)
        if column == "kind":
            return Cell(self._kind(row), palette["faint"])
        if column == "name":
            return Cell(self._who(row))
        if column == "event":
            return Cell(event_of(row, words))
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

    def _who(self, row: "QueueRow") -> str:
        """Return the name with its kanji, or the number where a message names nobody."""
        if row.name or not row.number:
            # A newborn may have no name yet.
            return f"{row.name} {row.name_kanji}".strip() or self.words("message.nameless")
        return f"{self.words.name('kinds.short', row.kind)} {row.number}"

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
        half = self.half_of(row)
        # The mark tells where there is no room for the kinds, and of a half in its own row that there is another.
        if row.pair is not None and (half is None or self.size.width < _NARROW):
            yield "pair", {}
        if row.deletion:
            yield "deletion", {}
        if row.pointer is not None:
            yield row.pointer, {}
        if row.state == OutState.REFUSED:
            yield "errors", {"count": 1}
        elif (warnings := row.warnings + (half.warnings if half is not None else 0)) and row.ended_at is None:
            yield "warnings", {"count": warnings}
        # Also before it is approved: the list says when it will leave.
        if row.due_on is not None and row.state in UNSENT and row.effective_at > clock.now():
            yield "until", {"month": row.due_on.month, "day": row.due_on.day}


def event_of(row: "QueueRow", words: "Words") -> str:
    """Return what happened (異動) in a word, as the counter calls it: the most telling of the codes of a message."""
    codes = [code for code in row.matter if code not in _ACTIONS]
    # The event of which a residence report is a part tells more than the article under which it was reported.
    events = [code for code in codes if code.startswith("juki-")] or codes
    if events == [_UNREPORTED]:
        # What was done ex officio is the event: nobody reported any.
        return words.name("queue.matter", f"{_UNREPORTED}_{row.matter[0]}")
    if not events:
        return words.name("queue.matter", row.matter[0] if row.matter else row.kind)
    if row.direction == Direction.IN:
        return words("head.between").join(words.name("queue.matter", code) for code in events)
    return words.name("queue.matter", events[0])
