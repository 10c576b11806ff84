"""`init` and `check`: set a terminal up, and see whether it is fit for work."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from console.commands.faults import Status, status_of
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.settings import MunicipalitySettings, Settings, TerminalSettings
from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.health import Check, Health

# What a check that fails is about; the rest is anything else.
_STATUSES: Final = {
    "peer": Status.LINE,
    "peer_certificate": Status.LINE,
    "certificate": Status.LINE,
    "log": Status.INTEGRITY,
}

# What a new terminal is called until somebody completes its settings file. The code belongs to no municipality, so that
# no message passes before that.
_TEMPLATE: Final = Settings(
    municipality=MunicipalitySettings(
        code="000001", name="（市区町村）", name_en="(municipality)", section="（担当課）", section_en="(section)"
    ),
    terminal=TerminalSettings(id="terminal-1"),
)


@click.command("init")
@click.option("--settings", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--owner-url", "owner_url", metavar="URL")
@click.pass_obj
def init(said: Invocation, file: Path | None, owner_url: str | None) -> int:
    """Make a terminal that is complete but for its peer; the first officer logs on with the one-time code."""
    from console.jobs import setup

    home = said.named_home()
    settings = _TEMPLATE if file is None else Settings.read(file)
    made = setup.init(home, settings, owner_url=owner_url, parts=said.parts())
    data = {"home": str(made.home), "operator": made.operator, "one_time_code_file": str(made.one_time_code_file)}
    lines = [said.words("commands.init.done", **data), said.words("commands.init.code", **data)]
    if file is None:
        lines.append(said.words("commands.init.complete", **data))
    said.output.result(data, map(visible, lines))
    return Status.DONE


@click.command("check")
@click.pass_obj
def check(said: Invocation) -> int:
    """Tell for each part whether it is in order; nothing is processed and nobody is logged on."""
    from console.jobs import health

    found = health.check(said.named_home(), said.words, said.parts())
    checks = [{"name": one.name, "ok": one.ok, "detail": one.detail, "remedy": one.remedy} for one in found.checks]
    said.output.result({"ok": found.ok, "checks": checks}, _check_lines(found, said.words))
    return max((_status(one) for one in found.checks if not one.ok), default=Status.DONE)


def _status(failed: "Check") -> int:
    own = Status.FAILED if failed.code is None else status_of(failed.code)
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
