"""`init`: set up a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.errors import SettingsFault
from console.settings import FILE_NAME, MunicipalitySettings, Settings, TerminalSettings, dump, names, place_in

# Which option names the value of a setting.
_OPTIONS: Final = {
    "municipality.code": "--municipality-code",
    "municipality.name": "--name",
    "municipality.name_en": "--name",
    "municipality.section": "--section",
    "municipality.section_en": "--section",
    "terminal.id": "--terminal",
}


@click.command("init")
@click.option("--settings", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--municipality-code", "code", metavar="CODE")
@click.option("--name", metavar="NAME")
@click.option("--section", metavar="SECTION")
@click.option("--terminal", "terminal_id", metavar="ID")
@click.option("--owner-url", "owner_url", metavar="URL")
@click.option("--sample", "sample", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def init(
    call: Invocation, /, *, file: Path | None, owner_url: str | None, sample: Path | None, **given: str | None
) -> int:
    """Make a terminal that lacks only its peer; the first officer logs on with the one-time code.

    With `--sample`, only write a settings file with everything that can be set.
    """
    if sample is not None:
        return _write_sample(call, sample)
    home = call.named_home()
    with _places_told(file):
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
    call.output.result(data, lines)
    return ExitStatus.DONE


def _write_sample(call: Invocation, file: Path) -> int:
    jobs.terminal.setup.write_sample(file, call.words)
    call.output.result({"file": str(file)}, [call.words("commands.init.sample", file=file)])
    return ExitStatus.DONE


@contextmanager
def _places_told(file: Path | None) -> Iterator[None]:
    """Name in an error about a setting the file that was prepared, or the option that named the value."""
    try:
        yield
    except SettingsFault as error:
        setting = error.facts.get("setting", "")
        if file is None and setting in _OPTIONS:
            error.facts["place"] = _OPTIONS[setting]
        elif file is not None and setting:
            raise place_in(file, error) from None
        raise


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
