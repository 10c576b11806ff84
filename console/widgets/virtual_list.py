"""A list of any length, of which only the lines on the screen exist.

The list holds the keys of all rows (8 bytes each). The rows themselves come in blocks, from a function that runs in a
thread, and only the blocks used last are kept. So rows do not move under the cursor while others arrive, and 100,000
rows are shown at once, where Textual's own table takes 10 to 20 s.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, width_of
from console.widgets.window import Window

BLOCK: Final = 64  # The rows of one fetch. Most screens have fewer lines, so a page needs two blocks at most.
_BLOCKS_KEPT: Final = 32
_MARKS: Final = 2  # The cells before the first column: one for the cursor, one for the selection.

Row = TypeVar("Row")


class VirtualList(Surface, Generic[Row], can_focus=True):
    """The list: a line of column heads, and below it the rows."""

    DEFAULT_CSS = "VirtualList { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k,K", "move(-1)", show=False),
        Binding("down,j,J", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "edge(-1)", show=False),
        Binding("end,G", "edge(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row, or the row under the cursor has arrived."""

    class Chosen(Message):
        """The person has pressed Enter on the row `key`."""

        def __init__(self, key: int) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._keys: Sequence[int] = ()
        self._fetch: Callable[[Sequence[int]], Sequence[Row]] | None = None
        self._blocks: OrderedDict[int, Sequence[Row]] = OrderedDict()
        # The rows that were on the screen when the list was loaded again, by key, until they arrive anew.
        self._former: dict[int, Row] = {}
        # The blocks that are being fetched.
        self._wanted: set[int] = set()
        # Counts the loads: a block that was asked for before the last load holds rows of another list.
        self._generation = 0
        self._window = Window()
        self._cursor = 0
        # What was asked of all rows while only the first of them were known.
        self._later: list[Callable[[], None]] = []
        self._whole = True
        # The columns, and for which width, language and rows they were found.
        self._laid_out: tuple[object, tuple[Column, ...]] = (None, ())
        # The key that the cursor was on when the rows were taken away, until others arrive.
        self._left: int | None = None
        self.selected: set[int] = set()
        self.selectable = False
        self.empty_text = ""

    # What subclasses define

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns that fit into `width` cells."""
        raise NotImplementedError

    def cell(self, row: Row, column: str) -> Cell:
        """Return what `column` shows of `row`."""
        raise NotImplementedError

    def heading(self, row: Row, width: int) -> Pieces:
        """Return the heading of the group that begins with `row`, in `width` cells."""
        raise NotImplementedError

    def note(self, rows: Sequence[Row]) -> None:
        """Take note of rows that have arrived, and are drawn from now on."""

    # What screens ask

    def load(
        self,
        keys: Sequence[int],
        fetch: Callable[[Sequence[int]], Sequence[Row]],
        first: Sequence[Row] = (),
        *,
        whole: bool = True,
        starts: Sequence[int] = (),
    ) -> None:
        """Show the rows `keys`; `fetch` is called in a thread for each block, and `first` are rows fetched already.

        The cursor stays on its row, or at its place in the list where the row is gone. Not `whole`: these are only the
        first rows, all of them follow, and a key that means the last one or every one waits for them. A heading stands
        above each row whose index is in `starts`.
        """
        stay_on = self._left if self.cursor_key is None else self.cursor_key
        # What was on the screen stays there until it arrives anew: a key typed meanwhile means what the person sees.
        shown = ((self._keys[index], self._known(index)) for index in self.shown_indices)
        self._former = {key: row for key, row in shown if row is not None} if keys else {}
        self._generation += 1
        self._whole = whole
        self._keys, self._fetch, self._left = keys, fetch, None
        self._blocks.clear()
        self._wanted.clear()
        for index in range(0, len(first), BLOCK):
            block = first[index : index + BLOCK]
            # An incomplete block would show its missing rows as loading for ever.
            if len(block) == min(BLOCK, len(keys) - index):
                self._blocks[index // BLOCK] = block
                self.note(block)
        self._cursor = min(_index_of(keys, stay_on, self._cursor), max(0, len(keys) - 1))
        if self.selected:  # Only then is it worth making a set of up to 100,000 keys.
            self.selected &= set(keys)
        self._window = Window(len(keys), starts, self._window.top)
        self._window.follow(self._cursor, self._rows_shown)
        self.refresh()
        self.post_message(self.Moved())
        waiting, self._later = self._later, []
        for act in waiting:
            self._when_whole(act)

    def _when_whole(self, act: Callable[[], None]) -> None:
        """Do `act` with all rows: now, or as soon as they are known."""
        if self._whole:
            act()
        else:
            self._later.append(act)

    @property
    def whole(self) -> bool:
        """Whether all rows are known, and not only the first."""
        return self._whole

    def neighbour(self, key: int, step: int) -> int | None:
        """Return the key of the row that is `step` rows after `key`; None beyond either end, or without such a row."""
        index = _index_of(self._keys, key, -1)
        return self._keys[index + step] if index >= 0 and 0 <= index + step < len(self._keys) else None

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self._keys)

    @property
    def position(self) -> int:
        """The number of the row under the cursor, from 1; 0 when the list is empty."""
        return self._cursor + 1 if self._keys else 0

    @property
    def cursor_key(self) -> int | None:
        """The key of the row under the cursor."""
        return self._keys[self._cursor] if self._cursor < len(self._keys) else None

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, if it has arrived."""
        return self._row(self._cursor) if self._keys else None

    @property
    def shown_indices(self) -> range:
        """The indices of the rows on the screen."""
        return self._window.shown(self._rows_shown)

    @property
    def grouped(self) -> bool:
        """Whether the rows stand under headings."""
        return bool(self._window.starts)

    def row_at(self, index: int) -> Row | None:
        """Return the row at `index`, if it has arrived."""
        return self._row(index)

    def go_to(self, key: int) -> None:
        """Put the cursor on the row `key`, if it is in the list."""
        self._go(_index_of(self._keys, key, self._cursor))

    def go_past(self, keys: Sequence[int]) -> None:
        """Put the cursor on the next row that is none of `keys`, or on the one before if none comes after."""
        passed = set(keys)
        after, before = range(self._cursor, len(self._keys)), range(self._cursor - 1, -1, -1)
        found = next((index for index in (*after, *before) if self._keys[index] not in passed), self._cursor)
        self._go(found)

    def row_of(self, key: int) -> Row | None:
        """Return the row `key`, if it has arrived."""
        index = _index_of(self._keys, key, -1)
        return self._row(index) if index >= 0 else None

    def toggle_selected(self) -> None:
        """Select the row under the cursor, or take it out of the selection, and go to the next row."""
        if (key := self.cursor_key) is not None and self.selectable:
            self.selected ^= {key}
            self._refresh_row(self._cursor)
            self.action_move(1)

    def select_all(self) -> None:
        """Select every row of the list; if all are selected, select none."""
        if self.selectable:
            self._when_whole(self._select_all)

    def _select_all(self) -> None:
        everything = set(self._keys)
        self.selected = set() if self.selected == everything else everything
        self.refresh()
        self.post_message(self.Moved())

    def await_others(self, *, stay: bool = True) -> None:
        """Take all rows away until others arrive, so that no key pressed meanwhile reaches a row of the list before.

        Not `stay`: the cursor begins with the first of them.
        """
        left = self.cursor_key if stay else None
        self.selected.clear()
        self._later.clear()
        self.load((), lambda _keys: ())
        # Without a fetch function the list says that it is loading, not that it is empty.
        self._left, self._fetch = left, None

    def forget(self) -> None:
        """Drop all rows, so that nothing personal stays in memory or on the screen; the list is then empty."""
        self.selected.clear()
        self.load((), lambda _keys: ())

    # Keys

    def action_move(self, lines: int) -> None:
        """Move the cursor by some rows."""
        self._go(self._cursor + lines)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page; one row of the page before stays in sight."""
        self._go(self._cursor + direction * max(1, len(self.shown_indices) - 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        if direction < 0:
            self._go(0)
        else:
            self._when_whole(lambda: self._go(len(self._keys) - 1))

    def action_choose(self) -> None:
        """Tell the screen that the row under the cursor is chosen."""
        if (key := self.cursor_key) is not None:
            self.post_message(self.Chosen(key))

    # Drawing

    def on_resize(self) -> None:
        """Keep the cursor on the screen."""
        self._window.follow(self._cursor, self._rows_shown)
        self.refresh()

    def draw_line(self, y: int) -> Ink:
        """Draw the heads, a row, or an empty line below the last row."""
        if y == 0:
            return self._draw_heads()
        spot = self._window.spot(y - 1)
        if spot is not None:
            return self._draw_heading(spot.row) if spot.heading else self._draw_row(spot.row)
        if not self._keys and y == 2 and self.empty_text:  # noqa: PLR2004  # The second line below the heads.
            # The list may only be called empty once the store was asked.
            text = self.empty_text if self._fetch else "common.loading"
            return self.ink().gap_to(_MARKS).put(self.words(text), self.palette["faint"])
        return self.ink()

    def _draw_heads(self) -> Ink:
        ink = self.ink("column").gap_to(_MARKS)
        for column in self._columns_now():
            head = self.words(column.head) if column.head else ""
            ink.put(fit(head, column.width, column.align)).put(" ")
        return ink

    def _draw_heading(self, index: int) -> Ink:
        row, ink = self._row(index), self.ink().gap_to(_MARKS)
        # What it says comes with the row below it, which says meanwhile that it is loading.
        return ink if row is None else ink.put_all(self.heading(row, self.size.width - _MARKS))

    def _draw_row(self, index: int) -> Ink:
        here = index == self._cursor
        ink = self.ink("cursor" if here and self.has_focus else "page")
        # The marks repeat what the colour of the line says: no meaning is carried by colour alone.
        ink.put(">" if here else " ").put("*" if self._keys[index] in self.selected else " ")
        row = self._row(index)
        if row is None:
            return ink.put(self.words("common.loading"), self.palette["faint"])
        for column in self._columns_now():
            cell = self.cell(row, column.name)
            # On the ground of the cursor most inks are too weak: there every word is in the ink of the text.
            ink.put(fit(cell.fitting(column.width), column.width, column.align), None if here else cell.style).put(" ")
        return ink

    def needed(self, name: str, head: str, most: int) -> int:
        """Return how many cells a column needs for its head and for the rows on the screen, `most` at most."""
        rows = (self._known(index) for index in self.shown_indices)
        texts = (self.cell(row, name).text for row in rows if row is not None)
        return min(most, max(map(width_of, (self.words(head), *texts))))

    def _columns_now(self) -> tuple[Column, ...]:
        # Found out once for what is on the screen, and not for each of its lines: it may look at every row.
        width, rows = self.size.width - _MARKS, tuple(self._known(index) for index in self.shown_indices)
        looked_at = (width, self.words.language, rows)
        if self._laid_out[0] != looked_at:
            self._laid_out = (looked_at, self.columns(width))
        return self._laid_out[1]

    # Rows and blocks

    def _row(self, index: int) -> Row | None:
        block = self._blocks.get(number := index // BLOCK)
        # Rows are fetched because they are drawn: what nobody scrolls to is never read.
        if block is None:
            self._want(number)
            return self._known(index)
        self._blocks.move_to_end(number)
        return self._known(index)

    def _known(self, index: int) -> Row | None:
        """Return a row as it was last seen, without asking for it."""
        number, offset = divmod(index, BLOCK)
        block = self._blocks.get(number)
        if block is None:
            return self._former.get(self._keys[index])
        return block[offset] if offset < len(block) else None

    def _want(self, number: int) -> None:
        fetch, generation = self._fetch, self._generation
        if fetch is None or number in self._wanted:
            return
        self._wanted.add(number)
        keys = self._keys[number * BLOCK : (number + 1) * BLOCK]
        self.console_app.background.start(
            self, lambda: fetch(keys), lambda rows: self._arrived(generation, number, rows)
        )

    def _arrived(self, generation: int, number: int, rows: Sequence[Row]) -> None:
        # The list was loaded again since: these rows belong to the snapshot before.
        if generation != self._generation:
            return
        self._wanted.discard(number)
        self._blocks[number] = rows
        self.note(rows)
        for key in self._keys[number * BLOCK : (number + 1) * BLOCK]:
            self._former.pop(key, None)
        # The blocks that were drawn longest ago go first, so that memory stays the same however far one scrolls.
        while len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        self.refresh()
        if number == self._cursor // BLOCK:
            self.post_message(self.Moved())

    # The window

    @property
    def _rows_shown(self) -> int:
        return max(1, self.size.height - 1)

    def _go(self, index: int) -> None:
        index = min(max(0, index), max(0, len(self._keys) - 1))
        before, self._cursor = self._cursor, index
        if before == index:
            return
        if self._window.follow(index, self._rows_shown):
            self.refresh()
        else:
            # Over a slow line two lines are sent instead of the whole screen.
            self._refresh_row(before)
            self._refresh_row(index)
        self.post_message(self.Moved())

    def _refresh_row(self, index: int) -> None:
        self.refresh(Region(0, self._window.y_of(index) + 1, self.size.width, 1))


def _index_of(keys: Sequence[int], key: int | None, otherwise: int) -> int:
    """Return the index of `key`; `otherwise` if there is no key, or no such row."""
    if key is None:
        return otherwise
    try:
        return keys.index(key)
    except ValueError:
        return otherwise
