"""From an error of any room to one line for people, one object for scripts, and the exit status of the design."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from pathlib import Path

from console.errors import ConsoleError
from console.incidents import record_incident
from console.words import Words
from store.disk import disk_fault
from store.errors import StoreError
from transport.errors import TransportError


class ExitStatus(IntEnum):
    """The exit statuses of every command; each error class names its own as `exit_status`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_ALLOWED = 3
    BAD_INPUT = 4
    LINE = 5
    INTEGRITY = 6
    PROTECTION = 7


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of an error: `more` holds the incident number where there is one."""

    code: str
    cause: str
    remedy: str
    status: int
    more: dict[str, str] = field(default_factory=dict)


def is_foreseen(error: BaseException) -> bool:
    """Tell whether `error` is one of ours, with texts in the catalogue, or the disk's."""
    return isinstance(error, ConsoleError | StoreError | TransportError) or disk_fault(error) is not None


def describe(error: BaseException, words: Words, home: Path | None) -> Failure:
    """Return what to tell of `error`; one that nobody foresaw gets an incident number and nothing else is shown."""
    # Any file may meet a bad disk; whoever wrote it had nothing to say but what the system said.
    error = disk_fault(error) or error
    if isinstance(error, ConsoleError | StoreError | TransportError):
        text = words.fault(error.code, error.facts)
        incident = getattr(error, "incident", None)
        more = {} if incident is None else {"incident": incident}
        return Failure(error.code, text.cause, text.remedy, error.exit_status, more)
    incident = record_incident(home, error)
    cause, remedy = words("commands.unforeseen.cause"), words("commands.unforeseen.remedy", incident=incident)
    return Failure(ConsoleError.code, cause, remedy, ExitStatus.FAILED, {"incident": incident})


def status_of(code: str) -> int:
    """Return the exit status of the error `code`; a refusal among many carries its code alone."""
    return _statuses().get(code, ExitStatus.FAILED)


@cache
def _statuses() -> dict[str, int]:
    found: dict[str, int] = {}
    open_classes: list[type[ConsoleError | StoreError | TransportError]] = [ConsoleError, StoreError, TransportError]
    while open_classes:
        one = open_classes.pop()
        open_classes += one.__subclasses__()
        if "code" in vars(one):
            found[one.code] = one.exit_status
    return found
