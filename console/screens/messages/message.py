"""The page of one message (内容): people read it, then approve or return it; they confirm a notice (確認票) here."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import MESSAGE, Key, bindings
from console.screens.dialogs import QuestionDialog
from console.screens.messages.characters import CharactersScreen
from console.screens.messages.message_list import name_of
from console.screens.messages.output import MessageOutput
from console.screens.messages.review import Review, allows, say_wrong_state
from console.screens.messages.revisions import RevisionScreen
from console.screens.messages.titles import MessageTitle
from console.steps import STEPS
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.words import Words
from store.message.states import CANCELLABLE, SENT, UNDOABLE, Direction, OutState, Step

if TYPE_CHECKING:
    from console.jobs.entry.draft import Draft
    from console.jobs.messages.listing import QueueRow
    from console.jobs.messages.pairs import CancelledEvent
    from console.jobs.messages.reading import MessageView
    from console.jobs.messages.review import Decided
    from console.session import Session
    from console.terminal import Terminal

# After these the next message of the list opens by itself; after others one looks at what came of them.
_GOES_ON: Final = frozenset(
    {Step.APPROVE, Step.GIVE_BACK, Step.HOLD, Step.WITHDRAW, Step.CALL_OFF, Step.CONFIRM, Step.PUT_ON_HOLD}
)
# What has left is never changed: another message that points at it replaces or cancels it.
_UNDOING: Final = frozenset({"replace_sent", "cancel_sent"})


class MessageScreen(MessageOutput):
    """Shows the message `key`; `hint` is the key of a text for the notice line.

    `along` returns the message that stands some rows after another one in the list that this page was opened from, or
    None beyond its ends. Both halves of a pair are shown and decided about, unless the message is to be `alone`.
    """

    NAME = "message"
    help_topic = "message"
    KEYS: ClassVar[Sequence[Key]] = MESSAGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(MESSAGE)
    DEFAULT_CSS = "MessageScreen #contents { margin-top: 1; }"

    def __init__(
        self,
        key: int,
        hint: str | None = None,
        along: Callable[[int, int], int | None] | None = None,
        *,
        alone: bool = False,
    ) -> None:
        super().__init__()
        self._key = key
        self._hint = hint
        self._along = along
        self._alone = alone
        self.shown: MessageView | None = None

    def compose(self) -> ComposeResult:
        """Lay out the title and the contents."""
        yield HeadLine()
        yield MessageTitle(self)
        yield TextPage(id="contents")
        yield self.notice
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
        self.look("message", self._fetch, self._show)

    def _fetch(self, terminal: "Terminal", session: "Session", *, address: bool = False) -> "MessageView":
        """Read the message and claim it for this session.

        This is called in a thread of the background, as is every method here that takes a terminal.
        """
        # `take`: a person who may decide about the message claims it while the page is open, and others only read it.
        return jobs.messages.reading.read(
            terminal, session, self._key, take=True, address=address, pair=not self._alone
        )

    def _show(self, view: "MessageView") -> None:
        # The page went on to another message meanwhile.
        if view.row.id != self._key:
            return
        before, self.shown = self.shown, view
        # Until now somebody else had the message; from now on the keys of the steps are offered.
        if before is not None and before.row.claim is not None and view.row.claim is None:
            self.say("note", "message.claim.over")
        self.query_one("#title").refresh()
        self.query_one("#foot").refresh()

        def build(width: int) -> Sequence[Pieces]:
            from console.screens.messages.message_lines import MessageLines

            return MessageLines(view, self.words, self.console_app.palette, width).lines()

        self._page.show(build)

    def _claimed(self) -> bool:
        """Return whether somebody else has claimed the message; if so, say who, and look whether the claim is over."""
        if self.shown is None or self.shown.row.claim is None:
            return False
        facts = {"reference": self.shown.row.claim.reference, "person": self.shown.row.claim.person}

        def text(words: Words) -> str:
            fault = words.fault("message_claimed", facts)
            return f"{fault.cause} {fault.remedy}"

        self.notice.say("note", text)
        # The claim may have ended since the page was read; the next key then works.
        self._read()
        return True

    def action_review(self, name: str) -> None:
        """Take the step `name` with the message, once its question is answered."""
        step = STEPS[Step(name)]
        if self.shown is None or self._claimed():
            return
        row, half = self.shown.row, self.shown.half if step.in_pairs else None
        findings = (*self.shown.findings, *(half.findings if half is not None else ()))
        if step.confirms_warnings and any(finding.severity == "error" for finding in findings):
            self.say("trouble", "message.approve_errors")
            return
        # The state does not tell whether the peer has read the message, so the question would promise too much.
        if step.step is Step.RESEND and not self._allows(step.step):
            say_wrong_state(self, row)
            return
        # This page shows the warnings, so going on confirms them.
        rows = (row,) if half is None else (row, half.row)
        warnings = sum(each.warnings for each in rows) if step.confirms_warnings else 0
        done, seen = partial(self._reviewed, step.step), {each.id: each.version for each in rows}
        other = None if half is None else row.pair
        Review(self, step, [each.id for each in rows], row, done, seen, warnings, half=other).ask()

    def action_split(self) -> None:
        """Show and decide about this half of a pair alone, or about both again; beside a correction, show the other."""
        beside = None if self.shown is None or self.shown.row.pair is not None else self.shown.beside
        if beside is not None:
            self.app.push_screen(MessageScreen(beside.id))
            return
        if self.shown is None or self.shown.row.pair is None:
            self.say("note", "queue.pair.none")
            return
        self._alone = not self._alone
        # The other half is free for others until both are read again.
        self._let_go()
        self._read()

    def _reviewed(self, step: Step, decided: "Decided | None") -> None:
        # Also after a refusal: somebody else may have changed the message that is on the screen.
        if not (decided and decided.count and step in _GOES_ON and self._go_along(1)):
            self._read()

    def _go_along(self, step: int) -> bool:
        """Show the message that stands `step` rows further in the list, if there is one."""
        key = None if self._along is None else self._along(self._key, step)
        if key is None:
            return False
        # Others may take it in hand as soon as this page has gone on.
        self._let_go()
        self._key, self.shown = key, None
        self._page.show(lambda _width: ())
        self.query_one("#title").refresh()
        self._read()
        return True

    def action_along(self, step: int) -> None:
        """Go on to the next message of the list, or back to the one before."""
        self.notice.clear()
        if not self._go_along(step):
            self.say("note", "message.no_more")

    def offers(self, key: Key) -> bool:
        """Show in the foot line what can be done with a message in this state."""
        # Until the message is read, nothing is known that would rule a key out.
        return super().offers(key) and (self.shown is None or self.fits(key))

    def fits(self, key: Key) -> bool:
        """Tell whether the message in this state can take the step of the key, or what else the key does."""
        return self._allows(key.step) if key.step is not None else self._possible(key.action)

    def _allows(self, step: Step) -> bool:
        """Return whether the message can take `step`, as far as this page knows; the job decides."""
        if self.shown is None or self.shown.row.claim is not None:
            return False
        row = self.shown.row
        # What the peer has read is put right by another message.
        if step is Step.RESEND and not self.shown.unread:
            return False
        # The first of the two persons who confirm a deletion cannot be the second.
        return allows(row, step) and not (step is Step.CONFIRM and self._is_own(row))

    def _possible(self, action: str) -> bool:
        """Return whether `action`, which is not a step of review, can be done with the message."""
        if self.shown is None:
            return False
        row, protected, beside = self.shown.row, self.shown.protected, self.shown.beside
        possible: dict[str, Callable[[], bool]] = {
            "revise": lambda: self._allows(Step.REVISE),
            "export": lambda: row.direction == Direction.OUT,
            "split": lambda: row.pair is not None or beside is not None,
            **dict.fromkeys(("show_address", "unprotect"), lambda: protected),
            "protect": lambda: row.direction == Direction.OUT and not protected,
            "cancel_event": lambda: self._may_cancel_event(row),
            "revisions": lambda: row.revision > 1,
        }
        if action in _UNDOING:
            return row.claim is None and row.direction == Direction.OUT and row.state in UNDOABLE
        if action.startswith("along"):
            return self._along is not None
        return possible.get(action, lambda: True)()

    def _may_cancel_event(self, row: "QueueRow") -> bool:
        other = None if self.shown is None else self.shown.partner
        if other is None or row.claim is not None:
            return False
        states = (row.state, other.state)
        right = jobs.messages.pairs.right_to_cancel(states)
        return CANCELLABLE.issuperset(states) and self.console_app.may(right)

    def _is_own(self, row: "QueueRow") -> bool:
        session = self.console_app.session
        return session is not None and row.author == session.person_id

    def action_person(self) -> None:
        """Show everything about the person of this message."""
        from console.screens.residents.person import PersonScreen

        self.notice.clear()
        self.app.push_screen(PersonScreen(self._key, MessageScreen))

    # Correcting and undoing

    def action_revise(self) -> None:
        """Correct a message that has not left: the form opens filled in, and the new revision is reviewed."""
        if self._refused("revise") or self.shown is None:
            return
        reason = self.shown.reason if self.shown.row.state == OutState.RETURNED else None
        self.work(self._draft_revision, lambda draft: self._open(draft, "entry.revised", reason))

    def _draft_revision(self, terminal: "Terminal", session: "Session") -> "Draft":
        return jobs.entry.draft.reopen(terminal, session, self._key)

    def action_replace_sent(self) -> None:
        """Enter a message that replaces this one, which has left."""
        if not self._refused("replace_sent"):
            self.work(self._draft_replacement, lambda draft: self._open(draft, "entry.done"))

    def _draft_replacement(self, terminal: "Terminal", session: "Session") -> "Draft":
        return jobs.entry.draft.replace(terminal, session, self._key)

    def action_cancel_sent(self) -> None:
        """Enter a message that cancels this one, which has left."""
        if self._refused("cancel_sent") or self.shown is None:
            return
        row = self.shown.row

        def text(words: Words) -> str:
            kind = words.name("kinds.short", row.kind)
            return words("entry.ask.cancel", reference=row.reference, kind=kind, name=name_of(row, words))

        self.app.push_screen(QuestionDialog(text, "entry.deed.cancel"), self._cancel_asked)

    def _cancel_asked(self, answer: str | None) -> None:
        if answer is not None:
            self.work(self._enter_cancellation, lambda reference: self._entered("entry.undone", [reference]))

    def _enter_cancellation(self, terminal: "Terminal", session: "Session") -> str:
        return jobs.messages.entry.cancel(terminal, session, self._key)

    def action_cancel_event(self) -> None:
        """Cancel this message and the other one of the same event."""
        if self._refused("cancel_event") or self.shown is None or self.shown.partner is None:
            return
        row, other = self.shown.row, self.shown.partner
        both = [(each.reference, "cancel" if each.state in SENT else "withdraw") for each in (row, other)]

        def text(words: Words) -> str:
            fates = (words(f"entry.fate.{fate}", reference=reference) for reference, fate in both)
            return "\n".join((words("entry.ask.cancel_event", name=name_of(row, words)), *fates))

        self.app.push_screen(QuestionDialog(text, "entry.deed.cancel_event"), self._event_asked)

    def _event_asked(self, answer: str | None) -> None:
        if answer is not None:
            self.work(self._cancel_event, self._event_cancelled)

    def _cancel_event(self, terminal: "Terminal", session: "Session") -> "CancelledEvent":
        return jobs.messages.pairs.cancel_event(terminal, session, self._key)

    def _event_cancelled(self, done: "CancelledEvent") -> None:
        self._read()
        self.say("done", "entry.event_cancelled", cancelling=len(done.cancelling), withdrawn=len(done.withdrawn))

    def _open(self, draft: "Draft", text: str, reason: str | None = None) -> None:
        """Open the form; `text` is the key of the notice that follows when the message is entered."""
        from console.screens.entry.form import EntryScreen

        self.notice.clear()
        self.app.push_screen(EntryScreen(draft, partial(self._entered, text), reason=reason), self._form_closed)

    # Also without a result: the claim to edit begins with the form and ends with it.
    def _form_closed(self, _nothing: None) -> None:
        self.work(self._end_edit, lambda _done: None)

    def _end_edit(self, terminal: "Terminal", session: "Session") -> None:
        """Let others edit the message again."""
        jobs.messages.claims.end_edit(terminal, session, self._key)

    def _entered(self, text: str, references: Sequence[str]) -> None:
        self._read()
        self.say("done", text, references=" ".join(references))

    def _refused(self, action: str) -> bool:
        """Return whether `action` cannot be done with the message now, and say so."""
        if self.shown is None or self._claimed():
            return True
        if self._possible(action):
            return False
        say_wrong_state(self, self.shown.row)
        return True

    def action_revisions(self) -> None:
        """Show what the message said before it was corrected."""
        if self.shown is not None and self._possible("revisions"):
            row = self.shown.row
            self.app.push_screen(RevisionScreen(self._key, row.reference, row.revision))

    def action_show_address(self) -> None:
        """Show an address that is hidden, until the page is read anew; the log has who saw it."""
        if self.shown is not None and self.shown.protected:
            # It may say that the address is hidden.
            self.notice.clear()
            self.look("message", partial(self._fetch, address=True), self._show)

    def action_protect(self) -> None:
        """Hide the address of this person in all messages (支援措置)."""
        self._ask_protection(ends=False)

    def action_unprotect(self) -> None:
        """Let the address be shown again."""
        self._ask_protection(ends=True)

    def _ask_protection(self, *, ends: bool) -> None:
        if self.shown is None or not self._possible("unprotect" if ends else "protect"):
            return
        row, ask, deed = self.shown.row, *(f"message.protection.{each}{'_end' * ends}" for each in ("ask", "deed"))
        asked = QuestionDialog(lambda words: words(ask, name=name_of(row, words)), deed)
        self.app.push_screen(asked, partial(self._protection_asked, ends))

    def _protection_asked(self, ends: bool, answer: str | None) -> None:  # noqa: FBT001  # Bound by `partial`.
        if answer is not None:
            done = "message.protection.ended" if ends else "message.protection.done"
            self.work(partial(self._protect, ends=ends), lambda _new: self._entered(done, ()))

    def _protect(self, terminal: "Terminal", session: "Session", *, ends: bool) -> bool:
        change = jobs.residents.protection.unprotect if ends else jobs.residents.protection.protect
        return change(terminal, session, self._key)

    def action_characters(self) -> None:
        """Show the characters of the texts one by one."""
        if self.shown is not None:
            self.app.push_screen(CharactersScreen(self.shown.record))

    def action_back(self) -> None:
        """Go back to the queue, and let others review or edit the message."""
        self._let_go()
        self.dismiss()

    def _let_go(self) -> None:
        """Let others review or edit what this page has in hand."""
        # A claim that stayed would keep others waiting until its lease ends.
        half = None if self.shown is None else self.shown.half
        keys = (self._key,) if half is None else (self._key, half.row.id)
        self.work(partial(_put_back, keys), lambda _done: None)


def _put_back(keys: Sequence[int], terminal: "Terminal", session: "Session") -> None:
    jobs.messages.claims.put_back(terminal, session, *keys)
