"""The sheet on which the faults of one record are written down while it is checked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from store.message.checks.rules import Finding, Severity, find


class Findings:
    """What was found so far, and the circumstances that rules look at.

    `day` is the Japanese day for which the dated tables are read; `municipality` the terminal's own.
    """

    __slots__ = ("day", "faulty", "findings", "municipality")

    def __init__(self, *, municipality: str, day: date) -> None:
        self.municipality = municipality
        self.day = day
        self.findings: list[Finding] = []
        self.faulty: set[str] = set()

    def add(self, field: str, rule: str, **facts: str) -> None:
        """Write one fault down."""
        finding = find(field, rule, **facts)
        self.findings.append(finding)
        if finding.severity is Severity.ERROR:
            self.faulty.add(field)

    def sound(self, group: Mapping[str, Any], name: str, prefix: str = "") -> Any:
        """Return an item's value, or None when it is absent or an error was found in it.

        Rules that look at several items use this: a fault is told where it is, and not once more
        wherever it leads.
        """
        return None if prefix + name in self.faulty else group.get(name)
