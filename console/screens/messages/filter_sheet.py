"""The menu of the filter (絞り込み): states, kinds and marks, each with its count, of which several can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import jobs
from console.keys import ABOVE_OTHERS, HELP, LANGUAGE, Key, above
from console.screens.base import Dialog
from console.screens.messages.queue_view import Mark, View, wanted
from console.widgets.frame import FootLine
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit
from store.message.codes import Kind
from store.message.states import Direction, InState, OutState
from store.rights import Right

if TYPE_CHECKING:
    from console.session import Session
    from console.terminal import Terminal

# In the order of the work, which is not that of the enums: what waits for people comes first.
_OUT: Final = (
    OutState.RETURNED,
    OutState.REVIEW,
    OutState.APPROVED,
    OutState.HELD,
    OutState.SENDING,
    OutState.UNKNOWN,
    OutState.REFUSED,
    OutState.DELIVERED,
    OutState.ACCEPTED,
    OutState.WITHDRAWN,
)
_KEYS: Final = (
    Key("space", "Space", "mark", "choose"),
    Key("enter", "Enter", "enter", "show"),
    Key("u", "u", "clear_all", "clear_all"),
    Key("escape", "Esc", "back", "cancel"),
)
_COLUMN_WORDS: Final = ("queue.filter.messages", "queue.filter.notices", "queue.filter.others")
_NUMBER: Final = 9  # The cells of a count.
_HEAD: Final = 2  # The title and the names of the columns.


@dataclass(frozen=True, slots=True)
class FilterLine:
    """A line of the menu: the group that it belongs to (states, kinds or marks), its code, and the key of its word."""

    group: str
    code: str
    word: str


class FilterSheet(Dialog[View | None]):
    """Asks what the list is to show. Its result is the view, or None when it was cancelled."""

    NAME = "filter"
    DEFAULT_CSS = "FilterSheet #menu { height: 14; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        *above(_KEYS, HELP, LANGUAGE, *ABOVE_OTHERS),
        Binding("up,k,K", "move(-1)", show=False),
        Binding("down,j,J", "move(1)", show=False),
        Binding("left", "column(-1)", show=False),
        Binding("right,tab", "column(1)", show=False),
    ]

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self.columns: Sequence[Sequence[FilterLine]] = (
            _states(Direction.OUT, _OUT),
            _states(Direction.IN, InState),
            _others(),
        )
        self.cursor = (0, 0)
        self.chosen = {("states", code) for code in view.states}
        self.chosen |= {("kinds", code) for code in view.kinds} | {("marks", mark.value) for mark in view.marks}
        self.counts: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        """Lay out the menu and the keys."""
        # Letters are keys here, because nothing is typed.
        yield FilterMenu(id="menu")
        yield FootLine(_KEYS, everywhere=ABOVE_OTHERS[:2])

    def on_mount(self) -> None:
        """Count meanwhile: the menu does not wait for the numbers."""
        self.console_app.work(self, partial(_count, self._view), self._counted, lambda _error: None)

    def _counted(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.query_one("#menu").refresh()

    def action_move(self, lines: int) -> None:
        """Move the cursor within its column."""
        self._go(self.cursor[0], self.cursor[1] + lines)

    def action_column(self, columns: int) -> None:
        """Move the cursor to another column."""
        self._go((self.cursor[0] + columns) % len(self.columns), self.cursor[1])

    def _go(self, column: int, line: int) -> None:
        self.cursor = column, min(max(0, line), len(self.columns[column]) - 1)
        self.query_one("#menu").refresh()

    @property
    def _here(self) -> tuple[str, str]:
        line = self.columns[self.cursor[0]][self.cursor[1]]
        return line.group, line.code

    def action_mark(self) -> None:
        """Choose the line under the cursor, or no longer, and go to the next."""
        self.chosen ^= {self._here}
        self.action_move(1)

    def action_clear_all(self) -> None:
        """Choose nothing."""
        self.chosen.clear()
        self.query_one("#menu").refresh()

    def action_enter(self) -> None:
        """Show what is chosen; where nothing was, what is under the cursor."""
        # Whoever takes all marks away wants to see everything again, and not the line where the cursor happens to be.
        chosen = self.chosen if self.chosen or self._view.filtered else {self._here}
        self.dismiss(
            replace(
                View(self._view.work, sort=self._view.sort, backward=self._view.backward),
                states=frozenset(code for group, code in chosen if group == "states"),
                kinds=frozenset(code for group, code in chosen if group == "kinds"),
                marks=frozenset(Mark(code) for group, code in chosen if group == "marks"),
            )
        )

    def action_back(self) -> None:
        """Leave the list as it is."""
        self.dismiss(None)


class FilterMenu(Surface):
    """The columns of the menu."""

    def draw_line(self, y: int) -> Ink:
        """Draw the title, the heads of the columns, or the lines that stand beside each other."""
        ink, words, palette = self.ink("dialog").put("  "), self.words, self.palette
        sheet = self.screen
        if not isinstance(sheet, FilterSheet):
            return ink
        width = min(26, (self.size.width - 2) // len(sheet.columns))
        if y == 1:
            return ink.put(words("queue.filter.title"), palette["strong"])
        for index, column in enumerate(sheet.columns):
            ink.gap_to(2 + index * width)
            if y == 1 + _HEAD:
                ink.put(fit(words(_COLUMN_WORDS[index]), width - 1), palette["key"])
            elif y > 1 + _HEAD and y - _HEAD - 2 < len(column):
                self._put(ink, sheet, (index, y - _HEAD - 2), width)
        return ink

    def _put(self, ink: Ink, sheet: FilterSheet, place: tuple[int, int], width: int) -> None:
        line, here = sheet.columns[place[0]][place[1]], place == sheet.cursor
        chosen = (line.group, line.code) in sheet.chosen
        number = sheet.counts.get(f"{line.group}.{line.code}")
        text = f"{'>' if here else ' '}{'*' if chosen else ' '}{fit(self.words(line.word), width - _NUMBER - 3)}"
        count = "" if number is None else f"{number:,}"
        style = self.palette["cursor"] if here else self.palette["strong"] if chosen else None
        ink.put(text, style).put(fit(count, _NUMBER, "right"), style or (None if number else self.palette["faint"]))


def _states(direction: Direction, states: Sequence[OutState] | type[InState]) -> Sequence[FilterLine]:
    return [FilterLine("states", f"{direction}.{state}", f"states.{direction}.{state}") for state in states]


def _others() -> Sequence[FilterLine]:
    kinds = [FilterLine("kinds", kind, f"kinds.short.{kind}") for kind in Kind]
    return [*kinds, *(FilterLine("marks", mark, f"queue.mark.{mark}") for mark in Mark)]


def _count(view: View, terminal: "Terminal", session: "Session") -> dict[str, int]:
    """Return how many messages are in each state, and of the list in hand how many are of each kind."""
    lists = jobs.work.lists
    counts = {f"states.{state}": number for state, number in lists.count_states(terminal).items()}
    # Whoever may not read has an empty list.
    if session.may(Right.READ):
        kinds = lists.count_kinds(terminal, session, wanted(replace(view, kinds=frozenset()), session))
        counts |= {f"kinds.{kind}": number for kind, number in kinds.items()}
    return counts
