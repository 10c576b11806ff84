"""The ways from the screens of the day's work to the others, each of which is imported when it is opened."""

from console.screens.shared_letters import SharedLetters
from store.message.worklists import DIGITS, WorkList


class WorkScreen(SharedLetters):
    """A screen from which the work of the day goes out: home, or the queue above it."""

    def action_entry(self) -> None:
        """Open the entry by hand."""
        from console.screens.entry.event import EventScreen

        self.notice.clear()
        self.app.push_screen(EventScreen())

    def action_exchange(self) -> None:
        """Open the exchange."""
        self.notice.clear()
        self.console_app.action_exchange()

    def action_handins(self) -> None:
        """Open the hand-in places."""
        from console.screens.handins.places import HandinsScreen

        self.notice.clear()
        self.app.push_screen(HandinsScreen())

    def action_log(self) -> None:
        """Open the log."""
        self.notice.clear()
        self.console_app.action_log()

    def action_open_list(self, digit: str) -> None:
        """Show the list of work that bears the digit."""
        self.open_list(DIGITS[digit])

    def open_list(self, work: WorkList, *, searching: bool = False) -> None:
        """Show a list of work, if wanted with the field of the search."""
        # The queue takes another view; home opens the queue.
        raise NotImplementedError
