"""The options that name the second person of an act that takes two."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from console import jobs
from console.commands.credentials import read_pin


def by_two_persons(command: Callable[..., int]) -> Callable[..., int]:
    """Give `command` the options that name a second person; it gets a `SecondPerson` as its last positional argument.

    The PIN is read before the command runs, so a file that cannot be used is refused before a terminal is opened.
    """
    return _with_second(command, required=True)


def perhaps_by_two_persons(command: Callable[..., int]) -> Callable[..., int]:
    """Do as `by_two_persons` for an act that takes a second person only at times; else `command` gets None."""
    return _with_second(command, required=False)


def _with_second(command: Callable[..., int], *, required: bool) -> Callable[..., int]:
    @click.option("--second", required=required, metavar="ID")
    @click.option("--second-pin-file", required=required, type=click.Path(path_type=Path), metavar="FILE")
    @wraps(command)
    def with_second(*arguments: object, second: str | None, second_pin_file: Path | None, **more: object) -> int:
        if second is None and second_pin_file is None:
            return command(*arguments, None, **more)
        if second is None or second_pin_file is None:
            hint = "--second, --second-pin-file"
            raise click.MissingParameter(param_hint=hint, param_type="option")
        pin = read_pin(second_pin_file)
        return command(*arguments, jobs.people.logon.SecondPerson(second, pin, "command"), **more)

    return with_second
