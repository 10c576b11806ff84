"""Work that must not hold up the screen: jobs run in threads, and their results come back to the widget that asked.

The threads are daemons, because a console that has to close must be able to: Textual's own thread workers keep the
process alive after they were cancelled. The store is safe against a thread that ends in the middle of a transaction.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.app import App
from textual.widget import Widget

from console.hardened import HardenedScreen

T = TypeVar("T")


class Background:
    """Starts jobs for widgets, and counts those under way; `failed` gets the errors that a widget does not take."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._open = 0
        # Jobs are counted up in the screen's thread, and down in their own when the console is ending.
        self._changed = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a job is under way or its result is not yet on the screen."""
        with self._changed:
            return self._open > 0

    def start(
        self,
        owner: Widget,
        job: Callable[[], T],
        then: Callable[[T], None],
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run `job` in a thread, then `then` with its result, or `otherwise` with its error, in the screen's thread.

        When `owner` has left the screen in between, the result is dropped.
        """
        # Asked here, in the screen's thread: in another thread a widget that was removed finds no application.
        app, failed = owner.app, otherwise or self._failed
        with self._changed:
            self._open += 1

        def run() -> None:
            try:
                result = job()
            except Exception as error:  # noqa: BLE001  # Whatever a job raises is shown by the screen that started it.
                # The name `error` ends with this block; the callback runs after it.
                self._hand_over(app, owner, partial(failed, error))
            else:
                self._hand_over(app, owner, partial(then, result))

        threading.Thread(target=run, name="job", daemon=True).start()

    def _hand_over(self, app: App[int], owner: Widget, receive: Callable[[], None]) -> None:
        def finish() -> None:
            # Counted down first: what receives the result may start the next job, or fail.
            self._finish()
            if _is_there(owner):
                receive()

        # The queue of the event loop is the only way in from another thread; False means that it takes no more.
        try:
            taken = app.call_later(finish)
        except RuntimeError:
            # The event loop is closed: the console is ending.
            taken = False
        if not taken:
            self._finish()

    def _finish(self) -> None:
        with self._changed:
            self._open -= 1


def _is_there(owner: Widget) -> bool:
    """Tell whether a widget can take in a result: its screen may be on the way out, with its other widgets gone."""
    if not owner.is_attached:
        return False
    screen = owner.screen
    return not (isinstance(screen, HardenedScreen) and screen.gone)
