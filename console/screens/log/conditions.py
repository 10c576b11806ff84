"""The form of the log (条件): the ready questions by their numbers, and conditions that are combined freely."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from console import jobs
from console.errors import SearchUnclear
from console.keys import ABOVE_OTHERS, HELP, LANGUAGE, LOCK, Key, above
from console.screens.base import ConsoleScreen, Dialog
from console.screens.dialogs import Box, Complaint
from console.screens.log.wording import period_in_words
from console.widgets.field import TextField
from console.widgets.frame import FootLine
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit
from console.words import Words
from store.log.questions import Question

if TYPE_CHECKING:
    from textual.widget import Widget

    from console.jobs.log.conditions import Conditions
    from console.session import Session
    from console.terminal import Terminal
    from store.log import LogFilter

# In the order of the form, which is that of what auditors ask: when, who, what, how it ended, about what.
FIELDS: Final = ("period", "person", "event", "result", "object")
_QUESTIONS: Final = MappingProxyType({str(number): question for number, question in enumerate(Question, 1)})
# No question but the way back to all entries, beside the questions because it is as common.
_EVERYTHING: Final = "0"
_IN_A_LINE: Final = 3
# Longer than any name of an event, and short enough that the kept form stays small.
_LONGEST: Final = 60
_SEARCH: Final = Key("enter", "Enter", "enter", "ask_log")
_CANCEL: Final = Key("escape", "Esc", "back", "cancel")


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What a person wants to see: what the form held, and the question that was asked or the filter that it means."""

    typed: "Conditions"
    question: Question | None = None
    chosen: "LogFilter | None" = None


class ConditionSheet(Dialog[FormAnswer | None]):
    """Asks what the log is to show, beginning with what was `typed` last. Its result is None when it was cancelled.

    It opens on the questions, so that a digit asks one for the period in the form.
    """

    NAME = "conditions"
    DEFAULT_CSS = """
    ConditionSheet #box { height: auto; width: 1fr; layout: vertical; }
    ConditionSheet .entry { height: 1; width: 1fr; layout: horizontal; }
    ConditionSheet FieldName { width: 12; }
    ConditionSheet TextField { width: 20; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *above((_SEARCH, _CANCEL), HELP, LANGUAGE, *ABOVE_OTHERS),
        Binding("tab,down", "next_field", show=False),
        Binding("shift+tab,up", "previous_field", show=False),
    ]

    def __init__(self, typed: "Conditions") -> None:
        super().__init__()
        self._typed = typed
        # Of whom a question asks was not typed yet: Enter asks it.
        self._question: Question | None = None

    def compose(self) -> ComposeResult:
        """Lay out the questions, the fields and the keys."""
        with Box(id="box"):
            yield Questions(id="questions")
            for name in FIELDS:
                with Box(id=f"row-{name}", classes="entry"):
                    yield FieldName(name)
                    yield TextField(id=name, longest=_LONGEST)
                    yield FieldHint(name)
            yield Complaint(id="complaint")
        yield FootLine((_SEARCH, _CANCEL), everywhere=(HELP, LOCK), typed=True)

    def on_mount(self) -> None:
        """Fill in what was typed last, and wait for a digit."""
        # The fields are filled before the focus is set, so that the first key meets the form as it is shown.
        for name in FIELDS:
            self._field(name).value = getattr(self._typed, name)
        self.set_focus(self.query_one("#questions"))

    def _field(self, name: str) -> TextField:
        return self.query_one(f"#{name}", TextField)

    def action_next_field(self) -> None:
        """Go to the next field, or from the last one to the questions."""
        self._go(1)

    def action_previous_field(self) -> None:
        """Go to the field before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        # The questions are one more place of the ring: whoever went on to the fields comes back by the same key.
        places: list[Widget] = [self.query_one("#questions"), *map(self._field, FIELDS)]
        here = next((index for index, place in enumerate(places) if place is self.focused), 0)
        self.set_focus(places[(here + step) % len(places)])

    def on_text_field_changed(self, event: TextField.Changed) -> None:
        """Say beside the field what it means now."""
        # It was about what stood there before.
        self.query_one("#complaint", Complaint).clear()
        self.query_one(f"#row-{event.field.id} FieldHint").refresh()

    def on_text_field_submitted(self) -> None:
        """Show what meets the conditions: inside a field Enter reaches the sheet as this message."""
        self.action_enter()

    def action_enter(self) -> None:
        """Show what meets the conditions, or ask the question that waits for its person."""
        self._understand(self._question)

    def on_questions_chosen(self, event: "Questions.Chosen") -> None:
        """Ask the question with the digit for the period in the form."""
        # A question that waited for its person is no longer the one that is wanted.
        self._question = None
        if event.digit == _EVERYTHING:
            self.dismiss(FormAnswer(jobs.log.conditions.Conditions()))
        elif _QUESTIONS[event.digit] is Question.LOOKUPS and not self._field("person").value.strip():
            self._question = Question.LOOKUPS
            self._complain("person", "log.conditions.whose")
        else:
            self._understand(_QUESTIONS[event.digit])

    def _understand(self, question: Question | None) -> None:
        # Blanks at the ends come from copying, and no condition has any.
        typed = jobs.log.conditions.Conditions(**{name: self._field(name).value.strip() for name in FIELDS})
        done, failed = partial(self._understood, typed, question), self._unclear
        self.console_app.work(self, partial(_understand, typed=typed), done, failed)

    def _understood(self, typed: "Conditions", question: Question | None, chosen: "LogFilter") -> None:
        self.dismiss(FormAnswer(typed, question, chosen))

    def _unclear(self, error: Exception) -> None:
        if isinstance(error, SearchUnclear) and "field" in error.facts:
            # What was typed stays: often it is one letter that has to be mended.
            self._complain(error.facts["field"], f"log.unclear.{error.facts['field']}")
            return
        # Whatever else failed is no matter of the form: the log below has a line for it.
        below = cast("ConsoleScreen", self.below)
        self.dismiss(None)
        below.show_error(error)

    def _complain(self, name: str, key: str) -> None:
        self.set_focus(self._field(name))
        self.hint(key)

    def hint(self, key: str, **facts: object) -> None:
        """Show the text `key` below the fields."""
        self.query_one("#complaint", Complaint).say(key, **facts)

    def action_back(self) -> None:
        """Leave the list as it is."""
        self.dismiss(None)


