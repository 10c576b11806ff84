"""Options that may hold something personal: read from standard input they never show in the machine's processes."""

import sys
from typing import Final

import click

_STANDARD_INPUT: Final = "-"


def read_discreetly(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return an option's text; for `-` what comes on standard input, without the white space around it."""
    return sys.stdin.read().strip() if value == _STANDARD_INPUT else value
