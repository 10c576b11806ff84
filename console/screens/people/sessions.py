"""セッション: the sessions of late and how they ended, first of all those that did not end by log-off."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import SESSIONS, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import Selection
from console.widgets.columns import Cell, Column
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import OneLine
from console.widgets.text import Ink, width_of
from console.widgets.virtual_list import VirtualList
from store.endings import Ending

if TYPE_CHECKING:
    from datetime import datetime

    from console.jobs.people.sessions import KeptSession
    from console.session import Session
    from console.terminal import Terminal
    from console.words import Words

_UNENDED, _OF_PERSON, _ALL = "unended", "of", "all"
_WIDTHS: Final = {"person": 12, "opened": 11, "closed": 11, "origin": 9}


class SessionsScreen(ConsoleScreen):
    """The list; `person_id` is the person whose sessions can be chosen besides."""

    NAME = "sessions"
    help_topic = "sessions"
    KEYS: ClassVar[Sequence[Key]] = SESSIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(SESSIONS)

    def __init__(self, person_id: str | None) -> None:
        super().__init__()
        self.person_id = person_id
        # What wants somebody comes first.
        self.chosen = _UNENDED

    def compose(self) -> ComposeResult:
        """Lay out the title and the list."""
        yield HeadLine()
        yield SessionsTitle(id="title")
        yield SessionList(id="list")
        yield self.notice
        yield FootLine(SESSIONS)

    def on_mount(self) -> None:
        """Read the sessions."""
        self.set_focus(self.rows)
        self.load()

    @property
    def rows(self) -> "SessionList":
        """The sessions."""
        return self.query_one("#list", SessionList)

    def load(self) -> None:
        """Read the sessions that are asked for."""
        person_id = self.person_id if self.chosen == _OF_PERSON else None
        self.look("sessions", partial(_read, person_id=person_id, unended=self.chosen == _UNENDED), self._loaded)

    def _loaded(self, found: "Sequence[KeptSession]") -> None:
        self.rows.load(range(len(found)), lambda keys: [found[key] for key in keys], found)
        self.query_one("#title").refresh()

    def on_virtual_list_moved(self) -> None:
        """Tell where the cursor is."""
        self.query_one("#title").refresh()

    def action_filter(self) -> None:
        """Ask which sessions are to be shown."""
        names = [_UNENDED, *([_OF_PERSON] if self.person_id is not None else []), _ALL]
        question = Selection(lambda words: words("people.session.which"), names, self.name_of)
        self.app.push_screen(question, self._filtered)

    def name_of(self, words: "Words", chosen: str) -> str:
        """Return what a choice of sessions is called."""
        return words(f"people.session.{chosen}", person=self.person_id)

    def _filtered(self, name: str | None) -> None:
        if name is not None:
            self.chosen = name
            self.load()

    def action_reload(self) -> None:
        """Read the sessions again."""
        self.load()

    def action_back(self) -> None:
        """Go back to the people."""
        self.dismiss()


class SessionsTitle(OneLine):
    """Which sessions are shown, and where the cursor is."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, screen = self.ink().put(" "), self.words, self.screen
        ink.put(f"{words('people.session.title')}  ", self.palette["strong"])
        if not isinstance(screen, SessionsScreen):
            return ink
        place = f"{screen.rows.position} / {screen.rows.count}"
        ink.put(screen.name_of(words, screen.chosen))
        return ink.gap_to(self.size.width - width_of(place) - 1).put(place)


class SessionList(VirtualList["KeptSession"]):
    """The sessions, the newest first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.empty_text = "people.session.none"

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns; how a session ended takes the room that the others leave."""
        columns = [Column(name, f"people.session.column.{name}", cells) for name, cells in _WIDTHS.items()]
        rest = width - sum(_WIDTHS.values()) - len(_WIDTHS)
        return (*columns, Column("ending", "people.session.column.ending", rest))

    def cell(self, row: "KeptSession", column: str) -> Cell:
        """Return what `column` shows of `row`."""
        words = self.words
        match column:
            case "person":
                return Cell(row.person_id, self.palette["strong"])
            case "opened":
                return Cell(_time(words, row.opened_at))
            case "closed":
                return Cell(words("people.session.open") if row.closed_at is None else _time(words, row.closed_at))
            case "origin":
                return Cell(words.name("people.session.origin", row.origin), self.palette["faint"])
        if row.reason is None:
            return Cell("")
        style = {Ending.CRASH.value: "trouble", Ending.LOGGED_OFF.value: "faint"}.get(row.reason, "attention")
        return Cell(words.name("people.session.ending", row.reason), self.palette[style])


def _time(words: "Words", moment: "datetime") -> str:
    """Return a moment to the minute, without the year: the list goes back 31 days."""
    return words.time(moment).partition("-")[2]


def _read(terminal: "Terminal", session: "Session", *, person_id: str | None, unended: bool) -> "Sequence[KeptSession]":
    return jobs.people.sessions.recent(terminal, session, person_id=person_id, unended=unended)
