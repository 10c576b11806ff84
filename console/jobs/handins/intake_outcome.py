"""The outcome of taking files in: counts, and each error and warning with its line, bounded in number."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Final, NamedTuple

from store.handins.states import FileState

MOST_LISTED: Final = 1000
"""How many errors, and how many warnings, are listed; the others are counted by their rule."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """An error or a warning about a record: the file's base name, the line, the field, the rule and its facts.

    `value` is the beginning of what the field holds, and `reference` that of the record; both are empty where nothing
    could be read. They help a person to find the record, and are no part of what is wrong with it.
    """

    file: str
    line: int
    field: str
    rule: str
    facts: Mapping[str, str]
    value: str = dataclass_field(default="", compare=False)
    reference: str = dataclass_field(default="", compare=False)


class FileTotals(NamedTuple):
    """What became of the records of one file, by its base name; see Intake."""

    file: str
    accepted: int
    known: int
    refused: int


@dataclass(slots=True)
class Intake:
    """The outcome for the records of the files, and for each file by itself.

    `accepted` were taken in; `known` were there already with the same content; `refused` have errors. `errors` and
    `warnings`, which belong to records that were taken in, list the first MOST_LISTED; `more_errors` and
    `more_warnings` count the others by rule.
    """

    accepted: int = 0
    known: int = 0
    refused: int = 0
    errors: list[RecordFault] = dataclass_field(default_factory=list)
    warnings: list[RecordFault] = dataclass_field(default_factory=list)
    more_errors: Counter[str] = dataclass_field(default_factory=Counter)
    more_warnings: Counter[str] = dataclass_field(default_factory=Counter)
    files: list[FileTotals] = dataclass_field(default_factory=list)

    def refuse(self, faults: Iterable[RecordFault]) -> None:
        """Count a refused record, and list or count its errors."""
        self.refused += 1
        _list(faults, self.errors, self.more_errors)

    def warn(self, faults: Iterable[RecordFault]) -> None:
        """List or count the warnings of a record."""
        _list(faults, self.warnings, self.more_warnings)

    @property
    def error_count(self) -> int:
        """How many errors there are in all."""
        return len(self.errors) + self.more_errors.total()

    @property
    def warning_count(self) -> int:
        """How many warnings there are in all."""
        return len(self.warnings) + self.more_warnings.total()

    @property
    def state(self) -> FileState:
        """What became of the file, as one word."""
        if not self.refused:
            return FileState.TAKEN
        return FileState.PARTLY if self.accepted + self.known else FileState.REFUSED

    def add(self, file: str, other: "Intake") -> None:
        """Add the outcome of a file."""
        self.files.append(FileTotals(file, other.accepted, other.known, other.refused))
        self.accepted += other.accepted
        self.known += other.known
        self.refused += other.refused
        for mine, more, its, rest in (
            (self.errors, self.more_errors, other.errors, other.more_errors),
            (self.warnings, self.more_warnings, other.warnings, other.more_warnings),
        ):
            _list(its, mine, more)
            more.update(rest)


def _list(faults: Iterable[RecordFault], listed: list[RecordFault], more: Counter[str]) -> None:
    for fault in faults:
        if len(listed) < MOST_LISTED:
            listed.append(fault)
        else:
            more[fault.rule] += 1
