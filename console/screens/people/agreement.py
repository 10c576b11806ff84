"""What a change of an ID does, item by item before and after, and the second person who agrees with ID and PIN."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar, Final

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import jobs
from console.jobs.people.deeds import DRAWING
from console.keys import HELP, LANGUAGE, LOCK, LOG_OFF, Key
from console.screens.base import ConsoleScreen
from console.widgets.field import PinField, TextField
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces
from console.widgets.surface import FieldLabel, Surface, Surround
from console.widgets.text import Ink, fit, width_of, wrap

if TYPE_CHECKING:
    from console.jobs.people.changes import ChangePlan
    from console.jobs.people.telling import ItemChange
    from console.session import Session
    from console.terminal import Terminal

_ITEM: Final = 19
_LEAST: Final = 12  # cells of what is before, whose head is as wide as this at least
_MARGIN: Final = 3
_LONGEST_ID: Final = 32
_LONGEST_PIN: Final = 128
_SHORTEST_PIN: Final = 8  # digits, by the rule for PINs
_BACK: Final = Key("escape", "Esc", "back", "cancel")
_AGREE: Final = Key("", "Enter", "enter", "agree")
_ALONE: Final = Key("", "Enter", "enter", "register_alone")


class AgreementScreen(ConsoleScreen):
    """Shows what `plan` does, and does it when a second person agrees; `done` gets where a one-time code is, or None.

    Both sit at one terminal: the second person reads the same lines as the first, before the PIN is typed.
    """

    NAME = "agreement"
    help_topic = "agreement"
    # Priority bindings, as on the login screen: in a burst the PIN falls into no field that can be read.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "next_field", show=False, priority=True),
        Binding("shift+tab,up", "previous_field", show=False, priority=True),
        Binding("enter", "enter", show=False, priority=True),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    AgreementScreen #second { height: auto; width: 1fr; layout: vertical; }
    AgreementScreen .entry { height: 1; width: 1fr; layout: horizontal; margin-left: 3; }
    AgreementScreen .entry FieldLabel { width: 19; }
    AgreementScreen .entry TextField { width: 36; }
    """

    def __init__(self, plan: "ChangePlan", done: Callable[[str | None], object]) -> None:
        super().__init__()
        self.plan = plan
        self._done = done

    def compose(self) -> ComposeResult:
        """Lay out what changes, and the fields of the second person where there is anybody to agree."""
        yield HeadLine()
        yield PlanPage(id="plan")
        with Surround(id="second"):
            if not self.plan.alone:
                with Surround(classes="entry"):
                    yield FieldLabel("people.second_id")
                    yield TextField(id="second-id", longest=_LONGEST_ID, takes=str.isascii)
                with Surround(classes="entry"):
                    yield FieldLabel("people.second_pin")
                    yield PinField(id="second-pin", longest=_LONGEST_PIN)
        yield self.notice
        yield FootLine(
            (_ALONE if self.plan.alone else _AGREE, _BACK), everywhere=(HELP, LANGUAGE, LOCK, LOG_OFF), typed=True
        )

    def on_mount(self) -> None:
        """Wait for the second person."""
        if not self.plan.alone:
            self.set_focus(self._second_id)

    @property
    def _second_id(self) -> TextField:
        return self.query_one("#second-id", TextField)

    @property
    def _pin(self) -> PinField:
        return self.query_one("#second-pin", PinField)

    def action_next_field(self) -> None:
        """Go to the other field."""
        if not self.plan.alone:
            self.set_focus(self._pin if self.focused is self._second_id else self._second_id)

    def action_previous_field(self) -> None:
        """Go to the other field."""
        self.action_next_field()

    def action_enter(self) -> None:
        """Go from the ID to the PIN; leave the key to the field of the PIN. Who is alone registers by it."""
        if self.plan.alone:
            self._make(None, None)
        elif self.focused is self._second_id:
            self.set_focus(self._pin)
        else:
            # The field handles its keys in their order, so Enter submits everything that was typed before it.
            raise SkipAction

    def on_text_field_changed(self, event: TextField.Changed) -> None:
        """Empty the field of the ID when it has the shape of a PIN: somebody typed before the screen was there."""
        typed = event.field.value
        if not isinstance(event.field, PinField) and typed.isdigit() and len(typed) >= _SHORTEST_PIN:
            event.field.clear()
            self.say("note", "people.pin_in_id")

    def on_text_field_submitted(self, event: TextField.Submitted) -> None:
        """Do the change, if both fields are filled in."""
        if event.field is not self._pin:
            return
        # Taken out of the field at once, so that the PIN stays in no widget.
        person_id, pin = self._second_id.value, self._pin.take()
        if not person_id or not pin:
            self.say("note", "login.both_wanted")
            self.set_focus(self._pin if person_id else self._second_id)
            return
        self._make(person_id, pin)

    def _make(self, person_id: str | None, pin: str | None) -> None:
        # What is typed while the PIN is checked belongs to no field, and nothing is asked for twice.
        self._lock(locked=True)
        self.say("note", "login.checking")
        self.work(partial(_make, plan=self.plan, person_id=person_id, pin=pin), self._made, self._refused)

    def _made(self, code_file: str | None) -> None:
        self._done(code_file)

    def _refused(self, error: Exception) -> None:
        self._lock(locked=False)
        if not self.plan.alone:
            self.set_focus(self._pin)
        self.show_error(error)

    def _lock(self, *, locked: bool) -> None:
        if not self.plan.alone:
            self._second_id.locked = self._pin.locked = locked

    def action_back(self) -> None:
        """Give it up: nothing was done."""
        self.dismiss()


