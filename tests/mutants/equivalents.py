"""Mutants that no test can find, because they change nothing: `equivalents.toml` says of each why."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.mutants.operators import Mutant

_TABLE: Final = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change, as the command tells it, on a line with this text (without its indent), and why it changes nothing."""

    line: str
    change: str
    why: str

    def fits(self, mutant: Mutant, source: bytes) -> bool:
        """Return whether a mutant of `source` is meant; lines of the same text are one."""
        return self.change == mutant.change and self.line == source.splitlines()[mutant.line - 1].decode().strip()


@cache
def equivalents() -> dict[str, tuple[Equivalent, ...]]:
    """Return the table, by module."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {module: tuple(Equivalent(**entry) for entry in entries) for module, entries in table.items()}


def fitting(mutant: Mutant, source: bytes, entries: Iterable[Equivalent]) -> Equivalent | None:
    """Return the entry that foresees that a mutant survives, if one does."""
    return next((entry for entry in entries if entry.fits(mutant, source)), None)
