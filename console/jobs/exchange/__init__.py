"""Exchange with the peer: sending what is approved, receiving results and notices.

Each step is durable before the next begins, so the power may go anywhere: a message whose fate is not known is asked
after, and sent again under its id with its exact stored bytes, never rebuilt; an item of the feed is acknowledged only
when it is stored.
"""

from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.line import Interruption, LineState, line_state
from console.jobs.exchange.outcome import ItemResult, SendOutcome
from console.jobs.exchange.receiving import ReceiveOutcome, before_rejected, receive
from console.jobs.exchange.resending import resend
from console.jobs.exchange.sending import send

__all__ = [
    "ClockReason",
    "Interruption",
    "ItemResult",
    "LineState",
    "ReceiveOutcome",
    "SendOutcome",
    "before_rejected",
    "line_state",
    "receive",
    "resend",
    "send",
]
