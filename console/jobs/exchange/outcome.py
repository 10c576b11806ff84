"""What an exchange did, in all and with each item, as a person reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.jobs.exchange.line import Interruption


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One message or notice of an exchange.

    `id` is its number here (None: it was not taken in), `outcome` a key of the catalogue `exchange.outcomes`, `code`
    says why where it did not go well, and `incident` is the number of this terminal's technical record; where the peer
    refused it, that names the number under which the peer has it. `facts` go with the texts of the code.
    """

    id: int | None
    reference: str | None
    outcome: str
    code: str | None = None
    incident: str | None = None
    facts: Mapping[str, str] | None = None


@dataclass(slots=True)
class SendOutcome:
    """What a sending did.

    `sent` messages were handed over, `delivered` have a verified receipt, `refused` the peer does not take;
    `held` the peer knows for something else, which is an alarm; `unknown` are now without an answer and `waiting` stay
    approved; `elsewhere` tells how many of both only another terminal can send, by its name. `clock_offset`: seconds by
    which the peer's clock is ahead, worth a warning where `clock_warned`. `interruption` tells why it ended early.
    """

    sent: int = 0
    delivered: int = 0
    unknown: int = 0
    refused: int = 0
    held: int = 0
    waiting: int = 0
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    items: list[ItemResult] = field(default_factory=list)
    interruption: Interruption | None = None
    clock_offset: float = 0.0
    clock_warned: bool = False
