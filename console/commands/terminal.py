"""`init` and `check`: set a terminal up, and see whether it is fit for work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from console.commands.faults import Status
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.health import Health


@click.command("check")
@click.pass_obj
def check(said: Invocation) -> int:
    """Tell for each part whether it is in order; nothing is processed and nobody is logged on."""
    from console.jobs import health

    found = health.check(said.named_home())
    checks = [{"name": one.name, "ok": one.ok, "detail": one.detail, "remedy": one.remedy} for one in found.checks]
    said.output.result({"ok": found.ok, "checks": checks}, _check_lines(found, said.words))
    return Status.DONE if found.ok else Status.FAILED


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
