"""Choosing a PIN: a person who logs on with a PIN that somebody else drew has to choose another before all else."""

from functools import partial
from typing import TYPE_CHECKING

from console import jobs
from console.screens.two_secrets import PairScreen

if TYPE_CHECKING:
    from console.session import Session
    from console.terminal import Terminal


class PinScreen(PairScreen):
    """Asks for the new PIN twice; afterwards the person logs on with it."""

    NAME = "new-pin"
    TITLE_KEY = "login.new_pin_title"
    REMEDY_KEY = "login.new_pin_remedy"
    LABEL_KEYS = ("login.new_pin", "login.new_pin_again")

    def given(self, first: str, second: str) -> None:
        """Change the PIN when both fields agree."""
        # Neither is shown, so typing it twice is the only way to notice a slip.
        if first != second:
            self.say("note", "login.pins_differ")
            return
        self.work(partial(_change_pin, pin=first), self._changed)

    def _changed(self, _nothing: None) -> None:
        # The session still says that its PIN was given, which forbids everything: it has to be a new one.
        self.console_app.log_on_again("login.pin_changed")


def _change_pin(terminal: "Terminal", session: "Session", *, pin: str) -> None:
    jobs.people.register.change_pin(terminal, session, pin)
