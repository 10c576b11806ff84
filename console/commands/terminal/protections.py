"""`settings show` and `settings confirm`: the settings that carry a protection, and two persons who change them."""

from collections.abc import Iterator
from itertools import chain
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
    from console.jobs.terminal.layouts import KnownLayout
    from console.jobs.terminal.overlays import OverlaidTable
    from console.jobs.terminal.protections import Protection

# A table of names may be amended in many places.
_MOST_CODES = 20
_COLUMNS = ("name", "given", "in_force", "default", "remark")


@click.command("show")
@click.pass_obj
def show(call: Invocation) -> int:
    """List the settings that carry a protection: in the file, in force, by default; and the amended tables."""
    with call.acting() as (terminal, session):
        settings = jobs.terminal.protections.show(terminal, session)
        tables = jobs.terminal.overlays.known(terminal)
        layouts = jobs.terminal.layouts.known(terminal)
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
    lines = chain(_lines(settings, call.words), _table_lines(tables, call.words), _layout_lines(layouts, call.words))
    amended = {
        "tables": [_table_data(table) for table in tables],
        "layouts": [_layout_data(layout) for layout in layouts],
    }
    call.output.result({"settings": data, **amended}, lines)
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
            "commands.settings.confirm.done",
            name=each.name,
            former=jobs.terminal.protections.spelt_out(each.former),
            in_force=jobs.terminal.protections.spelt_out(each.value),
        )
        for each in confirmed
    ]
    call.output.result({"changed": changed}, lines or [call.words("commands.settings.confirm.nothing")])
    return ExitStatus.DONE


def _table_data(table: "OverlaidTable") -> dict[str, object]:
    """Return what JSON has of a table; texts are told by their digests, which the log has as well."""
    return {
        "name": table.name,
        "file": jobs.terminal.overlays.digest(table.given),
        "in_force": jobs.terminal.overlays.digest(table.in_force),
        "codes": list(table.codes),
        "fault": table.fault and {"code": table.fault.code, **table.fault.facts},
        "pending": table.pending,
        "since": table.since,
        "officer": table.officer,
        "second": table.second,
    }


def _table_lines(tables: "list[OverlaidTable]", words: Words) -> Iterator[str]:
    for table in tables:
        if table.fault is not None:
            cause = words.fault(table.fault.code, table.fault.facts).cause
            yield words("commands.settings.show.faulty", name=table.name, cause=cause)
            continue
        texts = {"in_force": table.in_force, "given": table.given}
        digests = {name: jobs.terminal.overlays.digest(text) for name, text in texts.items()}
        codes = words("check.between").join(table.codes[:_MOST_CODES]) or "-"
        yield words("commands.settings.show.table", name=table.name, codes=codes, **digests)


def _layout_data(layout: "KnownLayout") -> dict[str, object]:
    return {
        "name": layout.name,
        "file": layout.given,
        "in_force": layout.in_force,
        "pending": layout.pending,
        "fault": layout.fault and {"code": layout.fault.code, **layout.fault.facts},
    }


def _layout_lines(layouts: "list[KnownLayout]", words: Words) -> Iterator[str]:
    for layout in layouts:
        if layout.fault is not None:
            cause = words.fault(layout.fault.code, layout.fault.facts).cause
            yield words("commands.settings.show.layout_faulty", name=layout.setting, cause=cause)
            continue
        digests = {"given": layout.given or "-", "in_force": layout.in_force or "-"}
        yield words("commands.settings.show.layout", name=layout.setting, **digests)


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
