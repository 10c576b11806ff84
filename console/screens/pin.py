"""Choosing a PIN: who logs on with one that somebody else drew may do nothing before choosing another."""

from typing import TYPE_CHECKING, ClassVar, Final

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.screens.login import Label, Surround
from console.screens.work import ConsoleScreen
from console.widgets.field import PinField, TextField
from console.widgets.frame import FootLine, HeadLine, NoticeLine
from console.widgets.surface import Surface
from console.widgets.text import Ink

if TYPE_CHECKING:
    from console.session import Session
    from console.terminal import Terminal

_LONGEST_PIN: Final = 128


class PinScreen(ConsoleScreen):
    """Asks for the new PIN twice; then the person logs on with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "next_field", show=False, priority=True),
        Binding("shift+tab,up", "previous_field", show=False, priority=True),
        Binding("enter", "enter", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    PinScreen #form { height: 1fr; width: 1fr; align: center middle; layout: vertical; }
    PinScreen PinTitle { height: 4; width: 50; }
    PinScreen .entry { height: 1; width: 50; layout: horizontal; margin-bottom: 1; }
    PinScreen .entry Label { width: 14; }
    PinScreen PinField { width: 36; }
    """

    def compose(self) -> ComposeResult:
        """Lay out the title and the two fields."""
        yield HeadLine()
        with Surround(id="form"):
            yield PinTitle()
            with Surround(classes="entry"):
                yield Label("login.new_pin")
                yield PinField(id="first", longest=_LONGEST_PIN)
            with Surround(classes="entry"):
                yield Label("login.new_pin_again")
                yield PinField(id="second", longest=_LONGEST_PIN)
        yield NoticeLine()
        yield FootLine(())

    def on_mount(self) -> None:
        """Wait for the PIN."""
        self.set_focus(self._first)

    @property
    def _first(self) -> PinField:
        return self.query_one("#first", PinField)

    @property
    def _second(self) -> PinField:
        return self.query_one("#second", PinField)

    def action_next_field(self) -> None:
        """Go to the other field."""
        self.set_focus(self._second if self.focused is self._first else self._first)

    def action_previous_field(self) -> None:
        """Go to the other field."""
        self.action_next_field()

    def action_enter(self) -> None:
        """Go to the second field; there, let the field itself take the key after those typed before it."""
        if self.focused is not self._first:
            raise SkipAction
        self.set_focus(self._second)

    def on_text_field_submitted(self, _event: TextField.Submitted) -> None:
        """Change the PIN when both fields agree."""
        pin, again = self._first.take(), self._second.take()
        self.set_focus(self._first)
        if pin != again:
            self.say("note", "login.pins_differ")
            return

        def job(terminal: "Terminal", session: "Session") -> None:
            from console.jobs import people

            people.change_pin(terminal, session, pin)

        self.work(job, self._changed)

    def _changed(self, _nothing: None) -> None:
        self.console_app.log_on_again("login.pin_changed")


class PinTitle(Surface):
    """What is wanted, and what will do."""

    def draw_line(self, y: int) -> Ink:
        """Draw it."""
        ink = self.ink()
        if y == 0:
            ink.put(self.words("login.new_pin_title"), self.palette["strong"])
        elif y == 1:
            ink.put(self.words("login.new_pin_remedy"), self.palette["faint"])
        return ink
