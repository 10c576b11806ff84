"""Opening the console on a terminal, and giving the terminal back however the console ends."""

import atexit
from pathlib import Path
from typing import TYPE_CHECKING

from console.app import RenkeiApp
from console.errors import ConsoleError
from console.incidents import record_incident
from console.process import confinement
from console.process.signals import SignalWatch
from console.process.tty import Tty, draws_japanese, print_line
from console.process.uncaught import uncaught_recorded
from console.settings import Settings
from console.widgets.palette import Colours
from console.words import Language, Words
from store.endings import Ending

if TYPE_CHECKING:
    from console.foreseen import Foreseen


def run(home: Path | None, language: str | None = None, tty: Tty | None = None) -> int:
    """Open the console on the terminal's directory `home` and return the exit status when it is closed.

    The terminal must have passed `tty.check_surroundings`. A refusal is printed as one line.
    """
    chosen: Language | None = "ja" if language == "ja" else "en" if language == "en" else None
    # Whatever the option and the settings say: the Linux console has no glyphs for Japanese.
    if not draws_japanese():
        chosen = "en"
    words = Words(chosen or "ja")
    if home is None:
        print_line(f"renkei: {words('login.home_unnamed')}")
        return 2
    try:
        settings = Settings.load(home)
    except ConsoleError as error:
        print_line(_describe(words, error))
        return error.exit_status
    try:
        # Before the first thread, since only what is started later is held to it as well.
        confinement.confine(confinement.needs_of(home, settings))
    except OSError as error:
        # A custodian finds it in the technical log; nobody can work less safely for want of it than before.
        record_incident(home, error)
    app = RenkeiApp(home, settings, language=chosen, colours=Colours.of_terminal())
    # From the first moment of the screen on: a traceback would be painted over it, with what a person entered.
    if tty is None:
        tty = Tty()
        atexit.register(tty.give_back)
    with uncaught_recorded(app.note_incident, in_thread=lambda error: _crash(app, tty, error)):
        return _paint(app, tty)


def _paint(app: RenkeiApp, tty: Tty) -> int:
    # Before Textual starts any thread, since only the threads that are started later block the signals as well.
    SignalWatch(tty, app.depart).watch()
    try:
        app.run(mouse=False)
    except Exception as error:  # noqa: BLE001  # No traceback may reach the screen: it shows what a person entered.
        if not _closed(tty, error):
            app.crash(error)
    finally:
        # The screen first: closing the session may wait for the disk, and nothing personal may be seen meanwhile. The
        # terminal stays silent until the process ends: what is typed until then is for nobody.
        tty.wipe()
    # Does nothing when a key or the idle limit has ended the session already: one session, one closing entry.
    last = Ending.HANG_UP if tty.hung_up else Ending.LOGGED_OFF
    app.close_session(Ending.CRASH if app.incident else last)
    app.close_terminal()
    # Last of all, on the main screen.
    if app.incident is not None:
        print_line(f"renkei: {app.words('common.incident', number=app.incident)}")
        return 1
    if app.failure is not None:
        print_line(_describe(app.words, app.failure))
        return app.failure.exit_status
    return app.return_code or 0


def _closed(tty: Tty, error: BaseException) -> bool:
    """Tell whether `error` only says that the terminal was closed, which is no failure of ours."""
    return isinstance(error, OSError) and tty.hung_up


def _crash(app: RenkeiApp, tty: Tty, error: BaseException) -> None:
    """End the console because another thread raised `error`."""
    if _closed(tty, error):
        # The thread that paints sees it first; the one that waits for signals ends the session as a hang-up.
        return
    try:
        taken = app.call_later(app.crash, error)
    except RuntimeError:
        # The event loop is closed: the console is ending.
        taken = False
    if not taken:
        app.note_incident(error)


def _describe(words: Words, error: "Foreseen") -> str:
    fault = words.fault(error.code, error.facts)
    return f"renkei: {fault.cause} {fault.remedy}"
