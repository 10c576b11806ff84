"""Saving what is being entered: as a field is left, a moment after the last key, and when another screen covers it."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from console import jobs

if TYPE_CHECKING:
    from textual.timer import Timer

    from console.jobs.entry.draft import Draft
    from console.screens.base import ConsoleScreen
    from console.session import Session
    from console.terminal import Terminal

_PAUSE: Final = 1.5  # seconds without a key: a lost power supply takes no more than the field that is being typed


class Saving:
    """Saves `draft` for the form `screen`; `saved` is called when that was done.

    One saving is under way at a time, and nothing ends the draft meanwhile: what came late would bring it back.
    """

    def __init__(self, screen: "ConsoleScreen", draft: "Draft", saved: Callable[[], None]) -> None:
        self._screen = screen
        self._draft = draft
        self._saved = saved
        self._timer: Timer | None = None
        self._under_way = False
        self._unsaved = False
        # Asked to save at once while it was saving.
        self._again = False
        self._next: Callable[[], None] | None = None
        self.at: datetime | None = None

    def soon(self) -> None:
        """Save after a pause in the typing."""
        # Not at each key: every saving is a transaction, and a word is typed in less time than one takes.
        self._unsaved = True
        if self._timer is None:
            self._timer = self._screen.set_timer(_PAUSE, self.now)
        else:
            self._timer.reset()

    def now(self) -> None:
        """Save at once what is not saved yet."""
        # Whatever comes after this call begins a pause of its own.
        self._rest()
        if not self._unsaved or self._under_way or self._next is not None:
            self._again = self._under_way
            return
        self._unsaved, self._under_way, self._again = False, True, False
        # Taken now: the thread must not read what the next key changes.
        uid, content = self._draft.uid, self._draft.content()
        # In a thread: a disk that is slow must not hold up the next key.

        def keep(terminal: "Terminal", session: "Session") -> datetime:
            return jobs.entry.keeping.keep(terminal, session, uid, content)

        self._screen.work(keep, self._done, self._failed)

    def then(self, go_on: Callable[[], None], *, saving: bool = False) -> None:
        """Go on when nothing is being saved any more; with `saving`, after the last key was saved."""
        if saving:
            self.now()
        self._rest()
        if self._under_way:
            # Registering takes the row away: a saving that came after it would put it back.
            self._next = go_on
        else:
            go_on()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _done(self, at: datetime) -> None:
        self.at = at
        self._saved()
        self._ended()

    # The disk may be full, or another terminal may have the lock: the person is told, and what was typed stays here.
    def _failed(self, error: Exception) -> None:
        # A full disk is not asked again at once.
        self._unsaved, self._again = True, False
        self._ended()
        self._screen.show_error(error)

    def _ended(self) -> None:
        self._under_way = False
        # Whoever waits has the draft registered or discarded, so that what is unsaved need not be saved any more.
        go_on, self._next = self._next, None
        if go_on is not None:
            go_on()
        elif self._again:
            self.now()
        elif self._unsaved and self._timer is None:
            self.soon()
