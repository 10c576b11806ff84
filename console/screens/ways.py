"""The ways that are the same from every screen: to the exchange, to the log, and by the menu to all others.

The application has them, so that no screen needs to know another. A dialog above a screen bars them: it wants its
answer first. Each screen is imported when it is opened.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from console.screens.painting import PaintingApp
from store.rights import Right

if TYPE_CHECKING:
    from console.session import Session

# In the order of the menu, the work of the day first: the key of the menu and Enter lead there.
_PLACES: Final[Mapping[str, Right | None]] = MappingProxyType(
    {
        "today": Right.READ,
        "exchange": None,
        "log": Right.LOG,
        "entry": Right.ENTER,
        "handins": Right.ENTER,
        "health": Right.SETTINGS,
        "people": Right.PEOPLE,
    }
)
_FIRST_OF_PERSON: Final = 1  # The log-on lies below all screens.


class Ways(PaintingApp):
    """An application with these ways, for whoever is logged on and has chosen a PIN of their own."""

    @property
    def session(self) -> "Session | None":
        """The session of the person who is logged on."""
        raise NotImplementedError

    def may(self, right: str | None) -> bool:
        """Tell whether the person who is logged on has `right`."""
        raise NotImplementedError

    def action_exchange(self) -> None:
        """Open the pre-flight; while an exchange is under way, there is nothing to begin."""
        from console.screens.exchange.exchange import ExchangeScreen

        if any(getattr(screen, "unfinished", False) for screen in self.screen_stack):
            self.hint("exchange.under_way")
        else:
            self._open(ExchangeScreen, None)

    def action_log(self) -> None:
        """Open the log."""
        from console.screens.log.viewing import LogScreen

        self._open(LogScreen, Right.LOG)

    def action_menu(self) -> None:
        """Offer the other screens, each by its digit."""
        from console.screens.dialogs import Selection

        places = [name for name, right in _PLACES.items() if self.may(right)]
        self._open(lambda: Selection(lambda words: words("keys.menu"), places, _name), None, self._go)

    def _open(self, make: Any, right: Right | None, then: Any = None) -> None:  # A screen is whatever Textual pushes.
        session = self.session
        # With a PIN that somebody else drew, nothing is allowed but to choose another.
        if session is not None and not session.pin_given and self.may(right):
            self.push_screen(make(), then)

    def _go(self, place: str | None) -> None:
        if place in {"exchange", "log"}:
            getattr(self, f"action_{place}")()
        elif place == "today":
            self._go_home()
        elif place == "entry":
            from console.screens.entry.event import EventScreen

            self._open(EventScreen, Right.ENTER)
        elif place == "handins":
            from console.screens.handins.places import HandinsScreen

            self._open(HandinsScreen, Right.ENTER)
        elif place == "health":
            from console.screens.terminal.health import HealthScreen

            self._open(HealthScreen, Right.SETTINGS)
        elif place == "people":
            from console.screens.people.register import PeopleScreen

            self._open(PeopleScreen, Right.PEOPLE)

    def _go_home(self) -> None:
        """Close what lies above the first screen of the person, unless something there would be lost."""
        above = self.screen_stack[_FIRST_OF_PERSON + 1 :]
        if any(getattr(screen, "unfinished", False) for screen in above):
            self.hint("exchange.under_way")
        elif any(screen.name == "entry" for screen in above):
            # What was typed there is in no other place: its own key asks before it is lost.
            self.hint("keys.entry_open")
        else:
            for screen in reversed(above):
                screen.dismiss()


def _name(words: Any, place: str) -> str:
    return str(words(f"keys.place.{place}"))
