"""Rules, findings, and the sheet that collects the findings for a record while it is checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from store.clock import day_in_japan

RECORD_FIELD: Final = "record"
"""The field of findings that concern a line as a whole."""

# Sources of the rules of more than one module, as keys of the dated table of articles. `format` is Renkei's own file
# format and `std` the standard specification of resident-record systems; the others are articles of law.
FORMAT: Final = ("format",)
STANDARD: Final = ("std",)
RECORD_NOTICE: Final = ("immigration-61-8-2", "immigration-order-notice")
AGENCY_NOTICE: Final = ("juki-30-50",)


Mend = Callable[[str], str]
"""Returns the value that the law puts in the place of another. The terminal applies it only when a person asks."""


class Severity(StrEnum):
    """How serious a finding is."""

    ERROR = "error"  # エラー: blocks until its cause is gone
    WARNING = "warning"  # アラート: a person confirms it and goes on


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a record.

    `field` is the dotted name of the item (`person.name`; the elements of a list are counted from 1:
    `changes[2].item`), or `record` for the line as a whole. `facts` fill the placeholders in the texts of the rule;
    they hold codes, counts and code points, never a value from the record. `mend` makes of the value the one that the
    law would put in its place; where it is None, only a person can know the right one.
    """

    field: str
    rule: str
    severity: Severity
    facts: Mapping[str, str]
    mend: Mend | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, its severity, and the articles behind it.

    A rule without sources comes from the law behind the kind of the message. `wants` marks the rules that require an
    item. `mend` mends a value that breaks the rule, for whoever asks for it.
    """

    name: str
    severity: Severity
    sources: tuple[str, ...]
    wants: bool = False
    mend: Mend | None = None

    @property
    def unwanted(self) -> bool:
        """Whether the rule forbids an item, whatever its value is."""
        return self.name.endswith("_unwanted")

    def found(self, field: str, facts: Mapping[str, str]) -> Finding:
        """Make a finding of the rule."""
        return Finding(field, self.name, self.severity, facts, self.mend)


def error(name: str, *sources: str) -> Rule:
    """Make a rule that blocks the message."""
    return Rule(name, Severity.ERROR, sources)


def wanted(name: str, *sources: str) -> Rule:
    """Make a rule that blocks the message because an item is missing: the entry form then asks for it."""
    return Rule(name, Severity.ERROR, sources, wants=True)


def warning(name: str, *sources: str, mend: Mend | None = None) -> Rule:
    """Make a rule that does not block the message: a person confirms it."""
    return Rule(name, Severity.WARNING, sources, mend=mend)


# All records of a file are judged at one moment.
_today: Final = lru_cache(maxsize=4)(day_in_japan)


class Findings:
    """The findings so far, and the circumstances that rules consider.

    `day` is the Japanese day for which the dated tables are read: that of the message once it is known. `now` is the
    present moment and `today` its day. `municipality` is the terminal's own code, and `subject_digits` of how many
    digits a 宛名番号 consists there (0: of letters and digits).
    """

    __slots__ = ("_rules", "day", "faulty", "findings", "municipality", "now", "subject_digits", "today")

    def __init__(self, rules: Mapping[str, Rule], *, municipality: str, now: datetime, subject_digits: int = 0) -> None:
        # The table of rules is passed in, because it is collected from the kinds, and their checks need this class.
        self._rules = rules
        self.municipality = municipality
        self.subject_digits = subject_digits
        self.now = now
        self.today = self.day = _today(now)
        self.findings: list[Finding] = []
        self.faulty: set[str] = set()

    def add(self, field: str, rule: str, **facts: str) -> None:
        """Add a finding of a rule."""
        broken = self._rules[rule]
        self.findings.append(broken.found(field, facts))
        if broken.severity is Severity.ERROR:
            self.faulty.add(field)

    def sound(self, group: Mapping[str, Any], name: str, prefix: str = "") -> Any:
        """Return the value of an item, or None when the item is absent or has an error.

        Rules over several items use this, so that a fault is reported once, at its own item, and not again at every
        item that depends on it.
        """
        return None if prefix + name in self.faulty else group.get(name)
