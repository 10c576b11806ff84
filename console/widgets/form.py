"""A form: rows of label, value and note. The row under the cursor can be edited in its place.

There is only one field, and it moves from row to row together with the cursor. So keys that arrive in one burst (from a
card reader, over a slow line) always go into the row that the person meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, cast

from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Offset

from console.widgets.field import TextField
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, width_of

_MARK: Final = 3
_LABEL: Final = 24
_LABEL_BESIDE: Final = 17  # the width of a label where former values stand beside it
_NOTES: Final = 12  # cells kept for notes, where former values stand beside the present ones
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One row. A row without a key is a heading.

    `typed` is the value as it is edited, `shown` as it is read; `note` is shown beside it. `width` is the width of the
    field in cells, None for all that the line has. A row that is `chosen` takes a choice among codes instead of text.
    The first letter that is typed takes the place of a value that was `given` by the terminal. `before` is a former
    value, in a column of its own; None where nothing is compared.
    """

    label: str
    key: str = ""
    typed: str = ""
    shown: str = ""
    note: str = ""
    note_style: Style | None = None
    mark: str = " "
    mark_style: Style | None = None
    width: int | None = None
    chosen: bool = False
    given: bool = False
    before: str | None = None


class FormHost(Protocol):
    """The owner of a form: it takes in what is typed, and gives the form its rows."""

    def typed(self, key: str, text: str) -> None:
        """Take in the present text of the field of a row."""

    def picked(self, key: str, step: int) -> None:
        """Mark the next or the previous code of a row with a choice; a step of 0 takes or leaves the marked code."""

    def left(self, key: str) -> bool:
        """Take note that the cursor leaves a row; return whether it may."""

    def arrived(self, key: str) -> None:
        """Take note that the cursor is on a row."""

    def finished(self) -> None:
        """Take note that the person left the last row with Enter."""

    def reworded(self) -> None:
        """Give the form its rows in the current language."""