class PlanPage(Surface):
    """The change: each item before and after, what follows from it, and who has to agree."""

    DEFAULT_CSS = "PlanPage { height: 1fr; width: 1fr; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the page."""
        screen = self.screen
        ink = self.ink().put(" ")
        # Built anew for each line, as the language has it now: there are few.
        lines: Sequence[Pieces] = list(self._lines(screen.plan)) if isinstance(screen, AgreementScreen) else ()
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self, plan: "ChangePlan") -> Iterator[Pieces]:
        words, palette = self.words, self.palette
        change = plan.change
        yield [(jobs.people.telling.question(words, change.deed, change.person_id), palette["strong"])]
        yield []
        items = jobs.people.telling.items(words, plan)
        room = self.size.width - _ITEM - _MARGIN
        # What is before takes what it needs, and the half where both are long.
        former = min(room // 2, max(_LEAST, 2 + max(width_of(item.before) for item in items)))
        heads = zip(("item_head", "before", "after"), (_ITEM, former, room - former), strict=True)
        yield [("  ", None), *((fit(words(f"people.{name}"), cells), palette["column"]) for name, cells in heads)]
        for item in items:
            yield from self._item(item, former, room - former)
        yield []
        for text in self._consequences(plan):
            yield from ([(f"  {line}", None)] for line in wrap(text, self.size.width - 4))

    def _item(self, item: "ItemChange", former: int, latter: int) -> Iterator[Pieces]:
        """Yield an item in as many lines as its longer text takes: nobody agrees to what was cut off."""
        palette, changes = self.palette, item.changes
        # What changes is seen: by a sign as well, since some terminals have neither bold nor colour.
        marks = ("* " if changes else "  ", item.label), ("  ", "")
        texts = zip_longest(wrap(item.before, former - 1), wrap(item.after, latter - 1), fillvalue="")
        for at, (before, after) in enumerate(texts):
            mark, label = marks[min(at, 1)]
            yield [
                (mark, palette["attention"]),
                (fit(label, _ITEM), palette["faint"]),
                (fit(before, former), palette["faint"]),
                (after, palette["strong"] if changes else palette["faint"]),
            ]

    def _consequences(self, plan: "ChangePlan") -> Iterator[str]:
        words = self.words
        yield words(f"people.consequence.{plan.change.deed}")
        yield ""
        yield words("people.alone" if plan.alone else "people.second_wanted")


def _make(
    terminal: "Terminal", session: "Session", *, plan: "ChangePlan", person_id: str | None, pin: str | None
) -> str | None:
    """Do the change; return where in the terminal's directory a one-time code is, None where none is drawn."""
    people, change = jobs.people, plan.change
    second = None if person_id is None or pin is None else people.logon.SecondPerson(person_id, pin, "screen")
    if change.deed not in DRAWING:
        people.changes.make(terminal, session, change, second=second)
        return None
    # Into a file and not onto this screen, before which the officer sits who must not read it.
    hand_over = people.codes.writing(terminal, change.person_id)
    people.changes.make(terminal, session, change, second=second, hand_over=hand_over)
    return str(people.codes.file_of(terminal, change.person_id).relative_to(terminal.home))
