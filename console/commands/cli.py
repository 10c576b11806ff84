"""The entrance of the command line: the outermost group, and what every call ends with.

Every command takes the common options and gets its help texts from the catalogue `commands`. Whatever happens, a call
ends with an exit status of the design, at most one line of trouble, and no traceback.
"""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from console import steps
from console.commands.failures import ExitStatus, describe
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation, glance
from console.incidents import record_incident
from console.process.uncaught import strays_caught

_COMMANDS = {
    "demo": "console.commands.rehearsal.world:demo",
    "smoke": "console.commands.rehearsal.world:smoke",
    "init": "console.commands.terminal.setup:init",
    "join": "console.commands.terminal:join",
    "check": "console.commands.terminal.health:check",
    "upgrade": "console.commands.terminal.maintenance:upgrade",
    "backup": "console.commands.terminal.maintenance:backup",
    "restore": "console.commands.terminal.maintenance:restore",
    "rekey": "console.commands.terminal.maintenance:rekey",
    "erase": "console.commands.messages.retention:erase",
    "agency": "console.commands.rehearsal:agency",
    "import": "console.commands.messages.intake:import_files",
    "queue": "console.commands.messages.listing:queue",
    "show": "console.commands.messages.reading:show",
    **{name: f"console.commands.messages.review:{name}" for name in steps.COMMANDS},
    "confirm": "console.commands.messages.review:confirm",
    "revise": "console.commands.messages.entry:revise",
    "undo": "console.commands.messages.entry:undo",
    "send": "console.commands.exchange:send",
    "receive": "console.commands.exchange:receive",
    "peer": "console.commands.peers:peer",
    "keys": "console.commands.peers:keys",
    "log": "console.commands.log:log",
    "operator": "console.commands.people:operator",
    "render": "console.commands.rehearsal.render:render",
}

_INTERRUPTED = 128 + signal.SIGINT


class _Ended(BaseException):
    """A signal that ends the call; it passes through `except Exception` so that only clean-up runs."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run one call of `renkei` with `arguments` (those of the process by default) and return its exit status."""
    words_given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    said = glance(words_given)
    try:
        with strays_caught(lambda error: record_incident(said.home, error)), _signals_end_the_call():
            return _run(words_given, said)
    except _Ended as ended:
        return 128 + ended.number
    except click.Abort:
        return _INTERRUPTED
    except click.UsageError as error:
        return _refuse_usage(error, said)
    except Exception as error:  # noqa: BLE001 - The last line of defence: no traceback may show what a person entered.
        failure = describe(error, said.words, said.home)
        said.output.failure(failure.code, failure.cause, failure.remedy, **failure.more)
        return failure.status


def root(said: Invocation) -> LazyGroup:
    """Return the outermost group with its texts in the language of `said`."""
    group = LazyGroup("renkei", _COMMANDS)
    group.localise(said.words, "commands", outermost=True)
    return group


def _run(arguments: Sequence[str], said: Invocation) -> int:
    result = root(said).main(list(arguments), prog_name="renkei", standalone_mode=False, obj=Invocation())
    return int(result or ExitStatus.DONE)


def _refuse_usage(error: click.UsageError, said: Invocation) -> int:
    path = error.ctx.command_path if error.ctx is not None else "renkei"
    said.output.failure("usage", error.format_message(), said.words("commands.usage.remedy", command=path))
    return ExitStatus.USAGE


def _speak_utf8() -> None:
    """Print UTF-8 whatever the locale says; a byte of a file name that is no UTF-8 is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def _signals_end_the_call() -> Iterator[None]:
    """Turn a hang-up or a termination into an exception, so that the session gets its closing entry."""

    def end(number: int, _frame: FrameType | None) -> None:
        # A second signal must not interrupt the clean-up that the first one started.
        for one in watched:
            signal.signal(one, signal.SIG_IGN)
        raise _Ended(number)

    watched = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, end) for number in watched]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
    try:
        yield
    finally:
        for number, handler in zip(watched, before, strict=True):
            signal.signal(number, handler)
