"""The outcome of an exchange, in total and for each item, as a person reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.jobs.exchange.line import Interruption


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One message or notice of an exchange.

    `id` is its number here (None: it was not taken in). `outcome` is a key of the catalogue `exchange.outcomes`. `code`
    says why it did not go well, and `facts` go with the texts of that code. `incident` is the number of this terminal's
    technical record; for a message that the peer refused, that record names the number under which the peer has it.
    """

    id: int | None
    reference: str | None
    outcome: str
    code: str | None = None
    incident: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SendOutcome:
    """The outcome of a sending, in numbers of messages.

    `sent` were handed over to the line. `delivered` have a verified receipt. `refused` were refused by the peer. `held`
    are alarms: the peer has something else under their id, or their content does not open here. `unproved` were left
    where they are, because their row or their approval does not agree with the log. `unknown` are now without an
    answer, and `waiting` remain approved. `elsewhere` says how many of these two only another terminal can
    send, by its name.

    `clock_offset`: seconds by which the peer's clock is ahead, worth a warning if `clock_warned`. `interruption` says
    why the sending ended early.
    """

    sent: int = 0
    delivered: int = 0
    unknown: int = 0
    refused: int = 0
    held: int = 0
    unproved: int = 0
    waiting: int = 0
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    items: list[ItemResult] = field(default_factory=list)
    interruption: Interruption | None = None
    clock_offset: float = 0.0
    clock_warned: bool = False
