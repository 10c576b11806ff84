"""The list of the people with the state of each, and what is known of the person under the cursor."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from console import jobs
from console.jobs.people.register import RegisterEntry, State
from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink
from console.widgets.virtual_list import VirtualList
from store import clock

if TYPE_CHECKING:
    from datetime import datetime

    from console.words import Words

_WIDE: Final = 110
_LINES: Final = 4  # of the person under the cursor
STYLES: Final = {
    State.NEW: "attention",
    State.SUSPENDED: "attention",
    State.PLANNED: "attention",
    State.LOCKED: "trouble",
    State.ENDED: "faint",
}


class PeopleList(VirtualList[RegisterEntry]):
    """The people by ID."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "people.nobody"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; what is to come takes the room that the others leave."""
        wide = width >= _WIDE
        japanese = self.words.language == "ja"
        # By what stands in them: two roles, the longest state, a day or the time of today.
        widths = (9, 14, 24, 10, 14, 6) if wide else (7, 9, 14, 8, 10, 4) if japanese else (7, 9, 17, 9, 9, 5)
        names = ("id", "name", "roles", "state", "last", "failures")
        columns = [
            Column(name, f"people.column.{name}", cells, "right" if name == "failures" else "left")
            for name, cells in zip(names, widths, strict=True)
        ]
        rest = width - sum(widths) - len(widths)
        return (*columns, Column("prospect", "people.column.prospect", max(8, rest)))

    def cell(self, row: RegisterEntry, column: str) -> Cell:
        """Return what `column` shows of `row`."""
        words, faint = self.words, self.palette["faint"]
        ended = faint if row.state is State.ENDED else None
        if column == "state":
            style = STYLES.get(row.state)
            return Cell(words(f"people.state.{row.state}"), self.palette[style] if style else None)
        if column == "failures":
            return Cell(f"{row.failures}", self.palette["trouble"] if row.failures else faint)
        if column == "id":
            return Cell(row.person.id, ended or self.palette["strong"])
        texts = {
            "name": lambda: row.details.name,
            "roles": lambda: jobs.people.telling.roles(words, row.person.roles),
            "last": lambda: _last(words, row),
            "prospect": lambda: jobs.people.telling.prospect(words, row),
        }
        return Cell(texts[column](), ended)


class RegisterPanel(Surface):
    """What is known of the person under the cursor."""

    DEFAULT_CSS = f"RegisterPanel {{ height: {_LINES}; width: 1fr; }}"

    def __init__(self, rows: PeopleList) -> None:
        super().__init__(id="about")
        self._rows = rows

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the panel."""
        known = self._rows.cursor_row
        lines = [] if known is None else list(self._lines(known))
        ink = self.ink("frame").put(" ")
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self, known: RegisterEntry) -> Iterator[Pieces]:
        words, faint, strong = self.words, self.palette["faint"], self.palette["strong"]
        person, nothing = known.person, words("people.panel.none")
        yield [
            (f"{person.id}  ", strong),
            (f"{known.details.name}  " if known.details.name else "", strong),
            (f"{words('people.panel.number')} ", faint),
            (f"{known.details.staff_number or nothing}  ", None),
            (words.roles(role for role in jobs.people.telling.ROLES if role in person.roles), None),
        ]
        state = (f"{words(f'people.state.{known.state}')}  ", self.palette[STYLES.get(known.state, "good")])
        yield [state, *self._why(known)]
        last = known.last
        came = (
            words("people.never") if last is None else f"{_at(words, last.at)}  {last.terminal}  {_ended(words, known)}"
        )
        yield [
            *((f"{words('people.panel.last')} ", faint), (f"{came}  ", None)),
            *((f"{words('people.panel.code')} ", faint), (self._code(known), None)),
        ]
        validity = jobs.people.telling.validity(words, person.valid_from, person.valid_to)
        yield [(f"{words('people.panel.valid')} ", faint), (validity, None)]

    def _why(self, known: RegisterEntry) -> Iterator[tuple[str, None]]:
        if known.state is State.LOCKED:
            yield self.words("people.panel.locked", count=known.failures), None
        elif known.details.reason:
            yield known.details.reason, None
        else:
            yield jobs.people.telling.coming(self.words, known.person.coming), None

    def _code(self, known: RegisterEntry) -> str:
        words, hours = self.words, known.code_hours
        if hours is None:
            return words("people.panel.unlimited" if known.has_code else "people.panel.none")
        return words("people.panel.hours", count=hours) if hours else words("people.panel.late")


def _last(words: "Words", known: RegisterEntry) -> str:
    return words("people.never") if known.last is None else _at(words, known.last.at)


def _at(words: "Words", moment: "datetime") -> str:
    """Return a moment as people remember it: the time of today, else the day."""
    now = clock.now()
    if clock.day_in_japan(moment) == clock.day_in_japan(now):
        return words("people.today", time=words.time_of_day(moment)[:5].removeprefix("0"))
    return words.day_of_year(moment, now)


def _ended(words: "Words", known: RegisterEntry) -> str:
    ending = None if known.last is None else known.last.ending
    return words("people.session.open") if ending is None else words.name("people.session.ending", ending)
