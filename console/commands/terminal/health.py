"""`check`: which parts of this terminal are in order, and what to do where one is not."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.terminal.findings import Health


@click.command("check")
@click.option("--brief", "brief", is_flag=True)
@click.pass_obj
def check(call: Invocation, *, brief: bool) -> int:
    """Tell of each part what the next job would meet; no message is processed and nobody is logged on."""
    health = jobs.terminal.health.check(call.named_home(), call.words, call.parts())
    checks = [asdict(part) for part in health.checks]
    lines = [_brief_line(health, call.words)] if brief else _check_lines(health, call.words)
    call.output.result({"ok": health.ok, "checks": checks}, lines)
    # The status with which the next job would end: where several would be refused, a protection that is down (7)
    # outweighs the log (6), and that the line (5). What only wants care refuses nothing.
    refusals = [status_of(part.code) for part in health.checks if part.code is not None]
    return max(refusals, default=ExitStatus.DONE)


def _brief_line(health: "Health", words: Words) -> str:
    """Return the line for monitoring: its first word is known to monitoring programs, whatever the language."""
    refused = [part for part in health.checks if part.code is not None]
    care = [part for part in health.checks if not part.ok and part.code is None]
    if not (refused or care):
        return words("commands.check.brief_good", count=len(health.checks))
    parts = [f"{words.name('check', part.name)} ({part.detail})" for part in refused or care]
    return words(f"commands.check.brief_{'refused' if refused else 'care'}", parts="; ".join(parts))


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
