"""前回のログオン: after failures since the last log-on this waits for Enter; nobody overlooks that others tried."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from console.keys import HELP, LANGUAGE, LOCK, LOG_OFF, Key, above
from console.screens.base import ConsoleScreen
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces
from console.widgets.surface import Surface, Surround
from console.widgets.text import Ink, fit

if TYPE_CHECKING:
    from datetime import datetime

    from console.jobs.people.sessions import LookBack, RefusedLogOn
    from console.words import Words

_LABEL: Final = 18
_NAMED: Final = 3  # So many failures are told with their times; the others are in the number.
_GO_ON: Final = Key("", "Enter", "enter", "go_on")


class LookBackScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Shows the last log-on and the failures since, above the screen on which the person begins.

    It bars the ways to the other screens, as a dialog does: nothing goes on before it was read.
    """

    NAME = "look-back"
    help_topic = "look_back"
    BINDINGS: ClassVar[list[BindingType]] = [
        *above((), HELP, LANGUAGE, LOCK, LOG_OFF),
        Binding("enter", "enter", show=False),
    ]
    DEFAULT_CSS = """
    LookBackScreen #middle { height: 1fr; width: 1fr; align: center middle; layout: vertical; }
    """

    def __init__(self, look_back: "LookBack") -> None:
        super().__init__()
        self.look_back = look_back

    def compose(self) -> ComposeResult:
        """Lay out the lines in the middle."""
        yield HeadLine()
        with Surround(id="middle"):
            yield LookBackLines()
        yield self.notice
        yield FootLine((_GO_ON,), everywhere=(HELP, LANGUAGE, LOCK, LOG_OFF))

    def action_enter(self) -> None:
        """Go on to the work."""
        self.dismiss()


class LookBackLines(Surface):
    """Who it is, the last log-on, and the failures since."""

    DEFAULT_CSS = "LookBackLines { height: 7; width: 60; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        screen, ink = self.screen, self.ink()
        lines: Sequence[Pieces] = list(self._lines(screen)) if isinstance(screen, LookBackScreen) else ()
        return ink.put_all(lines[y]) if y < len(lines) else ink

    def _lines(self, screen: LookBackScreen) -> Iterator[Pieces]:
        words, palette, look = self.words, self.palette, screen.look_back
        session = self.console_app.session
        yield [(f"{'' if session is None else session.person_id}  {look.name}", palette["strong"])]
        yield []
        last = look.last
        if last is None:
            yield [(words("people.look_back.first"), None)]
        else:
            label = fit(words("people.look_back.last"), _LABEL)
            yield [(label, palette["faint"]), (f"{moment(words, last.at)}  {last.terminal}", None)]
            ending = "" if last.ending is None else words.name("people.session.ending", last.ending)
            ended = "" if last.ended_at is None else moment(words, last.ended_at)
            yield [(" " * _LABEL, None), (f"{ending} {ended}".strip(), palette["faint"])]
        yield [
            (fit(words("people.look_back.failures"), _LABEL), palette["faint"]),
            (words("people.look_back.count", count=len(look.failures)), palette["attention"]),
            (f"  {_times(words, look.failures)}", palette["attention"]),
        ]
        yield []
        yield [(words("people.look_back.tell"), None)]


def moment(words: "Words", at: "datetime") -> str:
    """Return a moment as people remember it: day and time, of today the time alone."""
    from store import clock

    now = clock.now()
    time = words.time_of_day(at)[:5].removeprefix("0")
    if clock.day_in_japan(at) == clock.day_in_japan(now):
        return words("people.today", time=time)
    return f"{words.day_of_year(at, now)} {time}"


def _times(words: "Words", failures: "Sequence[RefusedLogOn]") -> str:
    # The last ones: whoever tried may still be there.
    named = failures[-_NAMED:]
    return f"{words('people.look_back.between').join(moment(words, each.at) for each in named)}  {named[-1].terminal}"
