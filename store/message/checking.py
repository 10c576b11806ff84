"""Checking a record: all its faults at once, and the typed message when there is no error."""

from dataclasses import dataclass
from datetime import date

from store.message.kinds import Message
from store.message.rules import Finding, Severity
from store.message.states import Direction


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a record gave. `message` is None if and only if there is an error."""

    message: Message | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that a person confirms."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)


def check(record: object, *, municipality: str, today: date, direction: Direction | None = None) -> Checked:
    """Check a record against every rule of its kind.

    `municipality` is the terminal's own code. The dated tables are read for the Japanese day of
    `occurred_at`, or for `today` where that cannot be read. With `direction` only the kinds that
    travel that way pass. Never raises, whatever the record holds.
    """
    raise NotImplementedError
