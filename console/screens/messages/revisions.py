"""What a message said before it was corrected: its earlier revisions, one at a time."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console import jobs
from console.keys import ABOVE_OTHERS, HELP, LANGUAGE, Key, above
from console.screens.base import ConsoleScreen
from console.screens.messages.naming import Naming
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.surface import OneLine
from console.widgets.text import Ink, beside
from store.clock import JAPAN
from store.message.checks.items import ordered_fields
from store.message.codes import Kind
from store.message.groups import value_at

if TYPE_CHECKING:
    from console.jobs.messages.reading import RevisionView
    from console.session import Session
    from console.terminal import Terminal

_LABEL: Final = 26  # the width of the labels, in cells
# The title names these; a correction cannot change them.
_IN_TITLE: Final = frozenset({"kind", "reference"})
_OLDER: Final = Key("v", "v", "older", "older")
_CLOSE: Final = Key("escape,enter,b", "Esc", "back", "close")


class RevisionScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Shows the revision before the present one of message `key`; `v` goes further back, then starts over.

    `present` is the number of the present revision, from 1.
    """

    NAME = "revisions"
    help_topic = None
    BINDINGS: ClassVar[list[BindingType]] = above((_OLDER, _CLOSE), LANGUAGE, HELP, *ABOVE_OTHERS)
    DEFAULT_CSS = "RevisionScreen TextPage { margin-top: 1; }"

    def __init__(self, key: int, reference: str, present: int) -> None:
        super().__init__()
        self._key = key
        self.reference = reference
        self._present = present
        # The revision shown; the present one before any was read.
        self._revision = present
        self.shown: RevisionView | None = None

    def compose(self) -> ComposeResult:
        """Lay out title and page."""
        yield HeadLine()
        yield RevisionTitle()
        yield TextPage(id="revision")
        yield self.notice
        yield FootLine((_OLDER, _CLOSE), everywhere=ABOVE_OTHERS)

    def on_mount(self) -> None:
        """Read the revision before the present one."""
        self.set_focus(self.query_one("#revision", TextPage))
        self.action_older()

    def action_older(self) -> None:
        """Read the revision before the one shown; before the first, start over with the last of the earlier ones."""
        self._revision = self._revision - 1 or self._present - 1
        self.work(partial(_read_revision, key=self._key, revision=self._revision), self._show)

    def _show(self, view: "RevisionView") -> None:
        self.shown = view
        self.query_one(RevisionTitle).refresh()
        self.query_one("#revision", TextPage).show(lambda width: list(self._lines(view, width)))

    def action_back(self) -> None:
        """Close the page."""
        self.dismiss()

    def _lines(self, view: "RevisionView", width: int) -> Iterator[Pieces]:
        # Names and dated codes are those of the day of the event, not of today.
        naming = Naming(self.words, view.kind, view.occurred_at.astimezone(JAPAN).date())
        for field in ordered_fields(Kind(view.kind)):
            if field in _IN_TITLE:
                continue
            before, now = value_at(view.record, field), value_at(view.record_now, field)
            # An item that the correction added or took out differs as well.
            if before is not None or now is not None:
                value = naming.value(field, before)
                yield from self._pair(naming.label(field), value, width, differs=before != now)

    def _pair(self, label: str, value: str, width: int, *, differs: bool) -> Iterator[Pieces]:
        palette = self.console_app.palette
        style = palette["attention"] if differs else None
        for at, (head, line) in enumerate(beside(label, _LABEL, value, width - 2)):
            # The mark says in a character what the colour says as well.
            yield [("* " if differs and at == 0 else "  ", style), (head, palette["faint"]), (line, style)]


class RevisionTitle(OneLine):
    """The line that says which revision this is."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line, which is empty until the revision was read."""
        ink, screen = self.ink().put(" "), self.screen
        if not isinstance(screen, RevisionScreen) or (view := screen.shown) is None:
            return ink
        ink.put(self.words.name("kinds.short", view.kind), self.palette["strong"]).put("   ")
        ink.put(screen.reference, self.palette["strong"]).put("   ")
        title = self.words("entry.revisions.title", revision=view.revision, last=view.present)
        ink.put(title, self.palette["strong"]).put("   ")
        return ink.put(self.words("entry.revisions.differs"), self.palette["faint"])


def _read_revision(terminal: "Terminal", session: "Session", *, key: int, revision: int) -> "RevisionView":
    return jobs.messages.reading.read_revision(terminal, session, key, revision)
