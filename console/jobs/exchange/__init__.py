"""Exchange with the peer: sending what is approved, and receiving results and notices.

Each step is durable before the next one begins, so the power may fail at any moment. The peer is asked about a message
whose fate is unknown; the message is sent again under the same id with its exact stored bytes, never rebuilt. An item
of the feed is acknowledged only after it is stored.
"""

from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.history import LastExchange, last_exchange
from console.jobs.exchange.line import Interruption, LineState, line_state
from console.jobs.exchange.outcome import ItemResult, SendOutcome
from console.jobs.exchange.preflight import Preflight, preflight
from console.jobs.exchange.reach import set_cursor
from console.jobs.exchange.receiving import ReceiveOutcome, before_rejected, receive
from console.jobs.exchange.recovery import Lost, RecoveryOutcome, recover
from console.jobs.exchange.resending import resend
from console.jobs.exchange.sending import send
from console.jobs.exchange.trial import Trial, try_line

__all__ = [
    "ClockReason",
    "Interruption",
    "ItemResult",
    "LastExchange",
    "LineState",
    "Lost",
    "Preflight",
    "ReceiveOutcome",
    "RecoveryOutcome",
    "SendOutcome",
    "Trial",
    "before_rejected",
    "last_exchange",
    "line_state",
    "preflight",
    "receive",
    "recover",
    "resend",
    "send",
    "set_cursor",
    "try_line",
]
