"""The options that name the second person of an act that takes two."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import click

from console.commands.credentials import read_pin


@dataclass(frozen=True, slots=True)
class SecondPersonFile:
    """The second person of an act that takes two."""

    person: str
    pin_file: Path

    def pin(self) -> str:
        """Return the PIN. Raises what is wrong with its file."""
        return read_pin(self.pin_file)


def by_two(act: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that name its second person."""

    @click.option("--second", required=True, metavar="ID")
    @click.option("--second-pin-file", required=True, type=click.Path(path_type=Path), metavar="FILE")
    @wraps(act)
    def told(*arguments: object, second: str, second_pin_file: Path, **more: object) -> int:
        return act(*arguments, SecondPersonFile(second, second_pin_file), **more)

    return told
