"""The full-screen console: who is logged on, which terminal is open, which screen is shown.

The first screen is painted before anything heavy is imported; the terminal (database, keys, line) opens in a thread
behind it. Jobs run in threads; a screen never waits for the disk or the line.
"""

import gc
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from textual import events
from textual.binding import BindingType
from textual.widget import AwaitMount, Widget

from console import jobs
from console.background import Background
from console.hardened import HardenedApp
from console.incidents import record_incident
from console.keys import EVERYWHERE, bindings
from console.process import tty
from console.screens.base import ConsoleScreen
from console.screens.passphrase import PartsScreen
from console.screens.people.logon import LoginScreen
from console.session import Session, SessionKeeper
from console.settings import KeySourceName, Settings
from console.widgets.palette import GROUND, INK, Colours, Palette
from console.widgets.surface import Surface
from console.words import Language, Words
from store.endings import Ending

if TYPE_CHECKING:
    from console.foreseen import Foreseen
    from console.host import Host
    from console.jobs.exchange import LineState
    from console.jobs.terminal.health import Announcement
    from console.terminal import Terminal
    from store.sealing.sources import PassphraseParts

T = TypeVar("T")
_MINUTE: Final = 60
_LEASE_SECONDS: Final = 20.0


class RenkeiApp(HardenedApp):
    """The console on one terminal's directory."""

    TITLE = "Renkei"
    BINDINGS: ClassVar[list[BindingType]] = bindings(EVERYWHERE)
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
        self.failure: Foreseen | None = None
        self._terminal: Future[Terminal] = Future()
        self._keeper = SessionKeeper(
            settings.session, close=self._write_closing_entry, locked=self._on_locked, ended=self._on_ended
        )
        self._ending = threading.Event()
        self._painted = False
        self._minutes_shown = 0
        self._farewell: str | None = None

    # The start

    def get_default_screen(self) -> LoginScreen:
        """Begin with the login screen; it stays below all others."""
        return LoginScreen(id="login")

    def on_mount(self) -> None:
        """Look each second whether the head line's minutes have changed; nothing is painted when they have not."""
        if self.settings.keys.source == KeySourceName.PASSPHRASE:
            self.push_screen(PartsScreen(id="parts"))
        self.set_interval(1.0, self._show_minutes)

    def first_painted(self) -> None:
        """Open the terminal, now that the first screen can be seen."""
        if self._painted:
            return
        self._painted = True
        gc.collect()
        gc.freeze()
        gc.enable()
        self.begin()

    def begin(self) -> None:
        """Import what is heavy and open the terminal, in a thread; with a passphrase, once its parts are there."""
        if self.settings.keys.source != KeySourceName.PASSPHRASE:
            self.background.start(self.screen, self._open_terminal, self._terminal_opened, self._terminal_failed)

    def open_with(self, first: str, second: str, refused: Callable[[Exception], None]) -> None:
        """Open the terminal with the two parts of its passphrase; `refused` is told when they do not."""
        from store.sealing.sources import PassphraseParts

        def opened(terminal: "Terminal") -> None:
            self._terminal_opened(terminal)
            # The help may lie above what asked for the parts.
            while len(self.screen_stack) > 1:
                self.pop_screen()
            if isinstance(self.screen, LoginScreen):
                self.screen.take_ids()

        def failed(error: Exception) -> None:
            from store.errors import KeyPartsFault

            if isinstance(error, KeyPartsFault):
                refused(error)
            else:
                self._terminal_failed(error)

        self.background.start(self.screen, lambda: self._open_terminal(PassphraseParts(first, second)), opened, failed)

    def _open_terminal(self, parts: "PassphraseParts | None" = None) -> "Terminal":
        from console.terminal import Terminal

        terminal = Terminal.open(self.home, parts)
        jobs.terminal.opening.begin(terminal)
        return terminal

    def _terminal_opened(self, terminal: "Terminal") -> None:
        self._terminal.set_result(terminal)

    def _terminal_failed(self, error: Exception) -> None:
        self._terminal.set_exception(error)
        from console.foreseen import foreseen

        self.failure = foreseen(error)
        if self.failure is None:
            self.crash(error)
        else:
            self.exit(return_code=self.failure.exit_status)

    def close_terminal(self) -> None:
        """Record that the console is closed, and close the database, if it was opened."""
        self._record_stop()
        if self._terminal.done() and self._terminal.exception() is None:
            self._terminal.result().close()

    def depart(self, ending: Ending) -> None:
        """End the session and record that the console is closed, for a process that is told to end."""
        self.close_session(ending)
        self._record_stop()

    def _record_stop(self) -> None:
        stopped = self._ending.is_set()
        self._ending.set()
        if stopped or not self._terminal.done() or self._terminal.exception() is not None:
            return
        from store.errors import StoreError

        # Whatever is wrong with the store was told when it happened; nothing must keep the console from closing.
        with suppress(StoreError):
            jobs.terminal.opening.end(self._terminal.result(), incident=self.incident)

    @property
    def terminal(self) -> "Terminal":
        """The open terminal; jobs in threads wait for it here."""
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
    def minutes_left(self) -> int:
        """Whole minutes until the session ends if nothing is touched, rounded up."""
        return math.ceil(self._keeper.time_left().to_logoff / _MINUTE)

    def work(
        self,
        owner: Widget,
        job: Callable[["Terminal", Session], T],
        then: Callable[[T], None],
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run `job` for the person who is logged on, in a thread; see `Background.start`."""
        session = self.session
        if session is not None:
            self.background.start(owner, lambda: job(self.terminal, session), then, otherwise)

    def logged_on(self, session: Session) -> None:
        """Begin the work of the person whose session was opened."""
        from console.screens.messages.queue import QueueScreen
        from console.screens.people.pin import PinScreen

        self._keeper.begin(session)
        threading.Thread(target=self._renew_lease, args=(session,), name="lease", daemon=True).start()
        self.push_screen(PinScreen(id="new-pin") if session.pin_given else QueueScreen(id="queue"))
        self.look_at_line()
        self._announce()
        self._tell_halt()

    def _announce(self) -> None:
        """Say at log-on which certificate of either side ends soon."""

        def look() -> "list[Announcement]":
            return jobs.terminal.health.announcements(self.terminal)

        self.background.start(self.screen, look, self._announced)

    def _announced(self, found: "list[Announcement]") -> None:
        screen = self.screen
        if found and self.terminal.halted is None and isinstance(screen, ConsoleScreen):
            screen.notice.say("note", lambda words: " ".join(one.text(words) for one in found))

    def _tell_halt(self) -> None:
        """Say at log-on why no new work can begin, if that is so."""
        halted = self.terminal.halted
        screen = self.screen
        if halted is not None and isinstance(screen, ConsoleScreen):
            self.call_after_refresh(screen.show_fault, halted.code, halted.facts)

    def _renew_lease(self, session: Session) -> None:
        """Tell the store that this process lives, from a thread: what is not renewed is closed by the next start."""
        from store.errors import StoreError

        while not self._ending.wait(_LEASE_SECONDS) and self.session is session:
            try:
                jobs.people.logon.renew(self.terminal, session)
            except StoreError:
                # Closed elsewhere, or the store is out of order: nobody goes on working on this session.
                self._keeper.end(Ending.CRASH)

    def look_at_line(self) -> None:
        """Ask whether the peer can be reached, for the head line."""

        def ask() -> "LineState":
            return jobs.exchange.line_state(self.terminal)

        self.background.start(self.screen, ask, self._line_known)

    def _line_known(self, state: "LineState") -> None:
        self.line_state = state
        self.refresh_heads()

    def unlocked(self) -> None:
        """Go on after the PIN was given at the locked screen."""
        self._keeper.unlock()

    def log_on_again(self, farewell: str) -> None:
        """End the session because the person has to log on anew; `farewell` is the key of the text that says why."""
        self._farewell = farewell
        self._keeper.end(Ending.LOGGED_OFF)

    def action_log_off(self) -> None:
        """End the session; at the login screen, end the console."""
        if self.session is None:
            self.exit(return_code=0)
        elif any(getattr(screen, "unfinished", False) for screen in self.screen_stack):
            self._say("note", "exchange.under_way")
        else:
            self._keeper.end(Ending.LOGGED_OFF)

    def close_session(self, ending: Ending) -> bool:
        """End the session if one is open: exactly one closing entry, whoever calls first."""
        return self._keeper.end(ending)

    def _write_closing_entry(self, session: Session, ending: Ending) -> None:
        jobs.people.logon.log_off(self.terminal, session, ending)

    def _on_locked(self) -> None:
        # From the clock's thread.
        self.call_later(self._lock)

    def _on_ended(self, ending: Ending) -> None:
        # From any thread, also while the application is ending.
        if self.is_running:
            self.call_later(self._return_to_login, ending)

    def _lock(self) -> None:
        from console.screens.people.lock import LockScreen

        if self.session is not None:
            self.push_screen(LockScreen(id="lock"))

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:  # As wide as the base's overloads.
        """Put nothing above the lock: what a job opens that ends later would show the work to whoever comes by."""
        if self.screen_stack and self.screen.id == "lock":
            return AwaitMount(self.screen, ())
        return super().push_screen(screen, *arguments, **options)

    async def _return_to_login(self, ending: Ending) -> None:
        self.line_state = None
        # In one update, or the screens below would be painted for a moment, also those that a lock had covered.
        with self.batch_update():
            while len(self.screen_stack) > 1:
                await self.pop_screen()
        if isinstance(self.screen, LoginScreen):
            self.screen.welcome_back(f"login.ended.{ending}" if self._farewell is None else self._farewell)
        self._farewell = None

    def _say(self, level: str, key: str) -> None:
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            screen.say(level, key)

    # Keys anywhere

    async def on_event(self, event: events.Event) -> None:
        """Keep the session alive while keys are pressed; lock before a key that comes after the limit is delivered."""
        typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if typed and not self._keeper.touch() and self.screen.id != "lock":
            # The machine woke with this key. It falls away: who pressed it may be somebody else.
            self._lock()
            return
        await super().on_event(event)

    def action_language(self) -> None:
        """Switch between Japanese and English; the Linux console has no Japanese letters."""
        if tty.draws_japanese():
            self.words.toggle()
            self.reword()

    def action_help(self) -> None:
        """Explain the screen in hand."""
        from console.screens.help import HelpScreen

        topic = getattr(self.screen, "help_topic", None)
        if topic is not None:
            self.push_screen(HelpScreen(topic))

    def reword(self) -> None:
        """Show every text anew in the language in hand; input and focus stay."""
        for screen in self.screen_stack:
            for widget in screen.walk_children(Surface):
                widget.reword()

    def refresh_heads(self) -> None:
        """Draw the head lines anew."""
        for screen in self.screen_stack:
            for head in screen.query("HeadLine"):
                head.refresh()

    def _show_minutes(self) -> None:
        minutes = self.minutes_left
        if minutes != self._minutes_shown:
            self._minutes_shown = minutes
            self.refresh_heads()

    # Trouble

    def note_incident(self, error: BaseException) -> str:
        """Record what failed, without its values, and return its number."""
        return record_incident(self.home, error)

    def _job_failed(self, error: Exception) -> None:
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            screen.show_error(error)
        else:
            self.crash(error)


if TYPE_CHECKING:
    from console.foreseen import Foreseen

    # Screens and widgets see the application through this face alone; the type checker holds it to that.
    _FITS: type[Host] = RenkeiApp
