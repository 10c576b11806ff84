"""The log (証跡): append-only, hash-chained, signed, written in the transaction of what it records."""

from store.log.chain import Log
from store.log.checkpoints import CHECKPOINTS, WITNESSES, Cause, Checkpoint, Witness
from store.log.entries import DETAIL_KEYS, ENTRIES, Draft
from store.log.events import Event, EventClass, Result
from store.log.findings import Flaw, Verification
from store.log.pages import EVERYTHING, LogFilter, LogRow, first_since, newest, page
from store.log.signing_keys import Ladder
from store.log.terminals import Origin, in_force

TABLES = (ENTRIES, CHECKPOINTS, WITNESSES)

__all__ = [
    "DETAIL_KEYS",
    "EVERYTHING",
    "TABLES",
    "Cause",
    "Checkpoint",
    "Draft",
    "Event",
    "EventClass",
    "Flaw",
    "Ladder",
    "Log",
    "LogFilter",
    "LogRow",
    "Origin",
    "Result",
    "Verification",
    "Witness",
    "first_since",
    "in_force",
    "newest",
    "page",
]
