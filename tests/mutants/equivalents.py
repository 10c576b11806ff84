"""Mutants that no test can find, because they change nothing: `equivalents.toml` says of each why."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.mutants.operators import Mutant

_TABLE: Final = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """A change, as the command tells it, on a line with this text (without its indent), and why it changes nothing.

    `above` is the line above it, where the same line stands in several places.
    """

    line: str
    change: str
    why: str
    above: str | None = None

    def fits(self, mutant: Mutant, source: bytes) -> bool:
        """Return whether a mutant of `source` is meant; what cannot be told apart is one."""
        above, line = (text.decode().strip() for text in [b"", *source.splitlines()][mutant.line - 1 : mutant.line + 1])
        return (self.change, self.line) == (mutant.change, line) and self.above in {None, above}


@cache
def equivalents() -> dict[str, tuple[Equivalent, ...]]:
    """Return the table, by module."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {module: tuple(Equivalent(**entry) for entry in entries) for module, entries in table.items()}


def fitting(mutant: Mutant, source: bytes, entries: Iterable[Equivalent]) -> Equivalent | None:
    """Return the entry that foresees that a mutant survives, if one does."""
    return next((entry for entry in entries if entry.fits(mutant, source)), None)
