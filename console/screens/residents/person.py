"""この人の通知: who it is, what each side told last, and all messages and notices about the person, newest first."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import PERSON, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.messages.message_list import event_in_short, event_of
from console.screens.messages.naming import Naming
from console.widgets.columns import Cell, Column
from console.widgets.frame import CountsLine, FootLine, HeadLine
from console.widgets.page import Pieces
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit, width_of, wrap
from console.widgets.virtual_list import VirtualList
from store import clock
from store.clock import JAPAN
from store.message.codes import Kind
from store.message.groups import value_at

if TYPE_CHECKING:
    from console.jobs.messages.listing import Counts, QueueRow
    from console.jobs.residents.person import LastWord, PersonView, StatedValue
    from console.session import Session
    from console.terminal import Terminal

_LABEL: Final = 16
_DAY: Final = 9
_INDENT: Final = 3
_MOST_CELLS: Final = MappingProxyType({"kind": 14, "reference": 20, "state": 14})
# Whoever comes from a message knows these, so that they are told only where they differ or the agency told them.
_KNOWN: Final = frozenset({"person.name", "person.name_kanji", "person.birth_date", "person.sex", "person.nationality"})
_TITLE: Final = ("person.birth_date", "person.sex", "person.nationality", "category")


Along = Callable[[int, int], int | None]
MessagePage = Callable[[int, str | None, Along], ConsoleScreen]


class PersonScreen(ConsoleScreen):
    """Shows everything about the person of the message or notice `key`.

    `message` makes the page of a message, from its number, a hint and the way along the list. That page leads here in
    its turn, so that neither can know the other by itself.
    """

    NAME = "person"
    help_topic = "person"
    KEYS: ClassVar[Sequence[Key]] = PERSON
    BINDINGS: ClassVar[list[BindingType]] = bindings(PERSON)

    def __init__(self, key: int, message: MessagePage) -> None:
        super().__init__()
        self._key = key
        self._message = message
        self.shown: PersonView | None = None
        self.counts: Counts | None = None

    def compose(self) -> ComposeResult:
        """Lay out who it is, what was told, and the messages."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield PersonTitle(lambda: self.shown)
        yield PersonPanel(lambda: self.shown)
        yield PersonList(id="list")
        yield self.notice
        yield FootLine(PERSON)

    def on_mount(self) -> None:
        """Put the cursor on the list; what it shows is read whenever the screen comes in front."""
        self.set_focus(self.rows)

    def on_screen_resume(self) -> None:
        """Read everything: another screen may have changed it."""
        # Also the first time: the screen resumes when it is opened.
        self.load()

    @property
    def rows(self) -> "PersonList":
        """The messages and notices."""
        return self.query_one("#list", PersonList)

    def load(self) -> None:
        """Read everything about the person; the cursor stays on its message."""
        self.look("person", partial(_read, key=self._key), self._loaded)

    def _loaded(self, found: "tuple[PersonView, Counts]") -> None:
        self.shown, self.counts = found
        # All of them are in memory: a person has few. The list may have changed while another screen was in front.
        by_number = {row.id: row for row in self.shown.rows}
        self.rows.load(list(by_number), lambda keys: [by_number[key] for key in keys], self.shown.rows)
        for name in ("#counts", "#person-title"):
            self.query_one(name).refresh()
        self.query_one("#told", PersonPanel).reword()

    def on_virtual_list_chosen(self, event: VirtualList.Chosen) -> None:
        """Open the message under the cursor."""
        self.notice.clear()
        self.app.push_screen(self._message(event.key, None, self._along))

    def _along(self, key: int, step: int) -> int | None:
        # As in the queue: where the page of a message leaves off, the list goes on.
        found = self.rows.neighbour(key, step)
        if found is not None:
            self.rows.go_to(found)
        return found

    def action_reload(self) -> None:
        """Read everything again."""
        self.notice.clear()
        self.load()

    def action_back(self) -> None:
        """Go back to where the person was asked for."""
        self.dismiss()


