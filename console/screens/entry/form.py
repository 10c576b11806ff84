"""The form of an entry (入力): asks for what the rules want, checks it while it is typed, and queues the result.

The same form corrects a returned message and replaces one that has left. What is typed is kept as a draft (下書き)
until it is registered or discarded: the lock covers it, and a log-off leaves it to go on with.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import jobs
from console.keys import ENTRY, Key, bindings
from console.screens.dialogs import KEPT, LeavingDialog, QuestionDialog
from console.screens.entry.choosing import code_of, codes_for, plain, proposal, with_code
from console.screens.entry.hint import Hint
from console.screens.entry.look_up import IDENTIFYING, LookUp
from console.screens.entry.rows import CHOSEN, ItemRows
from console.screens.entry.saving import Saving
from console.screens.entry.summary import SummaryScreen
from console.screens.filling_in import FormScreen
from console.screens.messages.characters import CharactersScreen
from console.screens.messages.titles import EntryTitle
from console.widgets.choices import Choices
from console.widgets.form import Form
from console.widgets.frame import FootLine, HeadLine
from store import clock
from store.message.entry.typed import read_typed

if TYPE_CHECKING:
    from console.jobs.entry.draft import Draft
    from console.jobs.entry.items import DraftItem
    from console.jobs.entry.known import Known
    from console.session import Session
    from console.terminal import Terminal

_FEWEST_ROWS: Final = 13  # of the form: as many as a screen of 24 lines leaves
_FRAME_ROWS: Final = 11  # head, title, a blank line, hint, notice and foot


class EntryScreen(FormScreen):
    """Asks for the items of `draft`; `done` is called with the references when they are in the queue.

    `event` is the event that the entry began with; `reason` is why the message was returned. `again` is called in the
    place of `done` when the person goes on with another entry for the same event.
    """

    NAME = "entry"
    help_topic = "entry"
    KEYS: ClassVar[Sequence[Key]] = ENTRY
    # F10 is the screen's own here, not the application's: it asks before an entry is lost.
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ENTRY), Binding("f10", "log_off", show=False)]
    DEFAULT_CSS = "EntryScreen Form { margin-top: 1; }"

    def __init__(
        self,
        draft: "Draft",
        done: Callable[[Sequence[str]], None],
        *,
        event: str | None = None,
        reason: str | None = None,
        again: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        super().__init__()
        self.draft = draft
        self._saving = Saving(self, draft, self._kept)
        self._title = EntryTitle(draft, self._saving, event=event or draft.event, reason=reason)
        self._done = done
        self._again = again
        self._goes_on = False
        self._everything = False
        self._items: dict[str, DraftItem] = {}
        # The items that the cursor has left once: what is still being typed is not shown as wrong.
        self._visited: set[str] = set()
        self._choices: Choices | None = None
        self._look_up = LookUp(self, draft, self._take_known)

    def compose(self) -> ComposeResult:
        """Lay out the title, the form, and the hint about the current item."""
        yield HeadLine()
        yield self._title
        yield Form(id="form")
        yield Hint(self, id="hint")
        yield self.notice
        yield FootLine(ENTRY, typed=True)

    def on_mount(self) -> None:
        """Ask for the first item that is wanted."""
        # The form has one field, which moves with the cursor: the focus never changes.
        self.set_focus(self.form.editor)
        self._show()
        self._go_to_first(lambda item: item.wanted or item.refused)
        # Moving there left the first row, which nobody has answered yet.
        self._visited.clear()

    def on_screen_suspend(self) -> None:
        """Save what was typed: the lock or another screen lies above the form now."""
        self._saving.now()

    def _kept(self) -> None:
        self._title.refresh()

    @property
    def item(self) -> "DraftItem | None":
        """The item under the cursor."""
        row = self.form.row
        return None if row is None else self._items.get(row.key)

    @property
    def choices(self) -> Choices | None:
        """The codes of the item under the cursor, if it is chosen from a list."""
        return self._choices

    def visited(self, item: "DraftItem") -> bool:
        """Tell whether the cursor has left the item before."""
        return item.key in self._visited

    def label(self, item: "DraftItem") -> str:
        """Return what an item is called."""
        return self.rows.label(item)

    @property
    def rows(self) -> ItemRows:
        """What makes the rows, in the current language and for the present width."""
        return ItemRows(self.draft, self.words, self.console_app.palette, self.size.width, self.visited)

    # The rows

    def _show(self) -> None:
        # Which items are asked for follows from the answers so far, so all rows are built again after each.
        self._items = {item.key: item for item in self.draft.items(everything=self._everything)}
        self.form.show(list(self.rows.rows(self._items.values())))
        self._divide()
        self.query_one("#hint").refresh()

    def on_resize(self) -> None:
        """Divide the room between the form and the hint again."""
        self._divide()

    def _divide(self) -> None:
        """Keep the hint right below the rows on a high screen, and in its usual place on a low one."""
        most = max(_FEWEST_ROWS, self.size.height - _FRAME_ROWS)
        self.form.styles.height = min(most, max(_FEWEST_ROWS, len(self.form.rows) + 1))

    # What the form asks of its screen (`FormHost`)

    def typed(self, key: str, text: str) -> None:
        """Take what is in the field now."""
        item = self._items[key]
        if item.shape not in CHOSEN:
            self._answer(item, read_typed(text, item.shape, clock.day_in_japan(clock.now())))
        elif self._choices is not None:
            self._find(item, self._choices, text)
        self._show()

    def picked(self, key: str, step: int) -> None:
        """Mark another code, which chooses it; where several can be chosen, Space (step 0) chooses the marked one."""
        item, choices = self._items[key], self._choices
        if choices is None:
            return
        # What was typed to search for a code ends with the choice of one.
        self.form.editor.value = ""
        if item.shape != "codes":
            choices.move(step or 1)
            self._take(item, choices.marked)
        elif step:
            choices.move(step)
        elif choices.marked is not None:
            self._take(item, choices.marked)
        self._show()

    def left(self, key: str) -> bool:
        """Show from now on what is wrong with the item; stay where what is typed matches no code."""
        if self._choices is not None and self.form.editor.value and self._choices.marked is None:
            self.say("note", "entry.choose")
            return False
        self._visited.add(key)
        # Who types without a pause would have nothing saved: a power failure takes no more than the field in hand.
        self._saving.now()
        self._look_up.left(self._items.get(key))
        self._show()
        return True

    # What is known of the person

    def _take_known(self, known: "Known") -> None:
        # On a page or a lock above the form nobody would see what was filled in.
        if self.in_hand:
            self.draft.take_known(known)
        else:
            self.draft.known = known
        if self.draft.changed:
            self._saving.soon()
        self._show()
        item = self.item
        if item is not None and item.standing == "filled":
            # The field and the codes as well: what is typed next takes their place.
            self.form.retype()
            self.arrived(item.key)
        standings = Counter(str(each.standing) for each in self._items.values())
        if standings["filled"]:
            self.say("note", "entry.known", count=standings["filled"])
        elif standings["differs"]:
            self.say("note", "entry.differ", count=standings["differs"])

    def action_pull(self) -> None:
        """Put in what was told last of the item in hand; where nothing is known yet, look the person up."""
        item = self.item
        if item is not None and item.latest is not None and item.standing != "same":
            self.draft.pull(item)
            self._saving.soon()
            self._show()
            self.form.retype()
            self.arrived(item.key)
            return
        identifying = [each for each in self._items.values() if each.field in IDENTIFYING and each.value]
        if not identifying:
            self.say("note", "entry.pull.no_number")
        elif self.draft.known is None:
            self._look_up.again(identifying[0])
        else:
            self.say("note", "entry.pull.nothing")

    def arrived(self, key: str) -> None:
        """Prepare the codes of the item, if it is chosen from a list."""
        item = self._items.get(key)
        self._choices = None
        if item is not None and item.shape in CHOSEN:
            self._choices = Choices(
                codes_for(self.draft, item),
                lambda code: self.rows.naming(item).value(item.field, plain(code)),
                lambda code: self.rows.naming(item).others(item.field, code),
            )
            self._choices.mark(code_of(item.value))
        self.query_one("#hint").refresh()

    def finished(self) -> None:
        """Go on from the last row."""
        self.action_finish()

    def reworded(self) -> None:
        """Show the rows in the current language."""
        self._show()

    def _find(self, item: "DraftItem", choices: Choices, text: str) -> None:
        """Choose by what is typed: a number at once, letters as a part of a code or name."""
        several, number = item.shape == "codes", choices.numbered and text.isdecimal()
        # Each letter would choose another code, or take one back: several are chosen by number or with Space.
        if several and text and not number:
            self.form.editor.value = ""
            return
        choices.find(text)
        self._take(item, choices.marked)
        # A number is done with; letters stay, because the next one narrows the search.
        if number:
            self.form.editor.value = ""

    def _take(self, item: "DraftItem", code: str | None) -> None:
        self._answer(item, with_code(self.draft, item, code))

    def _answer(self, item: "DraftItem", value: object) -> None:
        self.notice.clear()
        self.draft.answer(item, value)
        self._saving.soon()

    # Keys

    def action_finish(self) -> None:
        """Show the summary, or the first item that is still missing or wrong."""
        # Nothing is still being typed when somebody wants to finish: now everything that is wrong is shown.
        self._visited.update(self._items)
        self._show()
        if not self.draft.faulty:
            self.app.push_screen(SummaryScreen(self.draft, self._agreed, repeats=self._again is not None))
            return
        self._go_to_first(lambda item: item.faulty)
        faulty = sum(item.faulty for item in self._items.values())
        self.say("note", "entry.faulty", count=faulty)

    def _go_to_first(self, suits: "Callable[[DraftItem], bool]") -> None:
        key = next((item.key for item in self._items.values() if suits(item)), None)
        if key is not None:
            self.form.go_to(key)

    def _agreed(self, goes_on: bool) -> None:  # noqa: FBT001  # What the summary tells.
        self._goes_on = goes_on
        if not self.draft.for_other_person:
            self._saving.then(lambda: self.work(self.draft.submit, self._submitted))
            return
        # Nobody confirms this by pressing Enter once more: the number is typed again, by whoever looked at it.
        subject = self.draft.records[0].get("subject")
        asked = QuestionDialog(
            lambda words: words("entry.ask.other_person", reference=self.draft.target),
            "entry.deed.other_person",
            typed=True,
            back="back_to_form",
            check=lambda answer: None if answer == subject else "entry.ask.other_number",
        )
        self.app.push_screen(asked, self._confirmed)

    def _confirmed(self, answer: str | None) -> None:
        if answer is not None:
            submit = partial(self.draft.submit, other_person=True)
            self._saving.then(lambda: self.work(submit, self._submitted))

    def _submitted(self, references: Sequence[str]) -> None:
        # Closed first: `done` may close the screen below as well.
        self.dismiss()
        following = self._again if self._goes_on else None
        (following or self._done)(references)

    def action_all_items(self) -> None:
        """Show all items that may be there, or only those that are asked for."""
        self._everything = not self._everything
        self._show()
        self.say("note", "entry.all" if self._everything else "entry.few")

    def action_characters(self) -> None:
        """Show the characters of the names one by one."""
        self.app.push_screen(CharactersScreen(self.draft.records[0]))

    def action_take_seiji(self) -> None:
        """Put in what is proposed: 正字 for other forms, capitals for small letters, the beginning of an address."""
        item = self.item
        proposed = None if item is None else proposal(item, self._municipality, self.draft.day)
        if item is None or proposed is None:
            self.say("note", "entry.no_seiji")
            return
        value, comment = proposed
        self._answer(item, value)
        self._show()
        # The field as well: what is typed next goes on from there.
        self.form.retype()
        self.say("note", comment)

    @property
    def _municipality(self) -> str:
        return self.console_app.settings.municipality.code

    def action_back(self) -> None:
        """Leave the form, after a question if something was entered: it stays a draft, or is discarded."""
        if not self.draft.changed:
            self.dismiss()
            return
        asked = LeavingDialog(
            lambda words: words("entry.ask.drop"), "entry.deed.drop", "entry.deed.keep", back="back_to_form"
        )
        self.app.push_screen(asked, self._left)

    def _left(self, answer: str | None) -> None:
        if answer == KEPT:
            self._saving.then(self._close, saving=True)
        elif answer is not None:
            self._saving.then(lambda: self.work(self._discard, lambda _there: self._close()))

    def _close(self) -> None:
        self.dismiss()

    def _discard(self, terminal: "Terminal", session: "Session") -> bool:
        return jobs.entry.keeping.discard(terminal, session, self.draft.uid)

    def action_log_off(self) -> None:
        """Log off; what was entered stays a draft, after a question that says so."""
        if not self.draft.changed:
            self.console_app.action_log_off()
            return
        asked = QuestionDialog(lambda words: words("entry.ask.log_off"), "entry.deed.log_off", back="back_to_form")
        self.app.push_screen(asked, self._leaving)

    def _leaving(self, answer: str | None) -> None:
        if answer is not None:
            self._saving.then(self.console_app.action_log_off, saving=True)
