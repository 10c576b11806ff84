"""The full-screen console: who is logged on, which terminal is open, which screen is shown.

The first screen is painted before anything heavy is imported. The terminal (database, keys, line) then opens in a
thread behind it. Jobs run in threads, so that a screen never waits for the disk or the line.

Imports inside functions keep heavy libraries away from the first paint: the database and the cryptography take half a
second. tests/console/test_start.py lists what may be loaded before it.
"""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.binding import BindingType
from textual.widget import AwaitMount, Widget

from console import jobs
from console.background import Background
from console.incidents import record_incident
from console.keys import EVERYWHERE, WAYS, bindings
from console.process import tty
from console.screens.base import ConsoleScreen, Dialog
from console.screens.passphrase import PartsScreen
from console.screens.people.logon import LoginScreen
from console.screens.ways import Ways
from console.session import Session, SessionKeeper, TimeLeft
from console.settings import KeySourceName, Settings
from console.widgets.palette import GROUND, INK, Colours, Palette
from console.widgets.surface import Surface
from console.words import Language, Words
from store.endings import Ending

if TYPE_CHECKING:
    from console.foreseen import Foreseen
    from console.host import Host
    from console.jobs.exchange import LineState
    from console.jobs.log.conditions import Conditions
    from console.jobs.people.lease import Lease
    from console.jobs.terminal.announcements import Announcement, PendingSettings
    from console.terminal import Terminal
    from store.sealing.sources import PassphraseParts

T = TypeVar("T")


