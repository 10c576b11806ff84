"""The list of messages: the columns, and what each shows of a message."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from console.screens.messages.naming import Naming
from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.text import fit, width_of
from console.widgets.virtual_list import VirtualList
from store import clock
from store.message.checks import items
from store.message.codes import Action
from store.message.states import UNSENT, Direction, InState, OutState

if TYPE_CHECKING:
    from datetime import date

    from console.jobs.messages.listing import OtherHalf, QueueRow
    from console.widgets.text import Align
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
_NAME: Final = 8
_NUMBER: Final = 20  # Numbers longer than this are cut.
_CATEGORY_LOST: Final = "category_lost"
_UNREPORTED: Final = "unreported"
_ACTIONS: Final = frozenset(Action)
EVENT_CELLS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({"ja": (8, 8), "en": (10, 12)})
"""What the states need, and what the short words of the events need, in cells, by language."""


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
        if self.grouped:
            return self._columns_of_hits(width)
        states, events = EVENT_CELLS[self.words.language]
        state = Column("state", "queue.column.state", states)
        # Beside the message the list tells who, what and how long; the rest stands in the message.
        after = [self._sized("kind"), self._sized("reference")] if width >= _NARROW else []
        after += [self._sized("waiting", "right"), self._sized("marks")]
        # Every column has a blank behind it. Of the room for who and what the names take theirs first, but for what the
        # short words of the events need.
        room = max(_NAME + events, width - sum(column.width + 1 for column in (state, *after)) - 2)
        wanted = self.needed("name", "queue.column.name", room - events)
        event = min(room - wanted, self.needed("event", "queue.column.event", room))
        name = Column("name", "queue.column.name", room - event)
        return (state, name, Column("event", "queue.column.event", event), *after)

    def _columns_of_hits(self, width: int) -> tuple[Column, ...]:
        """Return the columns below the heading of a person: the name stands there, and leaves its cells to the rest."""
        state = Column("state", "queue.column.state", EVENT_CELLS[self.words.language][0])
        who = (self._sized("kind"), self._sized("reference"))
        after = [self._sized("waiting", "right"), *([self._sized("marks")] if width >= _NARROW else [])]
        room = width - sum(column.width + 1 for column in (state, *who, *after)) - 2
        return (state, Column("event", "queue.column.event", max(_NAME, room)), *who, *after)

    def heading(self, row: "QueueRow", width: int) -> Pieces:
        """Return who it is to whom the rows below belong, so that two people of one name are told apart."""
        words, whom = self.words, row.heading
        if whom is None:
            return [(self._who(row), self.palette["strong"])]
        # What names nobody is known by its number, and has no more to say.
        if not whom.name and whom.number:
            return [(f"{words.name('kinds.short', row.kind)} {whom.number}", self.palette["strong"])]
        today = clock.day_in_japan(clock.now())
        facts = (
            words("about.subject", subject=whom.subject) if whom.subject else whom.number,
            Naming(words, row.kind, today).day("person.birth_date", whom.birth_date),
            items.name_of("person.nationality", whom.nationality, today, words.language) or whom.nationality,
        )
        name = f"{whom.name} {whom.name_kanji}".strip() or words("message.nameless")
        rest = "  " + "  ".join(filter(None, facts))
        return [(name, self.palette["strong"]), (fit(rest, max(0, width - width_of(name))), self.palette["faint"])]

    def _sized(self, name: str, align: "Align" = "left") -> Column:
        """Return a column of the width that its rows need: most offices give short numbers, and a pair two kinds."""
        head = f"queue.column.{name}"
        return Column(name, head, self.needed(name, head, _NUMBER), align)

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
            # Of a certificate the kind stands in its own column as well.
            return Cell(self._who(row), shorter=row.number if not row.name else "")
        if column == "event":
            return Cell(event_of(row, words), shorter=event_in_short(row, words))
        if column == "waiting":
            return self._waited(row)
        return self._marks(row) if column == "marks" else Cell(str(getattr(row, column)))

    def _waited(self, row: "QueueRow") -> Cell:
        words, faint = self.words, self.palette["faint"]
        if row.ended_at is not None:
            # Nothing waits any more: the day on which it ended, not a time that goes on counting.
            return Cell(words.day(row.ended_at), faint)
        # The sign repeats what the colour says: no meaning is carried by colour alone.
        if (day := _day_to_come(row)) is not None:
            # Also before it is approved: the list says when it will leave, and until then nothing is late.
            return Cell(words("queue.until", month=day.month, day=day.day), faint)
        span = words.span(row.waiting_seconds)
        return Cell(f"{span}!", self.palette["trouble"]) if row.overdue else Cell(f"{span} ", faint)

    def _who(self, row: "QueueRow") -> str:
        """Return the name with its kanji, or the number where a message names nobody."""
        number = row.number and not row.name
        return f"{self.words.name('kinds.short', row.kind)} {row.number}" if number else who_of(row, self.words)

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


def _day_to_come(row: "QueueRow") -> "date | None":
    """Return the planned day for which a message waits; None where it waits for none, or the day is here."""
    return row.due_on if row.state in UNSENT and row.effective_at > clock.now() else None


def name_of(row: "QueueRow", words: "Words") -> str:
    """Return whom a message is about, for a sentence: some bear only a number, and a newborn may have no name yet."""
    return row.name or row.number or words("message.nameless")


def who_of(row: "QueueRow", words: "Words") -> str:
    """Return the same with the name in kanji, for what stands by itself."""
    return f"{name_of(row, words)} {row.name_kanji}".rstrip() if row.name else name_of(row, words)


def event_of(row: "QueueRow", words: "Words") -> str:
    """Return what happened (異動) in a word, as the counter calls it: the most telling of the codes of a message."""
    return words("head.between").join(words.name("queue.matter", code) for code in _matters(row))


def event_in_short(row: "QueueRow", words: "Words") -> str:
    """Return what happened for a narrow column; of several things that a notice tells, the first."""
    first, *more = _matters(row)
    if first == _CATEGORY_LOST and more:
        # Why somebody is no longer of any category tells more than that it is so.
        first, *more = more
    short = f"queue.matter.short.{first}"
    name = words(short) if words.has(short) else words.name("queue.matter", first)
    return words("queue.matter_more", first=name) if more else name


def _matters(row: "QueueRow") -> list[str]:
    """Return the codes of what happened: one, but for a notice, which may tell several things."""
    codes = [code for code in row.matter if code not in _ACTIONS]
    # The event of which a residence report is a part tells more than the article under which it was reported.
    events = [code for code in codes if code.startswith("juki-")] or codes
    if events == [_UNREPORTED]:
        # What was done ex officio is the event: nobody reported any.
        return [f"{_UNREPORTED}_{row.matter[0]}"]
    if not events:
        return [row.matter[0] if row.matter else row.kind]
    return events if row.direction == Direction.IN else events[:1]
