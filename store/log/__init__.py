"""The log (証跡): append-only, hash-chained, signed, and written in the same transaction as the act it records."""

from store.log.chain import Log
from store.log.checkpoints import CHECKPOINTS, WITNESSES, Checkpoint, Occasion, WitnessRow
from store.log.entries import DETAIL_KEYS, ENTRIES, EntryDraft
from store.log.events import Event, EventClass, Result
from store.log.findings import Flaw, Verification
from store.log.pages import EVERYTHING, LogFilter, LogRow, newest, page
from store.log.signing_keys import SigningKeys
from store.log.stretches import first_since
from store.log.terminals import Origin, in_force

TABLES = (ENTRIES, CHECKPOINTS, WITNESSES)

__all__ = [
    "DETAIL_KEYS",
    "EVERYTHING",
    "TABLES",
    "Checkpoint",
    "EntryDraft",
    "Event",
    "EventClass",
    "Flaw",
    "Log",
    "LogFilter",
    "LogRow",
    "Occasion",
    "Origin",
    "Result",
    "SigningKeys",
    "Verification",
    "WitnessRow",
    "first_since",
    "in_force",
    "newest",
    "page",
]
