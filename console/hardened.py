"""Textual with every feature shut off that the console does not use.

All code that touches private or dangerous parts of Textual is in this module, but for the reading of its input in
`console.process.keyboard`: its own keys and palette, actions by name, screenshots and other files, the clipboard,
links, suspension, tracebacks that print local variables, markup in data, and what reaches a screen that was closed.
`tests/console/test_hardened.py` checks each of them against the installed version, because an override of a method that
Textual has renamed would silently shut nothing.
"""

import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, NoReturn, TypeVar, cast

from textual import events
from textual._context import active_message_pump
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import AwaitMount, Widget

from console.process.keyboard import Keyboard

T = TypeVar("T")

# Every action that a key may lead to. The name of an action could also come from elsewhere (a link in text, a key map),
# so no other action runs. `review` is the action of every step in `console.steps`: a new step needs no line here.
ACTIONS: Final = frozenset(
    {
        # anywhere
        "help", "language", "log_off", "back", "menu", "next_field", "previous_field", "enter", "letter", "lock",
        "destroy",
        # lists and pages
        "move", "page", "edge", "choose", "scroll", "scroll_page", "scroll_edge",
        # queue and message
        "select", "select_all", "split", "review", "search", "filter", "sort", "open_list", "reload", "exchange", "log",
        "characters", "person",
        # filter
        "mark", "column", "clear_all",
        # entry
        "entry", "finish", "all_items", "take_seiji", "pull", "one_more", "revise", "replace_sent", "cancel_sent",
        "cancel_event", "revisions", "older", "along", "show_address", "protect", "unprotect",
        # exchange and log
        "send", "receive", "read_again", "last_exchange", "conditions", "export",
        # people
        "suspend", "unlock", "resume", "reset_pin", "sessions",
        # import
        "handins", "take_in", "former_report",
    }
)  # fmt: skip


class Shut(RuntimeError):
    """Something asked for a feature of Textual that the console keeps shut."""


