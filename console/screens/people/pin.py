"""Choosing a PIN: who logs on with one that somebody else drew may do nothing before choosing another."""

from typing import TYPE_CHECKING

from console import jobs
from console.screens.two_secrets import PairScreen

if TYPE_CHECKING:
    from console.session import Session
    from console.terminal import Terminal


class PinScreen(PairScreen):
    """Asks for the new PIN twice; then the person logs on with it."""

    TITLE_KEY = "login.new_pin_title"
    REMEDY_KEY = "login.new_pin_remedy"
    LABEL_KEYS = ("login.new_pin", "login.new_pin_again")

    def given(self, first: str, second: str) -> None:
        """Change the PIN when both fields agree."""
        if first != second:
            self.say("note", "login.pins_differ")
            return

        def job(terminal: "Terminal", session: "Session") -> None:
            jobs.people.register.change_pin(terminal, session, first)

        self.work(job, self._changed)

    def _changed(self, _nothing: None) -> None:
        self.console_app.log_on_again("login.pin_changed")