class Questions(Surface, can_focus=True):
    """The ready questions, each with the digit that asks it."""

    DEFAULT_CSS = "Questions { height: 6; width: 1fr; }"

    class Chosen(Message):
        """The person has pressed the digit of a question."""

        def __init__(self, digit: str) -> None:
            super().__init__()
            self.digit = digit

    def on_key(self, event: events.Key) -> None:
        """Ask by a digit."""
        if event.character in {*_QUESTIONS, _EVERYTHING}:
            event.stop()
            self.post_message(self.Chosen(str(event.character)))

    def draw_line(self, y: int) -> Ink:
        """Draw the title and the questions, three beside each other."""
        ink, words, palette = self.ink("dialog").put("  "), self.words, self.palette
        if y == 1:
            ink.put(words("log.conditions.title"), palette["strong"])
            return ink.put(f"   {words('log.conditions.how')}", palette["faint"])
        # Three in a line, so that the form leaves the entry under the cursor in sight at 24 lines.
        digits = [*_QUESTIONS, _EVERYTHING]
        width = min(36, (self.size.width - 2) // _IN_A_LINE)
        for digit in digits[(y - 3) * _IN_A_LINE : (y - 2) * _IN_A_LINE] if y >= 3 else ():  # noqa: PLR2004  # The line.
            name = "all" if digit == _EVERYTHING else str(_QUESTIONS[digit])
            ink.put(digit, palette["key"]).put(f" {fit(words(f'log.question.short.{name}'), width - 3)} ")
        return ink


class FieldName(OneLine):
    """The name of a field."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._field = name

    def draw_line(self, _y: int) -> Ink:
        """Draw the name."""
        return self.ink("dialog").put(f"  {self.words(f'log.field.{self._field}')}")


class FieldHint(OneLine):
    """What the field means as it is now, or what can be typed into it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._field = name

    def draw_line(self, _y: int) -> Ink:
        """Draw the hint."""
        typed = self.screen.query_one(f"#{self._field}", TextField).value.strip()
        meaning = _MEANINGS.get(self._field, _no_meaning)(typed, self.words) if typed else None
        text = self.words(f"log.hint.{self._field}") if meaning is None else meaning
        return self.ink("dialog").put(f" {fit(text, max(2, self.size.width - 2))}", self.palette["faint"])


def _events(typed: str, words: Words) -> str | None:
    # Sorted by code, so that the hint does not change its order from key to key.
    names = [words.name("events", event) for event in sorted(jobs.log.conditions.events_named(typed))]
    if not names:
        return None
    return words("log.hint.events", count=len(names), names=words("log.between").join(dict.fromkeys(names)))


def _no_meaning(_typed: str, _words: Words) -> str | None:
    return None


_MEANINGS: Final[Mapping[str, Callable[[str, Words], str | None]]] = MappingProxyType(
    {"period": period_in_words, "event": _events}
)


def _understand(terminal: "Terminal", session: "Session", *, typed: "Conditions") -> "LogFilter":
    return jobs.log.conditions.understand(terminal, session, typed)
