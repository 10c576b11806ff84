"""Where a person begins after the log-on: where the work of the role is."""

from typing import TYPE_CHECKING

from console.screens.base import ConsoleScreen
from store.rights import Right

if TYPE_CHECKING:
    from console.session import Session


def landing(session: "Session") -> ConsoleScreen:
    """Return the first screen of a person.

    Who reads messages begins with the work of the day, the auditor with the log, and the custodian, who sees no
    personal data, with the state of the terminal.
    """
    # Each screen is imported when somebody begins with it.
    if session.pin_given:
        from console.screens.people.pin import PinScreen

        return PinScreen()
    if session.may(Right.READ):
        from console.screens.work.today import TodayScreen

        return TodayScreen()
    if session.may(Right.LOG):
        from console.screens.log.viewing import LogScreen

        return LogScreen()
    from console.screens.terminal.health import HealthScreen

    return HealthScreen()
