"""A form: rows of label, value and note, of which the one under the cursor can be edited in its place.

Only one field exists, and it moves from row to row in the same step as the cursor. So keys that arrive in one burst
(a card reader, a slow line) always fall into the row that the person meant.
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
_START: Final = _MARK + _LABEL  # where values begin
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Without a key it is a heading.

    `typed` is the value as it is edited, `shown` as it is read, `note` what stands beside it. `width` is the width of
    the field in cells, None for all that is there. `chosen`: one chooses among codes instead of typing.
    """

    label: str
    key: str = ""
    typed: str = ""
    shown: str = ""
    note: str = ""
    mark: str = " "
    mark_style: Style | None = None
    width: int | None = None
    chosen: bool = False


class FormHost(Protocol):
    """Who answers for the form: takes what is typed and gives the rows anew."""

    def typed(self, key: str, text: str) -> None:
        """Take what stands in the field of a row now."""

    def picked(self, key: str, step: int) -> None:
        """Mark the next code of a row where one chooses, or the one before; 0 takes or leaves the one marked."""

    def left(self, key: str) -> None:
        """Take note that the cursor leaves a row."""

    def arrived(self, key: str) -> None:
        """Take note that the cursor is on a row."""

    def finished(self) -> None:
        """Take note that the last row was left with Enter."""

    def reworded(self) -> None:
        """Give the rows in the language in hand."""


class Form(Surface):
    """Shows rows; the desk is the screen that it stands on, unless another is given."""

    DEFAULT_CSS = "Form { height: 1fr; width: 1fr; layers: base above; }"

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._cursor = 0
        self._top = 0
        self.editor = Editor(id="editor", longest=_LONGEST)

    def compose(self) -> ComposeResult:
        """Hold the one field."""
        yield self.editor

    @property
    def desk(self) -> FormHost:
        """Who answers for the form."""
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
        """Show other rows. The cursor stays on its row; what is being typed there stays as it is."""
        here = self.row
        self._rows = rows
        if here is not None and any(row.key == here.key for row in rows):
            self._cursor = next(at for at, row in enumerate(rows) if row.key == here.key)
            self._place()
        else:
            self._go(self._nearest(self._cursor, 1))

    def reword(self) -> None:
        """Show the rows in the language in hand."""
        self.desk.reworded()

    def retype(self) -> None:
        """Put the row's value into the field as it is edited."""
        row = self.row
        self.editor.value = row.typed if row is not None else ""

    def go_to(self, key: str) -> None:
        """Put the cursor on a row."""
        found = next((at for at, row in enumerate(self._rows) if row.key == key), None)
        if found is not None:
            self._leave()
            # Leaving may have changed the rows.
            self._go(next((at for at, row in enumerate(self._rows) if row.key == key), self._cursor))

    def move(self, step: int) -> bool:
        """Go down or up; return whether there was a row to go to."""
        self._leave()
        at = self._cursor + step
        while 0 <= at < len(self._rows) and not self._rows[at].key:
            at += 1 if step > 0 else -1
        there = 0 <= at < len(self._rows)
        self._go(at if there else self._nearest(min(max(0, at), len(self._rows) - 1), -step))
        return there

    def enter(self) -> None:
        """Go to the next row, or on from the last."""
        if not self.move(1):
            self.desk.finished()

    def page(self, direction: int) -> None:
        """Go a page down or up."""
        self.move(direction * max(1, self.size.height - 1))

    def on_resize(self) -> None:
        """Keep the row under the cursor in sight, and its field as wide as there is room."""
        self._place()

    def draw_line(self, y: int) -> Ink:
        """Draw a row."""
        at = self._top + y
        ink = self.ink()
        if at >= len(self._rows):
            return ink
        row = self._rows[at]
        if not row.key:
            return ink.put(" ").put(row.label, self.palette["key"])
        here = at == self._cursor
        ink.put(f" {row.mark} ", row.mark_style)
        ink.put(fit(row.label, _LABEL), self.palette["strong"] if here else self.palette["faint"])
        if here:
            ink.gap_to(_START + self._field_width(row))
        else:
            room = self.size.width - _START - 2 if row.width is None else max(row.width - 1, width_of(row.shown))
            ink.put(" ").put(fit(row.shown, min(room, self.size.width - _START - 2)))
        if row.note and self.size.width - ink.width > width_of(row.note):
            ink.put(" ").put(row.note, self.palette["faint"])
        if y == self.size.height - 1 and at < len(self._rows) - 1:
            self._put_more(ink)
        return ink

    def _put_more(self, ink: Ink) -> None:
        """Tell that there are rows below, where the line has room for it."""
        sign = self.words("common.more")
        start = self.size.width - width_of(sign) - 1
        if ink.width < start:
            ink.gap_to(start).put(sign, self.palette["key"])

    def _field_width(self, row: Row) -> int:
        room = max(4, self.size.width - _START - 1)
        return room if row.width is None else min(room, row.width)

    def _leave(self) -> None:
        row = self.row
        if row is not None and row.key:
            self.desk.left(row.key)

    def _go(self, at: int) -> None:
        self._cursor = at
        self.retype()
        self._place()
        row = self.row
        if row is not None:
            self.desk.arrived(row.key)

    def _nearest(self, at: int, step: int) -> int:
        """Return the row at or after `at` that is none of the headings, going the other way where there is none."""
        last = len(self._rows) - 1
        after = range(min(at, last), last + 1)
        before = range(min(at, last), -1, -1)
        ways = (*after, *before) if step > 0 else (*before, *after)
        return next((one for one in ways if one >= 0 and self._rows[one].key), 0)

    def _place(self) -> None:
        """Bring the row under the cursor into sight, with the heading above it, and the field over its value."""
        rows = max(1, self.size.height)
        above = 1 if self._cursor and not self._rows[self._cursor - 1].key else 0
        top = min(max(self._top, self._cursor - rows + 1), self._cursor - above)
        self._top = max(0, min(top, len(self._rows) - rows))
        row = self.row
        if row is not None:
            self.editor.styles.width = self._field_width(row)
            self.editor.styles.offset = (_START, self._cursor - self._top)
        self.refresh()


