"""One item of an entry as the form asks for it: its value, and how that stands to what was told before."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from store.message.checks.rules import Finding, Severity
from store.message.entry.shapes import Shape

if TYPE_CHECKING:
    from console.jobs.entry.known import LastTold
    from console.jobs.entry.refusals import RefusedBecause
    from console.jobs.messages.partners import Counterpart


class DraftPurpose(StrEnum):
    """What becomes of a draft."""

    ENTRY = "entry"  # new messages
    REVISION = "revision"  # new content for a message that has not left
    REPLACEMENT = "replacement"  # a new message in place of one that has left


class Standing(StrEnum):
    """How the value of an item stands to what was told last of the person."""

    FILLED = "filled"  # taken from there, and not touched since
    SAME = "same"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Corrected:
    """The message that is revised or replaced: its number, its version, its reference, and why the peer refused it.

    `other` is the other half of its event, as it is now.
    """

    number: int
    reference: str
    # For a revision alone: what has left is never changed, so that nobody can be too late for it.
    version: int = 0
    refusal: "RefusedBecause | None" = None
    other: "Counterpart | None" = None


@dataclass(frozen=True, slots=True)
class DraftItem:
    """One item as the form asks for it.

    `places` are the messages (by index) and fields that it fills. `section` is the index of the only message that has
    it, None for a common item. `wanted`: a rule says that it is missing. `latest` is what was told last of it, and
    `standing` how the value stands to that (None: nothing is known, or nothing entered). `before` is the value in the
    message that is corrected, and `corrected` tells whether the item has another one now. `refused`: the peer means it.
    `beside` is what the other half of the event says of it.
    """

    key: str
    kind: str
    section: int | None
    places: tuple[tuple[int, str], ...]
    shape: Shape
    value: Any
    wanted: bool
    findings: tuple[Finding, ...]
    latest: "LastTold | None" = None
    standing: Standing | None = None
    before: Any = None
    corrected: bool = False
    refused: bool = False
    beside: Any = None

    @property
    def field(self) -> str:
        """The dotted name of the item in the first message that has it."""
        return self.places[0][1]

    @property
    def faulty(self) -> bool:
        """Whether a rule blocks the item."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
