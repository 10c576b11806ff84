"""One message (内容): read it, then approve it or return it; confirm it (確認票) when it is a notice."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import MESSAGE, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.screens.messages.characters import CharactersScreen
from console.screens.messages.review import Review, possible
from console.screens.messages.revisions import RevisionScreen
from console.widgets.frame import FootLine, HeadLine, NoticeLine
from console.widgets.page import Pieces, TextPage
from console.widgets.surface import OneLine
from console.widgets.text import Ink
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.messages.draft import Draft
    from console.jobs.messages.listing import QueueRow
    from console.jobs.messages.reading import MessageView
    from console.jobs.messages.review import Decided
    from console.session import Session
    from console.terminal import Terminal

# What the table of steps says about keys: by their actions, which are called as the steps are.
_STEPS: Final = frozenset(
    {"approve", "give_back", "hold", "release", "resend", "withdraw", "revise", "confirm", "put_on_hold", "take_up"}
)
# One key for two actions each: one for what goes out, the other for what came in.
_WAYS: Final = {
    "approve": "out",
    "confirm": "in",
    "hold": "out",
    "put_on_hold": "in",
    "release": "out",
    "take_up": "in",
}
_UNDOING: Final = frozenset({"replace_sent", "cancel_sent"})


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
        yield TextPage(id="contents")
        yield NoticeLine()
        yield FootLine(MESSAGE)

    def on_mount(self) -> None:
        """Read the message."""
        self.set_focus(self._page)
        if self._hint is not None:
            self.say("note", self._hint)
        self._read()

    @property
    def _page(self) -> TextPage:
        return self.query_one("#contents", TextPage)

    def _read(self) -> None:
        key = self._key

        def job(terminal: "Terminal", session: "Session") -> "MessageView":
            return jobs.messages.reading.read(terminal, session, key, take=True)

        self.work(job, self._show)

    def _show(self, view: "MessageView") -> None:
        before, self.shown = self.shown, view
        if before is not None and before.row.claim is not None and view.row.claim is None:
            self.say("note", "message.claim.over")
        self.query_one("#title").refresh()
        self.query_one("#foot").refresh()

        def build(width: int) -> Sequence[Pieces]:
            from console.screens.messages.message_lines import MessageLines

            return MessageLines(view, self.words, self.console_app.palette, width).lines()

        self._page.show(build)

    def _claimed(self) -> bool:
        """Tell whether somebody else has it in hand; if so, say who, and look whether that is over by now."""
        if self.shown is None or self.shown.row.claim is None:
            return False
        facts = {"reference": self.shown.row.claim.reference, "person": self.shown.row.claim.person}

        def text(words: Words) -> str:
            fault = words.fault("message_claimed", facts)
            return f"{fault.cause} {fault.remedy}"

        self.notice.say("note", text)
        self._read()
        return True

    def action_approve(self) -> None:
        """Approve it; its warnings have been on this page."""
        if self.shown is None or self._claimed():
            return
        if any(finding.severity == "error" for finding in self.shown.findings):
            self.say("trouble", "message.approve_errors")
            return
        self._review("approve", self.shown.row.warnings)

    def action_confirm(self) -> None:
        """Confirm what a notice changes; a deletion wants a second person after this one."""
        self._review("confirm")

    def action_put_on_hold(self) -> None:
        """Put a notice on hold with a reason; what the first of two persons confirmed begins anew."""
        self._review("put_on_hold")

    def action_take_up(self) -> None:
        """Let a notice on hold be confirmed after all."""
        self._review("take_up")

    def action_give_back(self) -> None:
        """Return it with a reason."""
        self._review("give_back")

    def action_hold(self) -> None:
        """Hold it."""
        self._review("hold")

    def action_release(self) -> None:
        """Release it."""
        self._review("release")

    def action_resend(self) -> None:
        """Let it go out again, sealed anew: the peer has refused it unread."""
        if not self._refused("resend"):
            self._review("resend")

    def action_withdraw(self) -> None:
        """Take it back for good, with a reason: it will not be sent any more."""
        self._review("withdraw")

    def _review(self, step: str, warnings: int = 0) -> None:
        if self.shown is not None and not self._claimed():
            row = self.shown.row
            Review(self, step, [row.id], row, self._reviewed, {row.id: row.version}, warnings).ask()

    def _reviewed(self, _changed: "Decided") -> None:
        # Also when it was refused: somebody else may have changed what is on the screen.
        self._read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Obey a key that has two meanings by the way the message travels."""
        if self.shown is not None and self.shown.row.direction != _WAYS.get(action, self.shown.row.direction):
            return False
        return super().check_action(action, parameters)

    def offers(self, key: Key) -> bool:
        """Show in the foot line what can be done with a message in this state."""
        return super().offers(key) and (self.shown is None or self._possible(key.action))

    def _possible(self, action: str) -> bool:
        from store.message.states import UNDOABLE

        if self.shown is None:
            return False
        row = self.shown.row
        if row.claim is not None and action in _STEPS | _UNDOING:
            return False
        told = {
            "revisions": row.revision > 1,
            # What the peer has read is put right by another message.
            "resend": self.shown.unread,
            **dict.fromkeys(_UNDOING, row.direction == "out" and row.state in UNDOABLE),
        }
        if action in told:
            return told[action]
        if action not in _STEPS:
            return True
        # Who was the first of two persons is not the second.
        return possible(action, row) and not (action == "confirm" and self._is_own(row))

    def _is_own(self, row: "QueueRow") -> bool:
        session = self.console_app.session
        return session is not None and row.author == session.person_id

    # Correcting and undoing

    def action_revise(self) -> None:
        """Correct it, while it has not left: the form opens filled in, and a new revision is reviewed anew."""
        if self._refused("revise") or self.shown is None:
            return
        key, row = self._key, self.shown.row
        reason = self.shown.reason if row.state == "returned" else None

        def job(terminal: "Terminal", session: "Session") -> "Draft":
            return jobs.messages.draft.reopen(terminal, session, key)

        self.work(job, lambda draft: self._open(draft, "entry.revised", reason))

    def action_replace_sent(self) -> None:
        """Enter a message in place of this one, which has left."""
        if self._refused("replace_sent"):
            return
        key = self._key

        def job(terminal: "Terminal", session: "Session") -> "Draft":
            return jobs.messages.draft.replace(terminal, session, key)

        self.work(job, lambda draft: self._open(draft, "entry.done"))

    def action_cancel_sent(self) -> None:
        """Enter a message that cancels this one, which has left."""
        if self._refused("cancel_sent") or self.shown is None:
            return
        row = self.shown.row

        def text(words: Words) -> str:
            kind = words.name("kinds.short", row.kind)
            return words("entry.ask.cancel", reference=row.reference, kind=kind, name=row.name)

        self.app.push_screen(QuestionDialog(text), self._cancelled)

    def _cancelled(self, answer: str | None) -> None:
        if answer is None:
            return
        key = self._key

        def job(terminal: "Terminal", session: "Session") -> str:
            return jobs.messages.entry.cancel(terminal, session, key)

        self.work(job, lambda reference: self._entered("entry.undone", [reference]))

    def _open(self, draft: "Draft", told: str, reason: str | None = None) -> None:
        from console.screens.messages.entry_form import EntryScreen

        self.notice.clear()
        self.app.push_screen(
            EntryScreen(draft, lambda references: self._entered(told, references), reason=reason), self._let_edit
        )

    def _let_edit(self, _nothing: None) -> None:
        """Let others edit it again, now that the form is closed."""
        key = self._key

        def job(terminal: "Terminal", session: "Session") -> None:
            jobs.messages.claims.end_edit(terminal, session, key)

        self.work(job, lambda _done: None)

    def _entered(self, told: str, references: Sequence[str]) -> None:
        self._read()
        self.say("done", told, references=" ".join(references))

    def _refused(self, action: str) -> bool:
        """Say so when this cannot be done with a message in this state, or in somebody else's hands."""
        if self._claimed():
            return True
        if self.shown is None or self._possible(action):
            return self.shown is None
        row = self.shown.row
        self.notice.say(
            "note",
            lambda words: words("queue.note.wrong_state", state=words.name(f"states.{row.direction}", row.state)),
        )
        return True

    def action_revisions(self) -> None:
        """Show what it said before it was corrected."""
        if self.shown is not None and self._possible("revisions"):
            row = self.shown.row
            self.app.push_screen(RevisionScreen(self._key, row.reference, row.revision))

    def action_characters(self) -> None:
        """Show the characters of the texts one by one."""
        if self.shown is not None:
            self.app.push_screen(CharactersScreen(self.shown.record))

    def action_back(self) -> None:
        """Go back to the queue, and let others have the message."""
        key = self._key

        def job(terminal: "Terminal", session: "Session") -> None:
            jobs.messages.claims.put_back(terminal, session, key)

        self.work(job, lambda _done: None)
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
        ink.put(self.words.name("states", f"{row.direction}.{row.state}"), self.palette["key"])
        if row.claim is None:
            return ink
        task = row.claim.task if row.claim.reference == row.reference else "same_person"
        told = self.words(f"message.claim.{task}", person=row.claim.person)
        return ink.put("   ").put(told, self.palette["attention"])
