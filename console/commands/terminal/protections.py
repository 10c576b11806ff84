"""`settings show` and `settings confirm`: the settings that carry a protection, and two persons who change them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.second_person import by_two_persons
from console.settings import spelt
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.people.logon import SecondPerson
    from console.jobs.terminal.protections import Protection

_COLUMNS = ("name", "given", "in_force", "default", "remark")


@click.command("show")
@click.pass_obj
def show(call: Invocation) -> int:
    """List the settings that carry a protection: in the file, in force, by default."""
    with call.acting() as (terminal, session):
        settings = jobs.terminal.protections.show(terminal, session)
    data = [
        {
            "name": setting.name,
            "file": setting.given,
            "in_force": setting.in_force,
            "default": setting.default,
            "pending": setting.pending,
            "weaker": setting.weaker,
            "since": setting.since,
            "officer": setting.officer,
            "second": setting.second,
        }
        for setting in settings
    ]
    call.output.result({"settings": data}, _lines(settings, call.words))
    return ExitStatus.DONE


@click.command("confirm")
@by_two_persons
@click.pass_obj
def confirm(call: Invocation, second: "SecondPerson") -> int:
    """Bring what the settings file changes into force, as an officer and a second person."""
    with call.acting() as (terminal, session):
        confirmed = jobs.terminal.protections.confirm(terminal, session, second=second)
    changed = [{"name": each.name, "former": each.former, "in_force": each.value} for each in confirmed]
    lines = [
        call.words(
            "commands.settings.confirm.done", name=each.name, former=spelt(each.former), in_force=spelt(each.value)
        )
        for each in confirmed
    ]
    call.output.result({"changed": changed}, lines or [call.words("commands.settings.confirm.nothing")])
    return ExitStatus.DONE


def _lines(settings: "list[Protection]", words: Words) -> Iterator[str]:
    heading = [words(f"commands.settings.columns.{name}") for name in _COLUMNS]
    cells = [
        [
            setting.name,
            *map(spelt, (setting.given, setting.in_force, setting.default)),
            _remark(setting, words),
        ]
        for setting in settings
    ]
    yield from columns([heading, *cells], right=frozenset({1, 2, 3}))


def _remark(setting: "Protection", words: Words) -> str:
    remarks = {"pending": setting.pending, "weaker": setting.weaker}
    return " ".join(words(f"commands.settings.{name}") for name, holds in remarks.items() if holds)
