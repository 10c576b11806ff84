"""`check`: what holds on this terminal, and what to do where something does not."""

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


_STATUSES: Final = {
    "peer": ExitStatus.LINE,
    "peer_certificate": ExitStatus.LINE,
    "certificate": ExitStatus.LINE,
    "log": ExitStatus.INTEGRITY,
}


@click.command("check")
@click.pass_obj
def check(said: Invocation) -> int:
    """Tell for each part whether it is in order; nothing is processed and nobody is logged on."""
    found = jobs.terminal.health.check(said.named_home(), said.words, said.parts())
    checks = [{"name": one.name, "ok": one.ok, "detail": one.detail, "remedy": one.remedy} for one in found.checks]
    said.output.result({"ok": found.ok, "checks": checks}, _check_lines(found, said.words))
    return max((_status(one) for one in found.checks if not one.ok), default=ExitStatus.DONE)


def _status(failed: "Check") -> int:
    own = ExitStatus.FAILED if failed.code is None else status_of(failed.code)
    return _STATUSES.get(failed.name, own)


def _check_lines(found: "Health", words: Words) -> Iterator[str]:
    table = [[words(f"commands.check.columns.{name}") for name in ("result", "name", "detail", "remedy")]]
    table += [
        [
            words(f"commands.check.results.{'good' if one.ok else 'bad'}"),
            words.name("check", one.name),
            one.detail,
            one.remedy or "",
        ]
        for one in found.checks
    ]
    yield from columns(table)
    yield words(f"commands.check.{'good' if found.ok else 'bad'}")
