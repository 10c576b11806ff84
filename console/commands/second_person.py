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

    @click.option("--second", required=True, metavar="ID")
    @click.option("--second-pin-file", required=True, type=click.Path(path_type=Path), metavar="FILE")
    @wraps(command)
    def with_second(*arguments: object, second: str, second_pin_file: Path, **more: object) -> int:
        pin = read_pin(second_pin_file)
        return command(*arguments, jobs.people.logon.SecondPerson(second, pin, "command"), **more)

    return with_second
