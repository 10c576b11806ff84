"""The log (証跡): append-only, hash-chained, written in the transaction of what it records."""

from store.log.chain import Flaw, Log, Verification
from store.log.entries import DETAIL_KEYS, ENTRIES, Draft
from store.log.events import Event, EventClass, Result
from store.log.pages import EVERYTHING, LogFilter, LogRow, first_since, newest, page

TABLES = (ENTRIES,)

__all__ = [
    "DETAIL_KEYS",
    "EVERYTHING",
    "TABLES",
    "Draft",
    "Event",
    "EventClass",
    "Flaw",
    "Log",
    "LogFilter",
    "LogRow",
    "Result",
    "Verification",
    "first_since",
    "newest",
    "page",
]