class Editor(TextField):
    """The field of a form: leaves its row by arrow, Tab and Enter, and marks codes where one chooses."""

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

    @property
    def form(self) -> Form:
        """The form that it belongs to."""
        return cast("Form", self.parent)

    def _changed(self) -> None:
        super()._changed()
        row = self.form.row
        if row is not None:
            self.form.desk.typed(row.key, self.value)

    def _insert(self, text: str) -> None:
        row = self.form.row
        if row is not None and row.chosen and text == " ":
            self.form.desk.picked(row.key, 0)
        elif row is not None:
            super()._insert(text)

    def _erase_before(self) -> None:
        row = self.form.row
        if row is not None and row.chosen and not self.value:
            # Nothing is typed here any more: the choice itself is taken back.
            self.form.desk.typed(row.key, "")
        else:
            super()._erase_before()

    def _go_left(self) -> None:
        if not self._pick(-1):
            super()._go_left()

    def _go_right(self) -> None:
        if not self._pick(1):
            super()._go_right()

    def _pick(self, step: int) -> bool:
        row = self.form.row
        if row is None or not row.chosen:
            return False
        self.form.desk.picked(row.key, step)
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
        """Draw what is typed; where one chooses and nothing is typed, the choice."""
        row = self.form.row
        if row is None or not row.shown or not row.chosen or self.value:
            return super().draw_line(y)
        ink = self.ink("field_focus" if self.has_focus else "field")
        # What an input method composes begins here.
        self.app.cursor_position = self.region.offset + Offset(1, 0)
        return ink.put(" ").put(fit(row.shown, max(1, self.size.width - 2)))