class HardenedApp(App[int], inherit_bindings=False):
    """The application without what a terminal for personal data must not offer."""

    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar = set()
    ALLOW_SELECT = False
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar = []

    # No features: the environment variable TEXTUAL would switch on the debugger and the development console. No
    # animation: over SSH a page costs 7 kB without and 175 kB with it.
    def __init__(self, *, ansi_color: bool) -> None:
        super().__init__(driver_class=Keyboard, ansi_color=ansi_color)
        self.features = frozenset()
        self.animation_level = "none"
        self._closing_incident: str | None = None

    # What the subclass does

    def note_incident(self, error: BaseException) -> str:
        """Record what failed without its values and return its number."""
        raise NotImplementedError

    def hint(self, key: str) -> None:
        """Say the text `key` on the screen in hand, about what was just typed."""
        raise NotImplementedError

    # Life

    async def _ready(self) -> None:
        await super()._ready()
        if not self.is_headless:
            # The driver has just taken over these signals, to suspend the program: that would leave a session open
            # behind a shell.
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
            signal.signal(signal.SIGCONT, signal.SIG_DFL)

    # Crashes: an incident number, never a traceback

    @property
    def incident(self) -> str | None:
        """The number of the incident that ended the application, if one did."""
        return self._closing_incident

    def crash(self, error: BaseException) -> None:
        """End the application because of `error`."""
        # Only the first error counts: what fails while the application ends follows from it.
        if self._closing_incident is None:
            self._closing_incident = self.note_incident(error)
        self._return_code = 1
        if self._exception is None and isinstance(error, Exception):
            # Textual's test driver looks here and raises the error, so that a test fails with it.
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        self.crash(error)

    def _fatal_error(self) -> None:
        # The base would print a traceback.
        self.crash(sys.exception() or Shut("fatal error"))

    def panic(self, *_renderables: object) -> None:
        """End without showing what Textual would have shown: a traceback."""
        # What is being handled is the cause; the error that says so has no place of its own.
        self.crash(sys.exception() or Shut("panic"))

    def _print_error_renderables(self) -> None:
        # Textual would print here, after the screen is given back, what it has collected about errors.
        self._exit_renderables.clear()

    # Screens

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:  # As wide as the base's overloads.
        """Open `screen`, unless one asks for it that is not in hand any more.

        In a burst, the second Enter would open a message above the one that the first has opened, and the answer to a
        question could open a form above the login screen, after the session has ended.
        """
        asking = active_message_pump.get(self)
        if isinstance(asking, Widget) and not (asking.is_attached and asking.screen is self.screen):
            return AwaitMount(self.screen, ())
        return super().push_screen(screen, *arguments, **options)

    # Actions by an allow-list

    async def run_action(
        self,
        action: object,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run `action` if it is on the list."""
        # Textual also takes a parsed action, which would pass by the list.
        if not isinstance(action, str):
            return False
        # "app.log_off" and "filter(1)" are on the list as "log_off" and "filter".
        name = action.partition("(")[0].rpartition(".")[2]
        screen = self.screen_stack[-1] if self.screen_stack else None
        if name not in ACTIONS or (isinstance(screen, HardenedScreen) and not screen.obeys(name)):
            return False
        return await super().run_action(action, default_namespace, cast("dict[str, DOMNode] | None", namespaces))

    # Shut doors

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  # Its name in the base.
        """Return no commands: the palette is shut."""
        return ()

    def action_command_palette(self) -> None:
        """Do nothing."""

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Do nothing."""

    def action_suspend_process(self) -> None:
        """Do nothing."""

    def action_help_quit(self) -> None:
        """Do nothing."""

    def copy_to_clipboard(self, text: str) -> None:
        """Do nothing: no personal data leaves the screen by an escape sequence (OSC 52)."""

    def notify(self, *_arguments: object, **_options: object) -> None:
        """Do nothing. The console has its own line for notices, whose text is never read as markup."""

    def save_screenshot(self, *_arguments: object, **_options: object) -> NoReturn:
        """Write no file."""
        raise Shut("save_screenshot")

    def deliver_screenshot(self, *_arguments: object, **_options: object) -> NoReturn:
        """Write no file."""
        raise Shut("deliver_screenshot")

    def deliver_text(self, *_arguments: object, **_options: object) -> NoReturn:
        """Write no file."""
        raise Shut("deliver_text")

    def deliver_binary(self, *_arguments: object, **_options: object) -> NoReturn:
        """Write no file."""
        raise Shut("deliver_binary")

    def open_url(self, url: str, *, new_tab: bool = True) -> NoReturn:  # noqa: ARG002  # Its names in the base.
        """Start no browser."""
        raise Shut("open_url")

    def suspend(self) -> NoReturn:
        """Never give the terminal to another program."""
        raise Shut("suspend")


class HardenedScreen(Screen[T], inherit_bindings=False):
    """A screen that acts only while it is in hand, and takes in nothing once it was closed.

    Keys, messages and results wait in queues. In a burst of keys a screen may be closed or covered by another one
    before it gets to them: its widgets would not be found any more, or the act would be done to the other screen.
    """

    # For tests and for whoever asks which screen is in hand. No id, which may be there once only, also while a screen
    # that was closed is still being taken down.
    NAME: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(name=self.NAME)

    @property
    def gone(self) -> bool:
        """Whether the screen was closed, or the application ends: its widgets may be gone, or were never laid out."""
        return not self.is_attached or self._pruning or self not in self.app.screen_stack

    @property
    def in_hand(self) -> bool:
        """Whether the screen is laid out, and no other lies above it."""
        return self.is_mounted and self.app.screen is self

    def obeys(self, action: str) -> bool:  # noqa: ARG002  # For subclasses.
        """Tell whether the screen is in a state in which this action makes sense."""
        return True

    @property
    def below(self) -> Screen[Any]:
        """The screen that comes into sight when this one is closed."""
        stack = self.app.screen_stack
        return stack[stack.index(self) - 1]

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close this screen, also where another one lies above it; do nothing if it was closed before.

        Textual closes whichever screen is on top: the end of a job would open the lock.
        """
        if self.gone:
            return AwaitComplete()
        if self.app.screen is self:
            return super().dismiss(result)
        if self._result_callbacks:
            self._result_callbacks[-1](result)
        self.app._screen_stack.remove(self)  # noqa: SLF001  # What `pop_screen` does, for a screen that is covered.
        self._pop_result_callback()
        return AwaitComplete(self.app._replace_screen(self)).call_next(self.app)  # noqa: SLF001  # As above.

    def _screen_resized(self, size: Size) -> None:  # noqa: ARG002  # The base's name.
        """Lay out for the size that the terminal has now, and never for one that it had.

        Textual lays a covered screen out for whatever size each message names, and each layout in another size sends
        the next message: two changes in a burst would go on for ever, and no key would be heard any more.
        """
        super()._screen_resized(self.app.size)

    def _get_dispatch_methods(
        self, method_name: str, message: Message
    ) -> Iterable[tuple[type, Callable[[Message], Any]]]:
        methods = super()._get_dispatch_methods(method_name, message)
        # What ends is told to all, so that they stop their work. Textual's own handlers take the screen down.
        if isinstance(message, events.Unmount) or not self.gone:
            return methods
        return ((owner, method) for owner, method in methods if owner.__module__.startswith("textual."))