class RenkeiApp(Ways):
    """The console for the terminal in the directory `home`."""

    TITLE = "Renkei"
    BINDINGS: ClassVar[list[BindingType]] = bindings((*EVERYWHERE, *WAYS))
    CSS = f"""
    Screen {{ background: {GROUND}; color: {INK}; overflow: hidden hidden; }}
    Screen:ansi {{ background: ansi_default; color: ansi_default; }}
    Dialog, Dialog:ansi {{ background: transparent; align: left bottom; }}
    """

    def __init__(
        self, home: Path, settings: Settings, *, language: Language | None = None, colours: Colours = Colours.FULL
    ) -> None:
        super().__init__(ansi_color=colours is not Colours.FULL)
        self.home = home
        self.settings = settings
        self.words = Words(language or ("en" if settings.language == "en" else "ja"))
        self.palette = Palette(colours)
        self.background = Background(self._job_failed)
        self.line_state: LineState | None = None
        self.conditions: dict[str, Conditions] = {}
        self.failure: Foreseen | None = None
        # Somebody may type ID and PIN before the terminal is open: their log-on waits for this, in its own thread.
        self._terminal: Future[Terminal] = Future()
        self._keeper = SessionKeeper(
            settings.session, close=self._write_closing_entry, locked=self._on_locked, ended=self._on_ended
        )
        self._lease: Lease | None = None
        self._ending = threading.Event()
        self._painted = False
        self._time_shown: object = None
        self._farewell: str | None = None

    # The start

    def get_default_screen(self) -> LoginScreen:
        """Start with the login screen, which stays below all others."""
        return LoginScreen()

    def on_mount(self) -> None:
        """Ask for the passphrase if the terminal has one, and look each second at the time that is left."""
        if self.settings.keys.source == KeySourceName.PASSPHRASE:
            self.push_screen(PartsScreen())
        # Only what changed is painted: output each second would keep sshd from ever noticing a dead client.
        self.set_interval(1.0, self._show_minutes)

    def first_painted(self) -> None:
        """Open the terminal, now that the first screen can be seen."""
        if self._painted:
            return
        self._painted = True
        # What is loaded now lives as long as the process: frozen, no later collection has to walk through it.
        gc.collect()
        gc.freeze()
        self.begin()

    def begin(self) -> None:
        """Import the heavy libraries and open the terminal, in a thread.

        A terminal with a passphrase is opened by `open_with` instead, once both parts were typed.
        """
        if self.settings.keys.source != KeySourceName.PASSPHRASE:
            self.background.start(self.screen, self._open_terminal, self._terminal_opened, self._terminal_failed)

    def open_with(self, first: str, second: str, refused: Callable[[Exception], None]) -> None:
        """Open the terminal with the two parts of its passphrase; `refused` gets the error when they are wrong."""
        from store.sealing.sources import PassphraseParts

        parts = PassphraseParts(first, second)
        failed = partial(self._opening_failed, refused)
        self.background.start(self.screen, partial(self._open_terminal, parts), self._opened_with_parts, failed)

    def _opened_with_parts(self, terminal: "Terminal") -> None:
        self._terminal_opened(terminal)
        # The help may lie above the screen that asked for the parts.
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, LoginScreen):
            self.screen.take_ids()

    def _opening_failed(self, refused: Callable[[Exception], None], error: Exception) -> None:
        from store.errors import KeyPartsFault

        # Wrong parts can be typed again. Whatever else keeps the terminal shut ends the console.
        if isinstance(error, KeyPartsFault):
            refused(error)
        else:
            self._terminal_failed(error)

    def _open_terminal(self, parts: "PassphraseParts | None" = None) -> "Terminal":
        return jobs.terminal.opening.open_terminal(self.home, parts, origin="screen")

    def _terminal_opened(self, terminal: "Terminal") -> None:
        self._terminal.set_result(terminal)

    def _terminal_failed(self, error: Exception) -> None:
        from console.foreseen import foreseen

        # Jobs that wait for the terminal get the same error instead of waiting for ever.
        self._terminal.set_exception(error)
        self.failure = foreseen(error)
        if self.failure is None:
            self.crash(error)
        else:
            self.exit(return_code=self.failure.exit_status)

    def close_terminal(self) -> None:
        """Record that the console is closed and close the database, if the terminal was opened."""
        self._record_stop()
        if self._terminal.done() and self._terminal.exception() is None:
            self._terminal.result().close()

    def depart(self, ending: Ending) -> None:
        """End the session and record that the console is closed, when a signal ends the process."""
        self.close_session(ending)
        self._record_stop()

    def _record_stop(self) -> None:
        # A signal may end the console while it is already closing: the entry is written once.
        stopped = self._ending.is_set()
        self._ending.set()
        self._end_lease()
        if stopped or not self._terminal.done() or self._terminal.exception() is not None:
            return
        from store.errors import StoreError

        # A fault of the store was shown when it first happened; nothing may keep the console from closing.
        with suppress(StoreError):
            jobs.terminal.opening.end(self._terminal.result(), incident=self.incident)

    @property
    def terminal(self) -> "Terminal":
        """The open terminal. Asking waits until it is open, so before a log-on only threads may ask."""
        return self._terminal.result()

    # The session

    @property
    def session(self) -> Session | None:
        """The session of the person who is logged on."""
        return self._keeper.session

    def may(self, right: str | None) -> bool:
        """Tell whether the person who is logged on has `right`; None asks for none."""
        session = self.session
        return right is None or (session is not None and session.may(right))

    @property
    def time_left(self) -> TimeLeft:
        """How long the session lasts if nothing is touched."""
        return self._keeper.time_left()

    def work(
        self,
        owner: Widget,
        job: Callable[["Terminal", Session], T],
        then: Callable[[T], None],
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run `job` for the person who is logged on, in a thread; see `Background.start`."""
        # Taken now, not in the thread: the job belongs to this person even if somebody else logs on meanwhile.
        session = self.session
        if session is not None:
            self.background.start(owner, lambda: job(self.terminal, session), then, otherwise)

    def logged_on(self, session: Session) -> None:
        """Start the work of the person whose session was opened."""
        from console.screens.people.landing import landing

        # Not the file's: a change there holds only once two persons have brought it into force.
        self._keeper.begin(session, self.terminal.settings.session)
        # Closed elsewhere, or the store is out of order: nobody goes on working on this session.
        self._lease = jobs.people.lease.Lease(self.terminal, session, lost=self._keeper.end)
        self.push_screen(landing(session))
        self.look_at_line()
        self._announce(session)
        self._show_halt()

    def _announce(self, session: Session) -> None:
        """Say at log-on which certificate of either side ends soon, and which settings wait to be confirmed."""
        self.background.start(
            self.screen, lambda: jobs.terminal.announcements.at_log_on(self.terminal, session), self._announced
        )

    def _announced(self, announcements: "list[Announcement | PendingSettings]") -> None:
        screen = self.screen_stack[min(1, len(self.screen_stack) - 1)]  # Where the person begins, under a look back.
        # A halt needs the notice line more: no work is possible until somebody acts on it.
        if announcements and self.terminal.halted is None and isinstance(screen, ConsoleScreen):
            screen.notice.say("note", lambda words: " ".join(item.text(words) for item in announcements))

    def _show_halt(self) -> None:
        """Say at log-on why no new work can begin, if that is so."""
        halted = self.terminal.halted
        screen = self.screen
        if halted is not None and isinstance(screen, ConsoleScreen):
            screen.show_fault(halted.code, halted.facts)

    def _end_lease(self) -> None:
        if self._lease is not None:
            self._lease.end()

    def look_at_line(self) -> None:
        """Ask whether the peer can be reached, for the head line."""
        self.background.start(self.screen, self._ask_line, self._line_known)

    def _ask_line(self) -> "LineState":
        return jobs.exchange.line_state(self.terminal)

    def _line_known(self, state: "LineState") -> None:
        self.line_state = state
        self.refresh_heads()

    def unlocked(self) -> None:
        """Go on after the PIN was given at the locked screen."""
        self._keeper.unlock()

    def log_on_again(self, farewell: str) -> None:
        """End the session because the person has to log on again; the text `farewell` says why."""
        self._farewell = farewell
        self._keeper.end(Ending.LOGGED_OFF)

    def action_log_off(self) -> None:
        """End the session; at the login screen, end the console."""
        unfinished = any(getattr(screen, "unfinished", False) for screen in self.screen_stack)
        if unfinished:
            # An exchange or an export must not be cut off by somebody who no longer sees it; and who left while a PIN
            # is checked would leave a session behind.
            self.hint("login.checking" if self.session is None else "exchange.under_way")
        elif self.session is None:
            self.exit(return_code=0)
        else:
            self._keeper.end(Ending.LOGGED_OFF)

    def close_session(self, ending: Ending) -> bool:
        """End the session if one is open. Only the first call does anything, so there is one closing entry."""
        return self._keeper.end(ending)

    def _write_closing_entry(self, session: Session, ending: Ending) -> None:
        jobs.people.logon.log_off(self.terminal, session, ending)

    def _on_locked(self) -> None:
        # Called in the clock's thread; only the event loop's thread may touch screens.
        self.call_later(self._lock)

    def _on_ended(self, ending: Ending) -> None:
        # Called in any thread, also while the application is ending and takes no calls any more.
        self._end_lease()
        if self.is_running:
            self.call_later(self._return_to_login, ending)

    def action_lock(self) -> None:
        """Lock the screen at once (画面ロック)."""
        self._keeper.lock()
        self._lock()

    def _lock(self) -> None:
        from console.screens.people.lock import LockScreen

        # The session may have ended while this call was on its way.
        if self.session is not None:
            self.push_screen(LockScreen())

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:  # As wide as the base's overloads.
        """Open `screen`, but never above the lock.

        A job that ends while the screen is locked may open its result: that would show the work to anybody passing by.
        """
        if self.screen_stack and self.screen.name == "lock":
            return AwaitMount(self.screen, ())
        return super().push_screen(screen, *arguments, **options)

    async def _return_to_login(self, ending: Ending) -> None:
        self.line_state = None
        # One update for all: otherwise each screen below would be painted for a moment, even those under a lock.
        with self.batch_update():
            while len(self.screen_stack) > 1:
                await self.pop_screen()
        if isinstance(self.screen, LoginScreen):
            self.screen.welcome_back(f"login.ended.{ending}" if self._farewell is None else self._farewell)
        self._farewell = None

    def hint(self, key: str) -> None:
        """Say the text `key` on the screen in hand, whichever it is."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen | Dialog):
            screen.hint(key)

    # Keys anywhere

    async def on_event(self, event: events.Event) -> None:
        """Keep the session alive while keys are pressed; lock before a key that comes after the limit is delivered.

        An event that was forwarded to a widget may bubble up to here again: it counts once, when it arrives.
        """
        typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if typed and not self._keeper.touch() and self.screen.name != "lock":
            # The machine woke with this key. It is dropped: somebody else may have pressed it.
            self._lock()
            return
        await super().on_event(event)

    def action_language(self) -> None:
        """Switch between Japanese and English, where the terminal can draw Japanese: the Linux console cannot."""
        if tty.draws_japanese():
            self.words.toggle()
            self.reword()

    def action_help(self, part: str = "page") -> None:
        """Explain the current screen, or show its keys."""
        from console.screens.help import open_help

        open_help(self, self.screen, part)

    def reword(self) -> None:
        """Show every text in the current language; input and focus stay as they are."""
        for screen in self.screen_stack:
            for widget in screen.walk_children(Surface):
                widget.reword()

    def refresh_heads(self) -> None:
        """Redraw the head lines."""
        for screen in self.screen_stack:
            for head in screen.query("HeadLine"):
                head.refresh()

    def _show_minutes(self) -> None:
        shown = self.time_left.shown
        if shown != self._time_shown:
            self._time_shown = shown
            self.refresh_heads()

    # Trouble

    def note_incident(self, error: BaseException) -> str:
        """Record what failed, without any values, and return the incident number."""
        return record_incident(self.home, error)

    def _job_failed(self, error: Exception) -> None:
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            screen.show_error(error)
        else:
            self.crash(error)


if TYPE_CHECKING:
    # Screens and widgets know the application only as a Host; here the type checker makes sure that it is one.
    _FITS: type[Host] = RenkeiApp
