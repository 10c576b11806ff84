"""The conditions of the log (条件): the ready questions, each by its number, and the classes of entries."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog, Selection
from store.log import EventClass
from store.log.questions import Question

_CLASS: Final = "class"
_EVERYTHING: Final = "all"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the key for conditions asks, above the log on `screen`.

    `ask` gets a question with the person that it is about and the period, `narrow` a class of entries or None for all.
    """

    screen: ConsoleScreen
    ask: Callable[[Question, str | None, str | None], None]
    narrow: Callable[[EventClass | None], None]

    def offer(self) -> None:
        """Offer the questions and, behind them, the classes."""
        codes = [*(question.value for question in Question), _CLASS]
        choice = Selection(
            lambda words: words("log.conditions.which"),
            codes,
            lambda words, code: words("log.conditions.class" if code == _CLASS else f"log.question.{code}"),
        )
        self.screen.app.push_screen(choice, self._chosen)

    def _chosen(self, code: str | None) -> None:
        if code == _CLASS:
            self._offer_classes()
        elif code is not None:
            self._ask_period(Question(code))

    def _offer_classes(self) -> None:
        codes = [_EVERYTHING, *(event_class.value for event_class in EventClass)]
        choice = Selection(
            lambda words: words("log.conditions.class"), codes, lambda words, code: words(f"log.class.{code}")
        )
        self.screen.app.push_screen(choice, self._class_chosen)

    def _class_chosen(self, code: str | None) -> None:
        if code is not None:
            self.narrow(None if code == _EVERYTHING else EventClass(code))

    def _ask_period(self, question: Question) -> None:
        """Ask about which period, and about whom where the question is about one person."""
        about = "person" if question is Question.LOOKUPS else "period"
        asked = QuestionDialog(
            lambda words: f"{words(f'log.question.{question}')}\n{words(f'log.conditions.{about}')}",
            "log.deed.search",
            typed=True,
            check=partial(_unclear, question),
        )
        self.screen.app.push_screen(asked, partial(self._period_typed, question))

    def _period_typed(self, question: Question, typed: str | None) -> None:
        if typed is not None:
            more = typed.split()
            person = more.pop(0) if question is Question.LOOKUPS else None
            self.ask(question, person, more[0] if more else None)


def _unclear(question: Question, typed: str) -> str | None:
    # Of one person's look-ups the ID comes first.
    persons = 1 if question is Question.LOOKUPS else 0
    return None if persons <= len(typed.split()) <= persons + 1 else "log.conditions.unclear"
