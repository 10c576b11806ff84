"""Which part of the log a screen shows, and how it says so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.screens.log.wording import period_in_words
from console.words import Words
from store.log import LogFilter

if TYPE_CHECKING:
    from console.jobs.log.conditions import Conditions
    from console.jobs.log.questions import Answer


@dataclass(frozen=True, slots=True)
class Shown:
    """What the list shows: the result of a search or of the form, the answer to a question, or everything.

    `typed` is what was searched for, `conditions` what the form held, and `chosen` the filter that either means.
    """

    typed: str | None = None
    conditions: "Conditions | None" = None
    chosen: LogFilter | None = None
    answer: "Answer | None" = None

    @property
    def narrowed(self) -> bool:
        """Whether it is less than everything."""
        return self != Shown()

    def describe(self, words: Words) -> str:
        """Return it in words: the question, and the conditions in force."""
        # A question needs its period beside it: without one it is answered for the last 31 days.
        if self.answer is not None:
            period = "" if self.conditions is None else self.conditions.period
            about = self._period(period, words) if period else words("log.question.period")
            return f"{words(f'log.question.{self.answer.question.value}')}  {words('log.field.period')} {about}"
        if self.typed is not None:
            return words("log.search.found", typed=self.typed)
        if self.conditions is None:
            return words("log.conditions.none")
        stated = self.conditions.stated().items()
        parts = (f"{words(f'log.field.{name}')} {self._text(name, text, words)}" for name, text in stated)
        return f"{words('log.conditions.title')}  {'  '.join(parts)}"

    def _text(self, name: str, text: str, words: Words) -> str:
        return self._period(text, words) if name == "period" else text

    @staticmethod
    def _period(typed: str, words: Words) -> str:
        return words("log.days.typed", typed=typed, days=period_in_words(typed, words) or "")
