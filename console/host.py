"""What screens and widgets may ask of the application that shows them.

The application imports the screens, so they must not import it: they know only this protocol. Its own
imports are only for the type checker, so it costs the first paint nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from textual.widget import Widget

    from console.background import Background
    from console.jobs.exchange import LineState
    from console.jobs.log.conditions import Conditions
    from console.session import Session, TimeLeft
    from console.settings import Settings
    from console.terminal import Terminal
    from console.widgets.palette import Palette
    from console.words import Words

T = TypeVar("T")


class Host(Protocol):
    """The console as its screens see it. `RenkeiApp` implements it, and its module has the type checker prove that."""

    settings: "Settings"
    words: "Words"
    palette: "Palette"
    background: "Background"
    # None until the peer was asked for the first time after a log-on.
    line_state: "LineState | None"
    # What each person typed into the form of the log last, in memory only: it outlives the log-off, not the process.
    conditions: "dict[str, Conditions]"

    @property
    def terminal(self) -> "Terminal":
        """The open terminal. Asking waits until it is open, so before a log-on only threads may ask."""

    @property
    def session(self) -> "Session | None":
        """The session of the person who is logged on."""

    @property
    def time_left(self) -> "TimeLeft":
        """How long the session lasts if nothing is touched."""

    def may(self, right: str | None) -> bool:
        """Tell whether the person who is logged on has `right`; None asks for none."""

    def work(
        self,
        owner: "Widget",
        job: "Callable[[Terminal, Session], T]",
        then: Callable[[T], None],
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run `job` for the person who is logged on, in a thread."""

    def first_painted(self) -> None:
        """Open the terminal, now that the first screen can be seen."""

    def open_with(self, first: str, second: str, refused: Callable[[Exception], None]) -> None:
        """Open the terminal with the two parts of its passphrase; `refused` gets the error when they are wrong."""

    def logged_on(self, session: "Session") -> None:
        """Start the work of the person whose session was opened."""

    def log_on_again(self, farewell: str) -> None:
        """End the session because the person has to log on again; the text `farewell` says why."""

    def unlocked(self) -> None:
        """Go on after the PIN was given at the locked screen."""

    def action_log_off(self) -> None:
        """End the session; at the login screen, end the console."""

    def action_exchange(self) -> None:
        """Open the pre-flight."""

    def action_log(self) -> None:
        """Open the log."""

    def look_at_line(self) -> None:
        """Ask whether the peer can be reached, for the head line."""

    def refresh_heads(self) -> None:
        """Redraw the head lines."""

    def note_incident(self, error: BaseException) -> str:
        """Record what failed, without any values, and return the incident number."""
