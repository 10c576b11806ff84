"""The application as far as it sends screens to the terminal: as a whole, or what differs from what stands there."""

from typing import TYPE_CHECKING, Any

from textual._compositor import CompositorUpdate

from console.hardened import HardenedApp
from console.screens.base import Dialog
from console.widgets.painted import Painted

if TYPE_CHECKING:
    from textual.screen import Screen


class PaintingApp(HardenedApp):
    """An application that sends a dialog without the screen around it."""

    def __init__(self, *, ansi_color: bool) -> None:
        super().__init__(ansi_color=ansi_color)
        self._shown = Painted()
        # The screen that was sent last, and under a dialog the one around it.
        self._in_sight: tuple[Screen[Any], ...] = ()

    def on_resize(self) -> None:
        """Send all of the next screen."""
        self._shown.forget()

    def _display(self, screen: "Screen[Any]", renderable: Any) -> None:
        """Send an update of `screen`."""
        # What Textual does not send does not stand on the terminal either.
        sent = self._running and not self._closed and not self._batch_count
        if sent and isinstance(renderable, CompositorUpdate):
            above = isinstance(screen, Dialog) and screen in self.screen_stack
            # A screen in the place of another is sent whole: the lock covers what was there, whatever that was.
            renderable = self._shown.reduce(renderable, whole=not above and screen not in self._in_sight)
            self._in_sight = tuple(self.screen_stack[-2:]) if above else (screen,)
        super()._display(screen, renderable)
