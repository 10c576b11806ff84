"""The form of an entry (入力): asks for what the rules want, checks it while it is typed, and queues the result.

The same form corrects a returned message and replaces one that has left. What is typed lives only in the draft on this
screen: the lock covers it, and a log-off drops it with the screen.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.keys import ENTRY, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.screens.entry.hint import Hint
from console.screens.entry.summary import SummaryScreen
from console.screens.messages.characters import CharactersScreen
from console.screens.messages.naming import Naming
from console.screens.messages.titles import EntryTitle
from console.widgets.choices import Choices
from console.widgets.form import Form, Row
from console.widgets.frame import FootLine, HeadLine
from store.message import tables
from store.message.entry.typed import read_typed, show_typed
from store.message.groups import value_at

if TYPE_CHECKING:
    from rich.style import Style

    from console.jobs.entry.draft import Draft, DraftItem

# How wide the field of an item is by its shape, in cells; shapes that are not listed take all the room there is.
_WIDTHS: Final = {"day": 20, "paper_date": 20, "moment": 20, "number": 16, "word": 34}
_FEWEST_ROWS: Final = 13  # of the form: as many as a screen of 24 lines leaves
_FRAME_ROWS: Final = 11  # head, title, a blank line, hint, notice and foot
# The shapes of items that are chosen from a list of codes instead of typed.
_CHOSEN: Final = frozenset({"code", "codes", "yes_no"})
_YES_NO: Final = {"true": True, "false": False}


class EntryScreen(ConsoleScreen):
    """Asks for the items of `draft`; `done` is called with the references when they are in the queue.

    `event` is the event that the entry began with; `reason` is why the message was returned.
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
    ) -> None:
        super().__init__()
        self.draft = draft
        self._title = EntryTitle(draft, event=event, reason=reason)
        self._done = done
        self._everything = False
        self._items: dict[str, DraftItem] = {}
        # The items that the cursor has left once: what is still being typed is not shown as wrong.
        self._visited: set[str] = set()
        self._choices: Choices | None = None

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
        self._go_to_first(lambda item: item.wanted)
        # Moving there left the first row, which nobody has answered yet.
        self._visited.clear()

    def on_screen_resume(self) -> None:
        """Lay the form out again: keys that came while another screen was closing moved its field unseen."""
        self.call_after_refresh(self.form.refresh, layout=True)

    @property
    def form(self) -> Form:
        """The form."""
        return self.query_one("#form", Form)

    @property
    def item(self) -> "DraftItem | None":
        """The item under the cursor."""
        row = self.form.row
        return None if row is None else self._items.get(row.key)

    @property
    def choices(self) -> Choices | None:
        """The codes of the item under the cursor, if it is chosen from a list."""
        return self._choices

    @property
    def naming(self) -> Naming:
        """The names for the item under the cursor."""
        return self._naming(self.item)

    def visited(self, item: "DraftItem") -> bool:
        """Tell whether the cursor has left the item before."""
        return item.key in self._visited

    def label(self, item: "DraftItem") -> str:
        """Return what an item is called; the day of an ex-officio change is named after its cause (死亡の日)."""
        cause = value_at(self.draft.records[item.places[0][0]], "basis.cause") if item.field == "basis.date" else None
        entry = tables.causes().at(str(cause), self.draft.day)
        if entry is not None:
            return entry.day_ja if self.words.language == "ja" else entry.day_en.capitalize()
        return self._naming(item).label(item.field if item.section is not None else item.key)

    def _naming(self, item: "DraftItem | None") -> Naming:
        kind = str(self.draft.records[0]["kind"]) if item is None else item.kind
        return Naming(self.words, kind, self.draft.day)

    # The rows

    def _show(self) -> None:
        # Which items are asked for follows from the answers so far, so all rows are built again after each.
        self._items = {item.key: item for item in self.draft.items(everything=self._everything)}
        self.form.show(list(self._rows()))
        self._divide()
        self.query_one("#hint").refresh()

    def on_resize(self) -> None:
        """Divide the room between the form and the hint again."""
        self._divide()

    def _divide(self) -> None:
        """Keep the hint right below the rows on a high screen, and in its usual place on a low one."""
        most = max(_FEWEST_ROWS, self.size.height - _FRAME_ROWS)
        self.form.styles.height = min(most, max(_FEWEST_ROWS, len(self.form.rows) + 1))

    def _rows(self) -> Iterator[Row]:
        # The draft gives what the messages have in common first, then each message's own items, under its heading.
        section = None
        for item in self._items.values():
            if item.section != section:
                section = item.section
                yield Row(label=self.words.name("kinds", item.kind))
            yield self._row(item)

    def _row(self, item: "DraftItem") -> Row:
        chosen = item.shape in _CHOSEN
        text = item.value if isinstance(item.value, str) else ""
        typed = "" if chosen else show_typed(text, item.shape)
        naming = self._naming(item)
        mark, style = self._mark(item)
        return Row(
            label=self.label(item),
            key=item.key,
            typed=typed,
            shown=typed if not chosen else "" if item.value is None else naming.value(item.field, item.value),
            note=naming.era(item.field, text) if item.shape in ("day", "paper_date") else "",
            mark=mark,
            mark_style=style,
            width=_WIDTHS.get(item.shape),
            chosen=chosen,
        )

    def _mark(self, item: "DraftItem") -> "tuple[str, Style | None]":
        # The sign says in a character what its colour says as well.
        palette = self.console_app.palette
        if item.wanted:
            return "*", palette["trouble" if self.visited(item) else "key"]
        if item.faulty:
            return "!", palette["trouble" if self.visited(item) else "attention"]
        return ("?", palette["attention"]) if item.findings else (" ", None)

    # What the form asks of its screen (`FormHost`)

    def typed(self, key: str, text: str) -> None:
        """Take what is in the field now."""
        item = self._items[key]
        if item.shape not in _CHOSEN:
            self._answer(item, read_typed(text, item.shape))
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

    def left(self, key: str) -> None:
        """Show from now on what is wrong with the item."""
        self._visited.add(key)
        self._show()

    def arrived(self, key: str) -> None:
        """Prepare the codes of the item, if it is chosen from a list."""
        item = self._items.get(key)
        self._choices = None
        if item is not None and item.shape in _CHOSEN:
            self._choices = Choices(
                self._codes(item),
                lambda code: self._naming(item).value(item.field, _plain(code)),
                lambda code: self._naming(item).other(item.field, code),
            )
            self._choices.mark(_code(item.value))
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

    def _codes(self, item: "DraftItem") -> tuple[str, ...]:
        return tuple(_YES_NO) if item.shape == "yes_no" else self.draft.codes(item)

    def _take(self, item: "DraftItem", code: str | None) -> None:
        if item.shape == "yes_no":
            self._answer(item, None if code is None else _YES_NO[code])
        elif item.shape == "codes" and code is not None:
            # A code that is there is taken out, another one is put in. The order is that of the list, not of the keys.
            before = list(item.value or ())
            after = [listed for listed in self.draft.codes(item) if (listed in before) != (listed == code)]
            self._answer(item, after)
        else:
            self._answer(item, code)

    def _answer(self, item: "DraftItem", value: object) -> None:
        self.notice.clear()
        self.draft.answer(item, value)

    # Keys

    def action_finish(self) -> None:
        """Show the summary, or the first item that is still missing or wrong."""
        # Nothing is still being typed when somebody wants to finish: now everything that is wrong is shown.
        self._visited.update(self._items)
        self._show()
        if not self.draft.faulty:
            self.app.push_screen(SummaryScreen(self.draft, self._agreed))
            return
        self._go_to_first(lambda item: item.faulty)
        faulty = sum(item.faulty for item in self._items.values())
        self.say("note", "entry.faulty", count=faulty)

    def _go_to_first(self, suits: "Callable[[DraftItem], bool]") -> None:
        key = next((item.key for item in self._items.values() if suits(item)), None)
        if key is not None:
            self.form.go_to(key)

    def _agreed(self) -> None:
        self.work(self.draft.submit, self._submitted)

    def _submitted(self, references: Sequence[str]) -> None:
        # Closed first: `done` may close the screen below as well.
        self.dismiss()
        self._done(references)

    def action_all_items(self) -> None:
        """Show all items that may be there, or only those that are asked for."""
        self._everything = not self._everything
        self._show()
        self.say("note", "entry.all" if self._everything else "entry.few")

    def action_characters(self) -> None:
        """Show the characters of the names one by one."""
        self.app.push_screen(CharactersScreen(self.draft.records[0]))

    def action_take_seiji(self) -> None:
        """Put the 正字 of the notice in the place of other forms in the name under the cursor."""
        item = self.item
        mend = None if item is None else next((finding.mend for finding in item.findings if finding.mend), None)
        if item is None or mend is None:
            self.say("note", "entry.no_seiji")
            return
        self._answer(item, mend(str(item.value)))
        self._show()
        # The field as well: what is typed next goes on from there.
        self.form.retype()
        self.say("note", "entry.seiji")

    def action_back(self) -> None:
        """Drop the draft, after a question if something was entered."""
        if self.draft.changed:
            self._ask_to_lose("drop", self._dropped)
        else:
            self.dismiss()

    def _ask_to_lose(self, way: str, then: Callable[[str | None], None]) -> None:
        """Ask before what was entered is lost: that cannot be taken back."""
        asked = QuestionDialog(
            lambda words: words(f"entry.ask.{way}"), f"entry.deed.{way}", destroys=True, back="back_to_form"
        )
        self.app.push_screen(asked, then)

    def _dropped(self, answer: str | None) -> None:
        if answer is not None:
            self.dismiss()

    def action_log_off(self) -> None:
        """Log off, after a question if something was entered: it would be lost."""
        if self.draft.changed:
            self._ask_to_lose("log_off", self._leaving)
        else:
            self.console_app.action_log_off()

    def _leaving(self, answer: str | None) -> None:
        if answer is not None:
            self.console_app.action_log_off()


def _code(value: object) -> str | None:
    """Return the code of a value in a list of codes: yes and no are listed as words."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else None


def _plain(code: str) -> object:
    return _YES_NO.get(code, code)
