"""Textual with every feature shut off that the console does not use.

All code that touches private or dangerous parts of Textual is in this module: its own keys and palette, actions by
name, screenshots and other files, the clipboard, links, suspension, tracebacks that print local variables, and markup
in data. `tests/console/test_hardened.py` checks each of them against the installed version, because an override of a
method that Textual has renamed would silently shut nothing.
"""

import signal
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, NoReturn, cast

from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

# Every action that a key may lead to. The name of an action could also come from elsewhere (a link in text, a key map),
# so no other action runs. `review` is the action of every step in `console.steps`: a new step needs no line here.
ACTIONS: Final = frozenset(
    {
        # anywhere
        "help", "language", "log_off", "back", "next_field", "previous_field", "enter",
        # lists and pages
        "move", "page", "edge", "choose", "scroll", "scroll_page", "scroll_edge",
        # queue and message
        "select", "select_all", "review", "search", "filter", "sort", "open_list", "reload", "exchange", "log",
        "characters",
        # filter
        "mark", "column", "clear_all",
        # entry
        "entry", "finish", "all_items", "take_seiji", "revise", "replace_sent", "cancel_sent", "cancel_event",
        "revisions", "older", "along", "show_address", "protect",
        # exchange and log
        "send", "receive", "read_again", "verify", "ask", "export",
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
        super().__init__(ansi_color=ansi_color)
        self.features = frozenset()
        self.animation_level = "none"
        self._closing_incident: str | None = None

    # What the subclass does

    def note_incident(self, error: BaseException) -> str:
        """Record what failed without its values and return its number."""
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
        # Without the error itself: the base would print its traceback.
        self.crash(Shut("fatal error"))

    def panic(self, *_renderables: object) -> None:
        """End without showing what Textual would have shown: a traceback."""
        self.crash(Shut("panic"))

    def _print_error_renderables(self) -> None:
        # Textual would print here, after the screen is given back, what it has collected about errors.
        self._exit_renderables.clear()

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
        if name not in ACTIONS:
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
