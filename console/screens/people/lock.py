"""The lock: after the idle limit nothing of the work can be seen until the same person gives the PIN again."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console import jobs
from console.keys import LANGUAGE, LOG_OFF, above
from console.screens.base import ConsoleScreen
from console.widgets.field import PinField, TextField
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import FieldLabel, Surface, Surround
from console.widgets.text import Ink
from console.words.digits import are_misspelt

if TYPE_CHECKING:
    from console.session import Session
    from console.terminal import Terminal

_LONGEST_PIN: Final = 128


class LockScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Covers everything and asks for the PIN; F10 logs off at once."""

    NAME = "lock"
    # No help here: nothing may lie above the lock.
    help_topic = None
    BINDINGS: ClassVar[list[BindingType]] = above((), LANGUAGE, LOG_OFF)
    DEFAULT_CSS = """
    LockScreen #form { height: 1fr; width: 1fr; align: center middle; layout: vertical; }
    LockScreen LockTitle { height: 3; width: 50; }
    LockScreen .entry { height: 1; width: 50; layout: horizontal; }
    LockScreen .entry FieldLabel { width: 14; }
    LockScreen PinField { width: 36; }
    """

    def compose(self) -> ComposeResult:
        """Lay out the title and the PIN field."""
        yield HeadLine()
        with Surround(id="form"):
            yield LockTitle()
            with Surround(classes="entry"):
                yield FieldLabel("login.pin")
                yield PinField(id="lock-pin", longest=_LONGEST_PIN)
        yield self.notice
        yield FootLine((), everywhere=(LANGUAGE, LOG_OFF), typed=True)

    def on_mount(self) -> None:
        """Wait for the PIN."""
        self.set_focus(self._pin)

    @property
    def _pin(self) -> PinField:
        return self.query_one("#lock-pin", PinField)

    def on_text_field_submitted(self, _event: TextField.Submitted) -> None:
        """Check the PIN, as a log-on does: a wrong one counts as a failed attempt."""
        # Taken out of the field at once, so that the PIN stays in no widget.
        pin = self._pin.take()
        if not pin:
            return
        if are_misspelt(pin):
            self.say("note", "login.misspelt")
            return
        # What is typed while the PIN is checked belongs to no field.
        self._pin.locked = True
        self.work(partial(_check_pin, pin=pin), self._passed, self._refused)

    def _passed(self, _nothing: None) -> None:
        # The clock has to be told: pressing keys does not keep a locked session alive.
        self.console_app.unlocked()
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self._pin.locked = False
        self.show_error(error)


class LockTitle(Surface):
    """Says whose screen is locked, and what to do."""

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the title."""
        ink = self.ink()
        session = self.console_app.session
        if y == 0 and session is not None:
            ink.put(self.words("login.locked", person=session.person_id), self.palette["strong"])
        elif y == 1:
            ink.put(self.words("login.locked_remedy"), self.palette["faint"])
        return ink


def _check_pin(terminal: "Terminal", session: "Session", *, pin: str) -> None:
    jobs.people.logon.check_pin(terminal, session, pin)
