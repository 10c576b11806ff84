"""Rules, and the sheet on which the faults of one record are written down while it is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

RECORD_FIELD: Final = "record"
"""The field of findings that concern a line as a whole."""

# Sources that more than one module's rules come from, as keys of the dated table of articles.
FORMAT: Final = ("format",)
STANDARD: Final = ("std",)
RECORD_NOTICE: Final = ("immigration-61-8-2", "immigration-order-notice")
AGENCY_NOTICE: Final = ("juki-30-50",)


class Severity(StrEnum):
    """How heavy a finding weighs."""

    ERROR = "error"  # エラー: blocks until its cause is gone
    WARNING = "warning"  # アラート: a person confirms it and goes on


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a record.

    `field` is the dotted name of the item (`person.name`; elements of a list are counted from 1:
    `changes[2].item`), or `record` for the line as a whole. `facts` fill the texts of the rule and hold
    codes, counts and code points, never a value out of the record.
    """

    field: str
    rule: str
    severity: Severity
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, how heavy it weighs, and the articles behind it.

    A rule without sources comes from the law behind the kind of the message. `wants` marks the rules that say: this
    item must be there.
    """

    name: str
    severity: Severity
    sources: tuple[str, ...]
    wants: bool = False

    @property
    def unwanted(self) -> bool:
        """Whether the rule says: this item must not be there, whatever it holds."""
        return self.name.endswith("_unwanted")


def error(name: str, *sources: str) -> Rule:
    """Make a rule that blocks the message."""
    return Rule(name, Severity.ERROR, sources)


def wanted(name: str, *sources: str) -> Rule:
    """Make a rule that blocks the message because an item is missing: the entry form then asks for it."""
    return Rule(name, Severity.ERROR, sources, wants=True)


def warning(name: str, *sources: str) -> Rule:
    """Make a rule that a person may confirm."""
    return Rule(name, Severity.WARNING, sources)


class Findings:
    """What was found so far, and the circumstances that rules look at.

    `day` is the Japanese day for which the dated tables are read; `municipality` is the terminal's own code.
    """

    __slots__ = ("_rules", "day", "faulty", "findings", "municipality")

    def __init__(self, rules: Mapping[str, Rule], *, municipality: str, day: date) -> None:
        # The table of rules is handed in because it is collected from the kinds, whose checks write on this sheet.
        self._rules = rules
        self.municipality = municipality
        self.day = day
        self.findings: list[Finding] = []
        self.faulty: set[str] = set()

    def add(self, field: str, rule: str, **facts: str) -> None:
        """Write one fault down."""
        severity = self._rules[rule].severity
        self.findings.append(Finding(field, rule, severity, facts))
        if severity is Severity.ERROR:
            self.faulty.add(field)

    def sound(self, group: Mapping[str, Any], name: str, prefix: str = "") -> Any:
        """Return an item's value, or None when it is absent or an error was found in it.

        Rules over several items use this, so that a fault is reported once, where it is, and not again in every item
        that depends on it.
        """
        return None if prefix + name in self.faulty else group.get(name)
