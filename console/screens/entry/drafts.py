"""Drafts (下書き): the entries that this person has begun and not registered, to go on with or to discard."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import DRAFTS, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.screens.entry.form import EntryScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.options import Option, Options
from console.widgets.surface import OneLine
from console.widgets.text import Ink, fit
from store import clock
from store.message import tables

if TYPE_CHECKING:
    from console.jobs.entry.draft import Draft
    from console.jobs.entry.keeping import DraftLine
    from console.session import Session
    from console.terminal import Terminal

_NAME: Final = 24
_OLD: Final = 7  # days after which a draft says how old it is


class DraftsScreen(ConsoleScreen):
    """Shows the drafts of this person. It closes when there is none any more."""

    NAME = "drafts"
    help_topic = "entry"
    KEYS: ClassVar[Sequence[Key]] = DRAFTS
    BINDINGS: ClassVar[list[BindingType]] = bindings(DRAFTS)
    DEFAULT_CSS = "DraftsScreen #options { margin-top: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._drafts: Sequence[DraftLine] = ()

    def compose(self) -> ComposeResult:
        """Lay out the title and the list."""
        yield HeadLine()
        yield DraftsTitle(id="title")
        yield Options(id="options")
        yield self.notice
        yield FootLine(DRAFTS)

    def on_mount(self) -> None:
        """Take the keys."""
        self.set_focus(self._list)

    def on_screen_resume(self) -> None:
        """Read the drafts anew: the form has changed them."""
        # Also after the lock: somebody may have gone on with one of them at another terminal.
        self.look("drafts", _read, self._show)

    @property
    def _list(self) -> Options:
        return self.query_one("#options", Options)

    def _show(self, drafts: "Sequence[DraftLine]") -> None:
        # The last one was registered or discarded: an empty list would only cost a key.
        if not drafts and self._drafts and self.in_hand:
            self.dismiss()
            return
        self._drafts = drafts
        here = self._list.current
        self._list.show(lambda: list(self._options()), here)

    def _options(self) -> Iterator[Option]:
        words, now = self.words, clock.now()
        for draft in self._drafts:
            # A draft that lies for weeks is forgotten: what it says of the person may be out of date.
            days = (clock.day_in_japan(now) - clock.day_in_japan(draft.saved_at)).days
            age = "  " + words("entry.drafts.age", days=days) if days > _OLD else ""
            name = fit(draft.name or words("entry.drafts.nameless"), _NAME)
            missing = words("entry.drafts.missing", count=draft.missing)
            yield Option(draft.uid, f"{words.time(draft.saved_at)}  {name}  {self._about(draft)}", missing + age)

    def _about(self, draft: "DraftLine") -> str:
        event = tables.events().at(draft.event or "", clock.day_in_japan(clock.now()))
        if event is not None:
            return event.name(self.words.language)
        # A correction has no event of its own: it is known by the message that it corrects.
        return self.words(f"entry.{draft.purpose}") + (f" {draft.target}" if draft.target else "")

    def on_options_chosen(self, event: Options.Chosen) -> None:
        """Open the form with a draft."""
        self.notice.clear()
        self.work(partial(_resume, uid=event.code), self._open)

    def _open(self, draft: "Draft") -> None:
        # The form keeps what it saves under the same name, so that going on makes no second draft.
        def closed(_nothing: None) -> None:
            # The claim to edit begins with the form and ends with it.
            if draft.number is not None:
                self.work(partial(_end_edit, number=draft.number), lambda _done: None)

        self.app.push_screen(EntryScreen(draft, self._entered), closed)

    def _entered(self, references: Sequence[str]) -> None:
        self.say("done", "entry.done", references=" ".join(dict.fromkeys(references)))

    def action_destroy(self) -> None:
        """Discard the draft under the cursor, after a question: that cannot be taken back."""
        draft = next((each for each in self._drafts if each.uid == self._list.current), None)
        if draft is None:
            return
        name, about = draft.name, self._about(draft)
        asked = QuestionDialog(
            lambda words: words("entry.ask.discard", name=name or words("entry.drafts.nameless"), event=about),
            "entry.deed.drop",
            destroys=True,
        )
        self.app.push_screen(asked, partial(self._discarded, draft.uid))

    def _discarded(self, uid: str, answer: str | None) -> None:
        if answer is not None:
            self.work(partial(_discard, uid=uid), lambda _done: self.on_screen_resume())

    def action_back(self) -> None:
        """Go back to the work of today."""
        self.dismiss()


class DraftsTitle(OneLine):
    """The line that says whose drafts these are."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        return self.ink().put(" ").put(self.words("entry.drafts.title"), self.palette["strong"])


def _read(terminal: "Terminal", session: "Session") -> "Sequence[DraftLine]":
    return jobs.entry.keeping.mine(terminal, session)


def _resume(terminal: "Terminal", session: "Session", *, uid: str) -> "Draft":
    return jobs.entry.keeping.resume(terminal, session, uid)


def _discard(terminal: "Terminal", session: "Session", *, uid: str) -> bool:
    return jobs.entry.keeping.discard(terminal, session, uid)


def _end_edit(terminal: "Terminal", session: "Session", *, number: int) -> None:
    jobs.messages.claims.end_edit(terminal, session, number)