class Form(Surface):
    """Shows rows. Its host is the screen that it is on."""

    # The field is on a layer above the rows, so that it can lie over the value of any of them.
    DEFAULT_CSS = "Form { height: 1fr; width: 1fr; layers: base above; }"

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._cursor = 0
        self._top = 0
        self.editor = Editor(id="editor", longest=_LONGEST)

    def compose(self) -> ComposeResult:
        """Lay out the only field, which lies above the rows."""
        yield self.editor

    @property
    def host(self) -> FormHost:
        """The owner of the form."""
        return cast("FormHost", self.screen)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def rows(self) -> Sequence[Row]:
        """All rows."""
        return self._rows

    def show(self, rows: Sequence[Row]) -> None:
        """Show other rows. The cursor stays on its row, and the text that is being typed there does not change."""
        # The host gives all rows again after each key; the field itself is left alone, with its caret.
        here = self.row
        self._rows = rows
        at = None if here is None else self._index_of(here.key)
        if at is None:
            self._go(self._nearest(self._cursor, 1))
        else:
            self._cursor = at
            self._place()

    def reword(self) -> None:
        """Show the rows in the current language."""
        self.host.reworded()

    def retype(self) -> None:
        """Put the value of the row into the field."""
        row = self.row
        self.editor.value = row.typed if row is not None else ""
        self.editor.given = row is not None and row.given

    def go_to(self, key: str) -> None:
        """Put the cursor on the row `key`, if there is one."""
        if self._index_of(key) is not None:
            # Somebody is led there, whatever was typed.
            self._leave()
            # Leaving a row may have changed the rows, so the row is looked for again.
            at = self._index_of(key)
            self._go(self._cursor if at is None else at)

    def _index_of(self, key: str) -> int | None:
        return next((at for at, row in enumerate(self._rows) if row.key == key), None)

    def move(self, step: int) -> bool:
        """Move the cursor down or up, past headings; return whether there was a row to go to.

        The host may keep it where it is: what is typed there would be lost.
        """
        # First the host takes in the value, which may add or remove rows.
        if not self._leave():
            return True
        at = self._cursor + step
        while 0 <= at < len(self._rows) and not self._rows[at].key:
            at += 1 if step > 0 else -1
        there = 0 <= at < len(self._rows)
        # At an end the cursor goes back to the nearest row, because there may be a heading at the end.
        self._go(at if there else self._nearest(min(max(0, at), len(self._rows) - 1), -step))
        return there

    def enter(self) -> None:
        """Move to the next row; after the last, tell the host that the person has finished."""
        if not self.move(1):
            self.host.finished()

    def page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.move(direction * max(1, self.size.height - 1))

    def on_resize(self) -> None:
        """Keep the row under the cursor in sight, and its field as wide as the room allows."""
        self._place()

    def draw_line(self, y: int) -> Ink:
        """Draw a row, or an empty line below the last."""
        at = self._top + y
        ink = self.ink()
        if at >= len(self._rows):
            return ink
        row = self._rows[at]
        if not row.key:
            return self._heading(ink, row)
        here = at == self._cursor
        # The value of the last row in sight gives way to the sign that more rows follow below.
        more = y == self.size.height - 1 and at < len(self._rows) - 1
        ink.put(f" {row.mark} ", row.mark_style)
        ink.put(fit(row.label, self._label), self.palette["strong"] if here else self.palette["faint"])
        if row.before is not None:
            ink.put(fit(f" {row.before}", self._start - _MARK - self._label - 1), self.palette["faint"]).put(" ")
        if here:
            # The field lies above the row here and draws the value.
            ink.gap_to(self._start + self._field_width(row))
        else:
            # What is empty is seen by its ground; what is longer than its field goes on beside it.
            room = max(self._field_width(row), min(width_of(row.shown) + 1, self.size.width - self._start - 1))
            room = min(room, self.size.width - self._start - 1 - (self._room_of_more() if more else 0))
            ink.put(fit(f" {row.shown}", room), self.palette["field"])
        # A note is shown whole or not at all.
        if row.note and self.size.width - ink.width > width_of(row.note) + (self._room_of_more() if more else 0):
            ink.put(" ").put(row.note, row.note_style or self.palette["faint"])
        if more:
            ink.gap_to(self.size.width - self._room_of_more()).put(self.words("common.more"), self.palette["key"])
        return ink

    def _heading(self, ink: Ink, row: Row) -> Ink:
        ink.put(" " if row.before is None else " " * _MARK).put(row.label, self.palette["key"])
        # The heading of a message of a pair is a line of its own, across all columns.
        if row.before is None:
            return ink
        # It heads the columns.
        ink.gap_to(_MARK + self._label + 1).put(row.before, self.palette["faint"])
        return ink.gap_to(self._start + 1).put(row.shown, self.palette["faint"])

    @property
    def _compares(self) -> bool:
        return any(row.before is not None for row in self._rows)

    @property
    def _label(self) -> int:
        return _LABEL_BESIDE if self._compares else _LABEL

    @property
    def _start(self) -> int:
        """The column where values begin: behind the labels, and behind the former values where there are any."""
        if not self._compares:
            return _MARK + _LABEL
        return _MARK + _LABEL_BESIDE + (self.size.width - _MARK - _LABEL_BESIDE - _NOTES) // 2

    def _room_of_more(self) -> int:
        """Return how many cells the sign takes that more rows follow below."""
        return width_of(self.words("common.more")) + 1

    def _field_width(self, row: Row) -> int:
        # At least four cells, so that the caret can be seen on the narrowest screen.
        room = max(4, self.size.width - self._start - 1)
        return room if row.width is None else min(room, row.width)

    def _leave(self) -> bool:
        row = self.row
        return row is None or not row.key or self.host.left(row.key)

    def _go(self, at: int) -> None:
        self._cursor = at
        self.retype()
        self._place()
        row = self.row
        if row is not None:
            self.host.arrived(row.key)

    def _nearest(self, at: int, step: int) -> int:
        """Return the nearest row at or after `at` that is no heading; search the other way where there is none.

        `step` is the way: positive for down, negative for up.
        """
        last = len(self._rows) - 1
        after = range(min(at, last), last + 1)
        before = range(min(at, last), -1, -1)
        ways = (*after, *before) if step > 0 else (*before, *after)
        return next((index for index in ways if index >= 0 and self._rows[index].key), 0)

    def _place(self) -> None:
        """Bring the row under the cursor into sight, with its heading, and put the field over its value."""
        rows = max(1, self.size.height)
        # Without its heading, the first row of a section would look like one of the section before.
        above = 1 if self._cursor and not self._rows[self._cursor - 1].key else 0
        top = min(max(self._top, self._cursor - rows + 1), self._cursor - above)
        self._top = max(0, min(top, len(self._rows) - rows))
        row = self.row
        if row is not None:
            self.editor.styles.width = self._field_width(row)
            self.editor.styles.offset = (self._start, self._cursor - self._top)
        self.refresh()


