"""`check`: which parts of this terminal are in order, and what to do where one is not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from console import jobs
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.terminal.health import Check, Health

# For these parts the part decides, whatever error was met there: a script has to know that the line is down, not why. A
# certificate that ends soon is not even an error.
_STATUSES: Final = {
    "peer": ExitStatus.LINE,
    "peer_certificate": ExitStatus.LINE,
    "certificate": ExitStatus.LINE,
    "log": ExitStatus.INTEGRITY,
}


@click.command("check")
@click.pass_obj
def check(call: Invocation) -> int:
    """Tell for each part whether it is in order; no message is processed and nobody is logged on."""
    health = jobs.terminal.health.check(call.named_home(), call.words, call.parts())
    checks = [
        {"name": part.name, "ok": part.ok, "detail": part.detail, "remedy": part.remedy} for part in health.checks
    ]
    call.output.result({"ok": health.ok, "checks": checks}, _check_lines(health, call.words))
    # One status for many faults: a protection that is down (7) outweighs the log (6), and that the line (5).
    return max((_status(part) for part in health.checks if not part.ok), default=ExitStatus.DONE)


def _status(failed: "Check") -> int:
    of_error = ExitStatus.FAILED if failed.code is None else status_of(failed.code)
    return _STATUSES.get(failed.name, of_error)


def _check_lines(health: "Health", words: Words) -> Iterator[str]:
    heading = [words(f"commands.check.columns.{name}") for name in ("result", "name", "detail", "remedy")]
    cells = [
        [
            words(f"commands.check.results.{'good' if part.ok else 'bad'}"),
            words.name("check", part.name),
            part.detail,
            part.remedy or "",
        ]
        for part in health.checks
    ]
    yield from columns([heading, *cells])
    yield words(f"commands.check.{'good' if health.ok else 'bad'}")
