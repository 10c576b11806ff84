"""What a command says of an error: one line for people, one object for scripts, and an exit status."""

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from console.errors import ConsoleError
from console.foreseen import exit_statuses, foreseen
from console.incidents import record_incident
from console.words import Words


class ExitStatus(IntEnum):
    """The exit statuses of every command. Each error class names its own as `exit_status`."""

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
    """An error as it is printed; `more` holds the incident number where there is one."""

    code: str
    cause: str
    remedy: str
    status: int
    more: dict[str, str] = field(default_factory=dict)


def describe(error: BaseException, words: Words, home: Path | None) -> Failure:
    """Return how to print `error`, and record it at `home` when nobody foresaw it.

    Of an unforeseen error only an incident number is shown: its text may hold what a person entered.
    """
    # A bad disk, which any file may meet, counts as foreseen, whatever library met it.
    ours = foreseen(error)
    if ours is None:
        incident = record_incident(home, error)
        cause, remedy = words("commands.unforeseen.cause"), words("commands.unforeseen.remedy", incident=incident)
        return Failure(ConsoleError.code, cause, remedy, ExitStatus.FAILED, {"incident": incident})
    text = words.fault(ours.code, ours.facts)
    more = {} if ours.incident is None else {"incident": ours.incident}
    return Failure(ours.code, text.cause, text.remedy, ours.exit_status, more)


def status_of(code: str) -> int:
    """Return the exit status of the error `code`: a refusal among many carries only its code, not the error."""
    return exit_statuses().get(code, ExitStatus.FAILED)