class PersonTitle(OneLine):
    """The line with the name, the 宛名番号, and how many messages there are."""

    def __init__(self, shown: "Callable[[], PersonView | None]") -> None:
        super().__init__(id="person-title")
        self._shown = shown

    def draw_line(self, _y: int) -> Ink:
        """Draw the line, which says that it is loading until the person is read."""
        ink, words, person = self.ink().put(" "), self.words, self._shown()
        if person is None:
            return ink.put(words("common.loading"), self.palette["faint"])
        names = (value_at(person.newest, f"person.{name}") for name in ("name", "name_kanji"))
        ink.put(" ".join(str(name) for name in names if name) or words("message.nameless"), self.palette["strong"])
        # Of somebody of whom only notices are here, no 宛名番号 is known.
        number = words("about.subject", subject=person.subject) if person.subject else words("about.no_subject")
        count = words("about.count", count=person.messages, rows=len(person.rows))
        room = max(2, self.size.width - width_of(count) - _INDENT - 2 - ink.width)
        ink.put(" " * _INDENT).put(fit(number, min(width_of(number), room)), self.palette["faint"])
        return ink.gap_to(self.size.width - width_of(count) - 1).put(count, self.palette["faint"])


class PersonPanel(Surface):
    """Who the person is, and in a table what we told last, what the agency told last, and what waits here untold."""

    DEFAULT_CSS = "PersonPanel { height: auto; max-height: 50%; width: 1fr; }"

    def __init__(self, shown: "Callable[[], PersonView | None]") -> None:
        super().__init__(id="told")
        self._shown = shown

    def reword(self) -> None:
        """Draw it in the current language, which may take another number of lines."""
        self.refresh(layout=True)

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """Return the number of lines, with a blank one below."""
        return len(self._lines(width)) + 1

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        lines = self._lines(self.size.width)
        return self.ink().put_all(lines[y]) if y < len(lines) else self.ink()

    def _lines(self, width: int) -> list[Pieces]:
        person = self._shown()
        if person is None:
            return []
        naming = Naming(self.words, Kind.RESIDENT_RECORD, clock.day_in_japan(clock.now()))
        return [*self._who(person, naming, width), [], *self._table(person.last_words, naming, width)]

    def _who(self, person: "PersonView", naming: Naming, width: int) -> Iterator[Pieces]:
        words, faint = self.words, self.palette["faint"]
        known = ((item, value_at(person.newest, item)) for item in _TITLE)
        items = [naming.value(item, value) for item, value in known if value is not None]
        yield [(" " * _INDENT, None), (fit("  ".join(items), width - _INDENT), None)]
        # Said before any address could be missed on the page.
        if person.protected:
            yield [(" " * _INDENT, None), (words("message.protected"), self.palette["trouble"])]
        if person.former:
            former = words("about.former", numbers=words("head.between").join(person.former))
            yield from ([(" " * _INDENT, None), (line, faint)] for line in wrap(former, width - _INDENT))

    def _table(self, last_words: "Sequence[LastWord]", naming: Naming, width: int) -> Iterator[Pieces]:
        words, key = self.words, self.palette["key"]
        # Each side has its value and its day; what differs stands in a line of its own.
        column = (width - _INDENT - _LABEL - 2 * (_DAY + 2)) // 2
        head = (fit(words("about.item"), _LABEL), fit(words("about.ours"), column + _DAY + 2), words("about.theirs"))
        rows = list(self._rows(last_words, naming, column, width))
        # Heads above nothing would look as if something were missing.
        yield from [[(" " * _INDENT, None), (" ".join(head), key)], *rows] if rows else []

    def _rows(self, last_words: "Sequence[LastWord]", naming: Naming, column: int, width: int) -> Iterator[Pieces]:
        for each in last_words:
            is_told = each.ours is not None or each.theirs is not None
            # Who it is stands above: it is repeated only where the two sides may differ about it.
            if each.item in _KNOWN and (not is_told or (each.theirs is None and each.untold is None)):
                continue
            if is_told:
                yield from self._row(each, naming, column)
            if each.untold is not None:
                yield from self._untold(each.item, each.untold, naming, width, named=not is_told)

    def _row(self, word: "LastWord", naming: Naming, column: int) -> Iterator[Pieces]:
        faint = self.palette["faint"]
        sides = ((self._value(word.item, side, naming), self._day(side)) for side in (word.ours, word.theirs))
        (ours, our_day), (theirs, their_day) = sides
        lines = zip_longest(wrap(ours, column), wrap(theirs, column), fillvalue="")
        for index, (left, right) in enumerate(lines):
            first = index == 0
            yield [
                (" " * _INDENT, None),
                (f"{fit(naming.label(word.item) if first else '', _LABEL)} ", faint),
                (f"{fit(left, column)} ", None),
                (f"{fit(our_day if first else '', _DAY)}  ", faint),
                (f"{fit(right, column)} ", None),
                (their_day if first else "", faint),
            ]

    def _untold(self, item: str, untold: "StatedValue", naming: Naming, width: int, *, named: bool) -> Iterator[Pieces]:
        value = naming.value(item, untold.value)
        text = self.words("about.untold", value=value, reference=untold.reference)
        for index, line in enumerate(wrap(text, width - _INDENT - _LABEL - 1)):
            label = naming.label(item) if named and index == 0 else ""
            yield [
                (" " * _INDENT, None),
                (f"{fit(label, _LABEL)} ", self.palette["faint"]),
                (line, self.palette["attention"]),
            ]

    @staticmethod
    def _value(item: str, statement: "StatedValue | None", naming: Naming) -> str:
        return "-" if statement is None else naming.value(item, statement.value)

    def _day(self, statement: "StatedValue | None") -> str:
        return "" if statement is None else self.words.day_of_year(statement.at, clock.now())


