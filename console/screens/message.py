"""One message (内容): read it, then approve it or return it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from console.screens.characters import CharactersScreen
from console.screens.keys import MESSAGE, Key, bindings
from console.screens.review import Review
from console.screens.work import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine, NoticeLine
from console.widgets.page import Page, Pieces
from console.widgets.surface import OneLine
from console.widgets.text import Ink

if TYPE_CHECKING:
    from console.jobs.queue import MessageView
    from console.jobs.review import Changed
    from console.session import Session
    from console.terminal import Terminal


class MessageScreen(ConsoleScreen):
    """Shows the message `key`, with the text `hint` in the notice line."""

    help_topic = "message"
    KEYS: ClassVar[Sequence[Key]] = MESSAGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(MESSAGE)
    DEFAULT_CSS = "MessageScreen #contents { margin-top: 1; }"

    def __init__(self, key: int, hint: str | None = None) -> None:
        super().__init__(id="message")
        self._key = key
        self._hint = hint
        self.shown: MessageView | None = None

    def compose(self) -> ComposeResult:
        """Lay out title and contents."""
        yield HeadLine()
        yield MessageTitle(id="title")
        yield Page(id="contents")
        yield NoticeLine()
        yield FootLine(MESSAGE)

    def on_mount(self) -> None:
        """Read the message."""
        self.set_focus(self._page)
        if self._hint is not None:
            self.say("note", self._hint)
        self._read()

    @property
    def _page(self) -> Page:
        return self.query_one("#contents", Page)

    def _read(self) -> None:
        key = self._key

        def job(terminal: "Terminal", session: "Session") -> "MessageView":
            from console.jobs import queue

            return queue.read(terminal, session, key)

        self.work(job, self._show)

    def _show(self, view: "MessageView") -> None:
        self.shown = view
        self.query_one("#title").refresh()

        def build(width: int) -> Sequence[Pieces]:
            from console.screens.contents import Contents

            return Contents(view, self.words, self.console_app.palette, width).lines()

        self._page.show(build)

    def action_approve(self) -> None:
        """Approve it; its warnings have been on this page."""
        if self.shown is None:
            return
        if any(finding.severity == "error" for finding in self.shown.findings):
            self.say("trouble", "message.approve_errors")
            return
        self._review("approve", self.shown.row.warnings)

    def action_give_back(self) -> None:
        """Return it with a reason."""
        self._review("give_back")

    def action_hold(self) -> None:
        """Hold it."""
        self._review("hold")

    def action_release(self) -> None:
        """Release it."""
        self._review("release")

    def _review(self, step: str, warnings: int = 0) -> None:
        if self.shown is not None:
            Review(self, step, [self._key], self.shown.row, self._reviewed, warnings).ask()

    def _reviewed(self, changed: "Changed") -> None:
        if changed.changed:
            self._read()

    def action_characters(self) -> None:
        """Show the characters of the texts one by one."""
        if self.shown is not None:
            self.app.push_screen(CharactersScreen(self.shown.record))

    def action_back(self) -> None:
        """Go back to the queue."""
        self.dismiss()


class MessageTitle(OneLine):
    """Kind, reference and state of the message."""

    def draw_line(self, _y: int) -> Ink:
        """Draw it."""
        ink = self.ink().put(" ")
        screen = self.screen
        if not isinstance(screen, MessageScreen) or screen.shown is None:
            return ink.put(self.words("common.loading"), self.palette["faint"])
        row = screen.shown.row
        ink.put(self.words.name("kinds", row.kind), self.palette["strong"]).put("   ")
        ink.put(row.reference, self.palette["strong"]).put("   ")
        return ink.put(self.words.name("states", f"{row.direction}.{row.state}"), self.palette["key"])
