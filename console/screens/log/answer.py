"""The answer to a question to the log that is a count: who, on which day, how often."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console.keys import ABOVE_OTHERS, HELP, LANGUAGE, Key, above
from console.screens.base import ConsoleScreen
from console.screens.log.shown import Shown
from console.screens.log.wording import id_in_words
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import Align, fit
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.log.questions import Answer, Count

_CLOSE: Final = Key("escape,enter,b", "Esc", "back", "close")
# Widths of the columns, in cells.
_ABOUT: Final = 34
_DAY: Final = 14
_NUMBER: Final = 10


class AnswerScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Shows the counts of `answer`."""

    NAME = "answer"
    BINDINGS: ClassVar[list[BindingType]] = above((_CLOSE,), LANGUAGE, HELP, *ABOVE_OTHERS)

    def __init__(self, answer: "Answer", shown: Shown | None = None) -> None:
        super().__init__()
        self._answer = answer
        self._shown = shown or Shown(answer=answer)

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield TextPage(id="answer-page")
        yield FootLine((_CLOSE,), everywhere=ABOVE_OTHERS)

    def on_mount(self) -> None:
        """Show the page; it is built again when the language changes."""
        page = self.query_one("#answer-page", TextPage)
        self.set_focus(page)
        page.show(lambda _width: list(self._lines()))

    def action_back(self) -> None:
        """Close the answer."""
        self.dismiss()

    def _lines(self) -> Iterator[Pieces]:
        words, palette = self.words, self.console_app.palette
        yield [(self._shown.describe(words), palette["strong"])]
        yield []
        columns = self._columns()
        yield [("".join(fit(words(f"log.count.{name}"), *shape) for name, shape in columns.items()), palette["key"])]
        for count in self._answer.counts:
            cells = _cells(count, words)
            yield [("".join(fit(cells[name], *shape) for name, shape in columns.items()), None)]

    def _columns(self) -> dict[str, tuple[int, Align]]:
        """Return the columns that hold something: not every question counts by the day, or counts refusals."""
        columns: dict[str, tuple[int, Align]] = {"person": (_ABOUT, "left"), "done": (_NUMBER, "right")}
        if any(count.day for count in self._answer.counts):
            columns = {"person": (_ABOUT, "left"), "day": (_DAY, "left"), "done": (_NUMBER, "right")}
        if any(count.refused for count in self._answer.counts):
            columns["refused"] = (_NUMBER, "right")
        return columns


def _cells(count: "Count", words: Words) -> dict[str, str]:
    return {
        "person": id_in_words(count.about, words),
        "day": str(count.day or ""),
        "done": f"{count.done:,}",
        # Nought is left out, so that the few refusals stand out.
        "refused": f"{count.refused:,}" if count.refused else "",
    }
