"""A screen with a form on it: where the form is found, and what is done when the screen comes back into sight."""

from console.screens.base import ConsoleScreen
from console.widgets.form import Form


class FormScreen(ConsoleScreen):
    """A screen that lays out a `Form` with the id `form`."""

    def on_screen_resume(self) -> None:
        """Lay the form out again: keys that came while another screen was closing moved its field unseen."""
        self.call_after_refresh(self.form.refresh, layout=True)

    @property
    def form(self) -> Form:
        """The form."""
        return self.query_one("#form", Form)
