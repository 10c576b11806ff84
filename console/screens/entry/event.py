"""The first questions of an entry (入力): which event, whose category, whether the card was handed in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import jobs
from console.keys import EVENT, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.entry.form import EntryScreen
from console.widgets.field import TextField
from console.widgets.frame import FootLine, HeadLine
from console.widgets.options import Option, Options
from console.widgets.surface import OneLine
from console.widgets.text import Ink, fit, width_of
from console.words import Words
from store import clock
from store.message import tables
from store.message.codes import Category, NoticeItem
from store.message.entry.proposal import events_named, propose, usual_category

if TYPE_CHECKING:
    from datetime import date

    from console.jobs.entry.draft import Draft
    from console.jobs.messages.listing import QueueRow
    from console.session import Session
    from console.terminal import Terminal
    from store.message.entry.proposal import Proposed
    from store.message.tables import CounterEvent

_WIDE: Final = 110  # cells from which on there is room for the full names of the kinds
_CARD_ANSWERS: Final = ("yes", "no")
# What is never notified because the agency says it, with the item that its notices then change.
_SAID_BY_NOTICE: Final = MappingProxyType({"category_changed": NoticeItem.CATEGORY})
_MOST_NAMED: Final = 3
_LONGEST: Final = 40
_BETWEEN: Final = " / "
_LEAST_CHOSEN: Final = 8  # A name cut to fewer cells says nothing.


@dataclass(frozen=True, slots=True)
class Choice:
    """What has been chosen so far. None is still to be asked; `card` is yes or no."""

    event: str | None = None
    category: str | None = None
    card: str | None = None

    @property
    def step(self) -> str:
        """The next question, which is also the name of the field that its answer fills."""
        return "event" if self.event is None else "category" if self.category is None else "card"


class EventScreen(ConsoleScreen):
    """Asks one question after another, each as a list, and opens the form of the messages that follow from them."""

    NAME = "event"
    help_topic = "entry"
    KEYS: ClassVar[Sequence[Key]] = EVENT
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(EVENT),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]
    DEFAULT_CSS = "EventScreen #options { margin-top: 1; } EventScreen #narrow { margin: 0 2; max-width: 40; }"

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice()
        # The choices before each answer, so that Escape goes back question by question and skips the settled ones.
        self._asked: list[Choice] = []
        # What the last form was opened for, to open another one for the same.
        self._opened = Choice()

    def compose(self) -> ComposeResult:
        """Lay out the title and the list."""
        yield HeadLine()
        yield EventTitle(id="title")
        yield TextField(id="narrow", longest=_LONGEST)
        yield Options(id="options", empty="entry.none.event")
        yield self.notice
        yield FootLine(EVENT, typed=True)

    def on_mount(self) -> None:
        """Ask for the event."""
        self._ask()

    @property
    def _list(self) -> Options:
        return self.query_one("#options", Options)

    @property
    def _today(self) -> "date":
        return clock.day_in_japan(clock.now())

    def chosen(self) -> Iterator[str]:
        """Yield the names of what has been chosen so far."""
        event = None if self.choice.event is None else tables.events().at(self.choice.event, self._today)
        if event is not None:
            yield event.name(self.words.language)
        if self.choice.category is not None:
            yield self.words(f"items.value.category.{self.choice.category}")

    @property
    def _field(self) -> TextField:
        return self.query_one("#narrow", TextField)

    def on_text_field_changed(self) -> None:
        """Narrow the events by what is typed."""
        # The cursor stays on its event while that is among those in sight, so that one may type and then think.
        self._list.show(lambda: list(self._options()), self._list.current)

    def on_text_field_submitted(self) -> None:
        """Choose the event under the cursor: in the field, Enter reaches the screen as this message."""
        self._list.action_choose()

    def action_move(self, lines: int) -> None:
        """Move the cursor of the list, while the field has the keys."""
        self._list.action_move(lines)

    def action_page(self, direction: int) -> None:
        """Move the cursor of the list by a page."""
        self._list.action_page(direction)

    def _ask(self, code: str | None = None) -> None:
        # Only the events are so many that typing helps; the other questions have numbers.
        narrows = self.choice.step == "event"
        self._field.display = narrows
        self._list.numbers = not narrows
        self._field.value = ""
        self.set_focus(self._field if narrows else self._list)
        self.query_one("#title").refresh()
        self._list.show(lambda: list(self._options()), code)

    def _options(self) -> Iterator[Option]:
        words = self.words
        match self.choice.step:
            case "event":
                for event in self._events():
                    kinds = dict.fromkeys(str(message["kind"]) for message in event.messages)
                    # Events that are never notified stay in the list: choosing one says why.
                    yield Option(event.code, event.name(words.language), self._names(kinds), faint=not kinds)
            case "category":
                for category in self._categories():
                    yield Option(category, words(f"items.value.category.{category}"), self._outcome(category))
            case _:
                for card in _CARD_ANSWERS:
                    later = "  " + words("entry.card.later") if card == "no" else ""
                    outcome = self._outcome(self.choice.category or "", card)
                    yield Option(card, words(f"entry.card.{card}"), outcome + later)

    def _outcome(self, category: str, card: str = "yes") -> str:
        """Return the names of the messages that the choice would give."""
        return self._names(str(proposed.kind) for proposed in self._proposed(category, card))

    def _names(self, kinds: Iterable[str]) -> str:
        topic = "kinds" if self.size.width >= _WIDE else "kinds.short"
        names = [self.words.name(topic, kind) for kind in kinds]
        return self.words("entry.and").join(names) or self.words("entry.gives.nothing")

    def _events(self) -> "Sequence[CounterEvent]":
        return events_named(self._field.value, self._today)

    def _proposed(self, category: str, card: str = "yes") -> "Sequence[Proposed]":
        return propose(
            self.choice.event or "",
            category=Category(category),
            municipality=self.console_app.settings.municipality.code,
            now=clock.now(),
            card_presented=card == "yes",
        )

    def _categories(self) -> list[str]:
        """Return the categories for which the event gives a message."""
        return [str(category) for category in Category if self._proposed(category)]

    def on_options_chosen(self, event: Options.Chosen) -> None:
        """Take the answer, settle what it leaves no choice about, and ask the next question or open the form."""
        self.notice.clear()
        self._asked.append(self.choice)
        self.choice = replace(self.choice, **{self.choice.step: event.code})
        if self.choice.category is None:
            self._settle_category()
        if self.choice.category is not None and self.choice.card is None:
            self._settle_card()
        if self.choice.category is None or self.choice.card is None:
            # Without an event the choice was refused just now, and its reason is shown above the same list.
            if self.choice.event is not None:
                self._ask(self._usual())
        else:
            self._open()

    def _usual(self) -> str | None:
        """Return the answer on which the cursor begins: for a birth, the category of newborns."""
        event = tables.events().at(self.choice.event or "", self._today)
        return None if event is None or self.choice.step != "category" else usual_category(event, self._today)

    def _settle_category(self) -> None:
        """Choose the category where the messages have none, and refuse the event where there is no message."""
        # A question whose answer changes nothing would only cost a key.
        categories = self._categories()
        if not categories:
            self._refuse()
        elif all("category" not in proposed.preset for proposed in self._proposed(categories[0])):
            self.choice = replace(self.choice, category=categories[0])

    def _settle_card(self) -> None:
        """Choose "yes" for the card where both answers give the same number of messages."""
        category = self.choice.category or ""
        if len(self._proposed(category, "yes")) == len(self._proposed(category, "no")):
            self.choice = replace(self.choice, card="yes")

    def _refuse(self) -> None:
        """Say why the event is never notified, and stay with the list."""
        # The list asks for an event again, so the choice is taken back.
        code = self.choice.event or ""
        self.choice = self._asked.pop()
        why = f"entry.never.{code}" if self.words.has(f"entry.never.{code}") else "entry.never.other"
        self.notice.say("note", lambda words: f"{words(why)} {words('entry.never.remedy')}")
        if code in _SAID_BY_NOTICE:
            item = _SAID_BY_NOTICE[code]
            self.work(
                lambda terminal, session: jobs.messages.confirmation.waiting_changes(terminal, session, item),
                partial(self._name_notices, why),
            )

    def _name_notices(self, why: str, waiting: "Sequence[QueueRow]") -> None:
        """Name the notices that say what is not notified, so that nobody looks for them by turning pages."""
        named = [f"{row.reference} {row.name}".rstrip() for row in waiting[:_MOST_NAMED]]
        more = len(waiting) - len(named)

        # Drawn anew in the other language when the person changes it, hence a function.
        def text(words: Words) -> str:
            notices = words("entry.never.between").join(named) + (words("entry.never.more", count=more) if more else "")
            come = words("entry.never.come", notices=notices) if named else words("entry.never.not_come")
            return f"{words(why)} {come}"

        self.notice.say("note", text)

    def _open(self) -> None:
        self._opened = self.choice
        self.work(partial(_begin_draft, choice=self.choice), self._begun)

    def _begun(self, draft: "Draft") -> None:
        chosen = self.choice
        # Leaving the form leads back to the last question, with the cursor on the answer that was given.
        self.choice = self._asked.pop()
        self._ask(getattr(chosen, self.choice.step))
        self.app.push_screen(EntryScreen(draft, self._entered, event=chosen.event, again=self._once_more))

    def _once_more(self, references: Sequence[str]) -> None:
        """Open another form for the same event, and say there what was entered.

        A family that moves has the same event several times: nobody chooses it again for each of them.
        """

        def begun(draft: "Draft") -> None:
            form = EntryScreen(draft, self._entered, event=self._opened.event, again=self._once_more)
            self.app.push_screen(form)
            form.say("done", "entry.done", references=" ".join(dict.fromkeys(references)))

        self.work(partial(_begin_draft, choice=self._opened), begun)

    def _entered(self, references: Sequence[str]) -> None:
        """Go back to the queue and say what was entered."""
        # Not whichever screen is in front: that may be the lock.
        screen = self.below
        self.dismiss()
        if isinstance(screen, ConsoleScreen):
            # The messages of a pair may share a reference: it is named once.
            screen.say("done", "entry.done", references=" ".join(dict.fromkeys(references)))

    def action_back(self) -> None:
        """Ask the previous question again; from the first one, go back to the queue."""
        self.notice.clear()
        if self._asked:
            left = self.choice
            self.choice = self._asked.pop()
            self._ask(getattr(left, self.choice.step))
        else:
            self.dismiss()


class EventTitle(OneLine):
    """The line that says what has been chosen, and what is asked for."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink = self.ink().put(" ").put(self.words("entry.title"), self.palette["strong"])
        screen = self.screen
        if not isinstance(screen, EventScreen):
            return ink
        step = self.words(f"entry.step.{screen.choice.step}")
        # What was chosen gives way to what is asked, which nobody could answer unread.
        room = self.size.width - ink.width - width_of(step) - len(_BETWEEN) - 1
        for name in screen.chosen():
            cells = min(width_of(name), room - len(_BETWEEN))
            if cells >= _LEAST_CHOSEN:
                ink.put(_BETWEEN, self.palette["faint"]).put(fit(name, cells), self.palette["strong"])
                room -= cells + len(_BETWEEN)
        return ink.put(_BETWEEN, self.palette["faint"]).put(step, self.palette["key"])


def _begin_draft(terminal: "Terminal", session: "Session", *, choice: Choice) -> "Draft":
    category, presented = Category(choice.category or ""), choice.card == "yes"
    return jobs.entry.draft.begin(terminal, session, choice.event or "", category=category, card_presented=presented)
