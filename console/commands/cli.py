"""The entrance of the command line: the outermost group, and how every call ends.

Every command takes the common options and gets its help texts from the catalogue `commands`. Whatever happens, a call
ends with one of the exit statuses in `failures`, prints at most one line about what went wrong, and shows no traceback.
"""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from console import steps
from console.commands import completion, phrases
from console.commands.failures import ExitStatus, describe
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation, glance
from console.incidents import record_incident
from console.process.signals import SIGNALS
from console.process.uncaught import uncaught_recorded

# In the order of the help: the terminal first, then the day's work, then what surrounds it.
_COMMANDS = {
    "demo": "console.commands.rehearsal.world:demo",
    "smoke": "console.commands.rehearsal.world:smoke",
    "init": "console.commands.terminal.setup:init",
    "join": "console.commands.terminal:join",
    "settings": "console.commands.terminal:settings",
    "check": "console.commands.terminal.health:check",
    "upgrade": "console.commands.terminal.maintenance:upgrade",
    "backup": "console.commands.terminal.maintenance:backup",
    "restore": "console.commands.terminal.maintenance:restore",
    "rekey": "console.commands.terminal.maintenance:rekey",
    "erase": "console.commands.messages.retention:erase",
    "agency": "console.commands.rehearsal:agency",
    "import": "console.commands.messages.intake:import_files",
    "layout": "console.commands.messages:layout",
    "queue": "console.commands.messages.listing:queue",
    "show": "console.commands.messages.reading:show",
    **{name: f"console.commands.messages.review:{name}" for name in steps.COMMANDS},
    "confirm": "console.commands.messages.review:confirm",
    "revise": "console.commands.messages.entry:revise",
    "undo": "console.commands.messages.entry:undo",
    "cancel-event": "console.commands.messages.entry:cancel_event",
    "protect": "console.commands.residents:protect",
    "send": "console.commands.exchange:send",
    "receive": "console.commands.exchange:receive",
    "recover": "console.commands.exchange:recover",
    "peer": "console.commands.peers:peer",
    "keys": "console.commands.peers:keys",
    "log": "console.commands.log:log",
    "operator": "console.commands.people:operator",
    "session": "console.commands.sessions:session",
    "render": "console.commands.rehearsal.render:render",
    "guide": "console.commands.guide:guide",
    "completion": "console.commands.completion:completion",
}

# Shells expect 128 and the signal's number of a program that a signal ended.
_INTERRUPTED = 128 + signal.SIGINT


class _Ended(BaseException):
    """A signal ends the call. No `except Exception` stops it on its way, so only the clean-up runs."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run one call of `renkei` with `arguments` (those of the process by default) and return its exit status."""
    words_given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    # Click fails while it reads a wrong argument, and the message about that has to be in the right language and form.
    # So the common options are read once before everything else.
    call = glance(words_given)
    phrases.speak(call.words.language)
    try:
        with uncaught_recorded(lambda error: record_incident(call.home, error)), _signals_raised():
            answered = completion.answer(root(call)) if arguments is None else None
            return _run(words_given, call) if answered is None else answered
    except _Ended as ended:
        return 128 + ended.number
    except click.Abort:
        return _INTERRUPTED
    except click.UsageError as error:
        return _refuse_usage(error, call)
    except Exception as error:  # noqa: BLE001  # The last line of defence: no traceback may show what a person entered.
        failure = describe(error, call.words, call.home)
        call.output.failure(failure.code, failure.cause, failure.remedy, **failure.more)
        return failure.status


def root(call: Invocation) -> LazyGroup:
    """Return the outermost group with its texts in the language of `call`."""
    group = LazyGroup("renkei", _COMMANDS)
    # The version is looked up when it is asked for: reading the package's metadata would delay every other call.
    click.version_option(package_name="renkei-console", message="renkei %(version)s")(group)
    group.localise(call.words, "commands", outermost=True)
    return group


def _run(arguments: Sequence[str], call: Invocation) -> int:
    # Not `call`: click fills the common options in from left to right, and starts from none.
    result = root(call).main(list(arguments), prog_name="renkei", standalone_mode=False, obj=Invocation())
    # Click's own ends, such as `--help`, return nothing.
    return int(result or ExitStatus.DONE)


def _refuse_usage(error: click.UsageError, call: Invocation) -> int:
    path = error.ctx.command_path if error.ctx is not None else "renkei"
    call.output.failure(
        "usage", phrases.completed(error.format_message()), call.words("commands.usage.remedy", command=path)
    )
    return ExitStatus.USAGE


def _speak_utf8() -> None:
    """Print UTF-8 whatever the locale says.

    JSON is UTF-8 (RFC 8259), and scripts often run in the locale C. A byte of a file name that is no UTF-8 is printed
    as an escape: a strict encoder would fail on the very line that names the file.
    """
    for stream in (sys.stdout, sys.stderr):
        # Tests and embedding programs put other objects in the place of the streams.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def _signals_raised() -> Iterator[None]:
    """Raise `_Ended` when a signal ends the process, whichever it is, so that the session gets its closing entry."""

    def end(number: int, _frame: FrameType | None) -> None:
        # A second signal must not interrupt the clean-up that the first one started.
        for watched_number in watched:
            signal.signal(watched_number, signal.SIG_IGN)
        raise _Ended(number)

    # Ctrl+C is an error that Python raises itself.
    watched = sorted(SIGNALS - {signal.SIGINT})
    before = [signal.signal(number, end) for number in watched]
    # A process inherits the blocked signals of its parent, and a blocked signal would never arrive.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
    try:
        yield
    finally:
        for number, handler in zip(watched, before, strict=True):
            signal.signal(number, handler)
