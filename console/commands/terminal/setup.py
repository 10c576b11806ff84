"""`init`: set up a terminal."""

from pathlib import Path
from typing import Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.settings import MunicipalitySettings, Settings, TerminalSettings
from console.words.visible import visible

# How a new terminal is named until somebody completes its settings file. The code belongs to no municipality, so no
# message passes before that.
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
def init(call: Invocation, file: Path | None, owner_url: str | None) -> int:
    """Make a terminal that lacks only its peer; the first officer logs on with the one-time code."""
    home = call.named_home()
    settings = _TEMPLATE if file is None else Settings.read(file)
    made = jobs.terminal.setup.init(home, settings, owner_url=owner_url, parts=call.parts())
    data = {"home": str(made.home), "operator": made.operator, "one_time_code_file": str(made.one_time_code_file)}
    lines = [call.words("commands.init.done", **data), call.words("commands.init.code", **data)]
    if file is None:
        lines.append(call.words("commands.init.complete", **data))
    call.output.result(data, map(visible, lines))
    return ExitStatus.DONE
