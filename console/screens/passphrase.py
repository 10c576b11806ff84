"""Opening a terminal whose key is wrapped under a passphrase: two persons type one part each, before any log-on."""

from console.screens.two_secrets import PairScreen


class PartsScreen(PairScreen):
    """Asks for both parts until they open the terminal. It lies above the login screen."""

    NAME = "parts"
    help_topic = "parts"
    TITLE_KEY = "login.parts_title"
    REMEDY_KEY = "login.parts_remedy"
    LABEL_KEYS = ("login.first_part", "login.second_part")

    def given(self, first: str, second: str) -> None:
        """Try to open the terminal with both parts, which may come in either order."""
        if not first or not second:
            self.say("note", "login.both_parts_wanted")
            return
        self._lock_fields(locked=True)
        self.say("note", "login.checking")
        # The application closes this screen when the parts open the terminal.
        self.console_app.open_with(first, second, self._refused)

    def _refused(self, error: Exception) -> None:
        self._lock_fields(locked=False)
        self.show_error(error)

    def _lock_fields(self, *, locked: bool) -> None:
        # What is typed while the parts are checked belongs to no field.
        self.first.locked = self.second.locked = locked