class Editor(TextField):
    """The field of a form. Arrows, Tab and Enter leave the row; in a row with a choice, arrows and blank choose."""

    DEFAULT_CSS = "Editor { layer: above; position: absolute; }"

    _KEYS: ClassVar[dict[str, str]] = {
        **TextField._KEYS,  # noqa: SLF001  # A field that adds to what its base knows.
        "up": "_before",
        "shift+tab": "_before",
        "down": "_after",
        "tab": "_after",
        "enter": "_go_on",
        "pageup": "_page_before",
        "pagedown": "_page_after",
    }

    given = False
    """Whether the text came from the terminal and was not touched since: what is typed then takes its place."""

    @property
    def form(self) -> Form:
        """The form that the field belongs to."""
        return cast("Form", self.parent)

    def _changed(self) -> None:
        super()._changed()
        self.given = False
        row = self.form.row
        if row is not None:
            self.form.host.typed(row.key, self.value)

    def _insert(self, text: str) -> None:
        # A blank takes or leaves the marked code; other text searches among the codes.
        row = self.form.row
        if row is not None and row.chosen and text == " ":
            self.form.host.picked(row.key, 0)
        elif row is not None:
            if self.given:
                self._graphemes, self._at = [], 0
            super()._insert(text)

    def _erase_before(self) -> None:
        row = self.form.row
        if row is not None and row.chosen and not self.value:
            # There is no text left to erase, so the choice itself is taken back.
            self.form.host.typed(row.key, "")
        else:
            super()._erase_before()

    def _go(self, position: int) -> None:
        # Whoever moves in a text wants to mend it.
        self.given = False
        super()._go(position)

    def _go_left(self) -> None:
        if not self._pick(-1):
            super()._go_left()

    def _go_right(self) -> None:
        if not self._pick(1):
            super()._go_right()

    def _pick(self, step: int) -> bool:
        """Mark another code, if the row has a choice; return whether it has."""
        row = self.form.row
        if row is None or not row.chosen:
            return False
        self.form.host.picked(row.key, step)
        return True

    def _before(self) -> None:
        self.form.move(-1)

    def _after(self) -> None:
        self.form.move(1)

    def _go_on(self) -> None:
        self.form.enter()

    def _page_before(self) -> None:
        self.form.page(-1)

    def _page_after(self) -> None:
        self.form.page(1)

    def draw_line(self, y: int) -> Ink:
        """Draw the text; in a row with a choice and without text, draw the choice."""
        row = self.form.row
        # What is typed in a row with a choice only searches; what the row holds is the choice.
        if row is None or not row.shown or not row.chosen or self.value:
            return super().draw_line(y)
        ink = self.ink("field_focus" if self.has_focus else "field")
        # There is no caret to draw, but an input method shows at the terminal's cursor what it composes.
        self.app.cursor_position = self.region.offset + Offset(1, 0)
        return ink.put(" ").put(fit(row.shown, max(1, self.size.width - 2)))
