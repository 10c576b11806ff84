"""`init`: set up a terminal."""

from pathlib import Path

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.settings import FILE_NAME, MunicipalitySettings, Settings, TerminalSettings, dump, names
from console.words.visible import visible


@click.command("init")
@click.option("--settings", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--municipality-code", "code", metavar="CODE")
@click.option("--name")
@click.option("--section")
@click.option("--terminal", "terminal_id", metavar="ID")
@click.option("--owner-url", "owner_url", metavar="URL")
@click.pass_obj
def init(call: Invocation, /, *, file: Path | None, owner_url: str | None, **given: str | None) -> int:
    """Make a terminal that lacks only its peer; the first officer logs on with the one-time code."""
    home = call.named_home()
    settings = _settings(call, file, given)
    made = jobs.terminal.setup.init(home, settings, owner_url=owner_url, parts=call.parts())
    data = {
        "home": str(made.home),
        "operator": made.operator,
        "one_time_code_file": str(made.one_time_code_file),
        "log_first_key": made.log_first_key,
    }
    lines = [call.words("commands.init.done", **data), call.words("commands.init.code", **data)]
    lines.append(call.words("commands.keys.first_key", fingerprint=made.log_first_key))
    if file is None:
        lines.append(call.words("commands.init.complete", **data))
    call.output.result(data, map(visible, lines))
    return ExitStatus.DONE


def _settings(call: Invocation, file: Path | None, given: dict[str, str | None]) -> Settings:
    """Return the prepared settings, or those that the options name; every other setting has its default.

    Raises click.UsageError when neither says all that cannot change later.
    """
    named = {option: value for option, value in given.items() if value is not None}
    if file is not None and not named:
        return Settings.read(file)
    # No placeholder takes the place of what is missing: it would be signed into the first entry of the log.
    if file is not None or len(named) < len(given):
        raise click.UsageError(call.words("commands.usage.init"), click.get_current_context(silent=True))
    name, section = named["name"], named["section"]
    municipality = MunicipalitySettings(
        code=named["code"], name=name, name_en=name, section=section, section_en=section
    )
    settings = Settings(municipality=municipality, terminal=TerminalSettings(id=named["terminal_id"]))
    # Read back like a file, so that each value is held to the same bounds.
    return Settings.parse(dump(settings, dict.fromkeys(names(), "")), Path(FILE_NAME))