class PersonList(VirtualList["QueueRow"]):
    """The messages and notices of the person."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "queue.empty"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns: when, which way, what, and what became of it."""
        japanese = self.words.language == "ja"
        when, way = (24, 4) if japanese else (16, 4)
        cells = {name: self.needed(name, f"queue.column.{name}", most) for name, most in _MOST_CELLS.items()}
        kind, number, state = cells["kind"], cells["reference"], cells["state"]
        taken = when + way + kind + state + 5
        return (
            Column("when", "about.column.when", when),
            Column("way", "about.column.way", way),
            Column("event", "queue.column.event", max(8, width - taken - number - 1)),
            Column("kind", "queue.column.kind", kind),
            Column("reference", "queue.column.reference", number),
            Column("state", "queue.column.state", state),
        )

    def cell(self, row: "QueueRow", column: str) -> Cell:
        """Return what `column` shows of `row`."""
        words, faint = self.words, self.palette["faint"]
        if column == "when":
            # As papers write the day; a list of years of messages needs the year.
            at = row.occurred_at.astimezone(JAPAN)
            naming = Naming(words, row.kind, at.date())
            return Cell(f"{naming.day('occurred_at', at.date().isoformat())} {at:%H:%M}")
        if column == "way":
            return Cell(words(f"about.way.{row.direction}"), faint)
        if column == "event":
            return Cell(event_of(row, words), shorter=event_in_short(row, words))
        if column == "kind":
            pair = row.pair is not None
            return Cell(words("queue.pair.kind") if pair else words.name("kinds.short", row.kind), faint)
        if column == "state":
            return Cell(words.name(f"states.{row.direction}", row.state), self.palette["key"])
        return Cell(row.reference, faint)


def _read(terminal: "Terminal", session: "Session", *, key: int) -> "tuple[PersonView, Counts]":
    found = jobs.residents.person.person(terminal, session, key)
    return found, jobs.messages.listing.counts(terminal)
