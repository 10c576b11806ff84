"""What the peer said of a message that it refused, and which items it meant: there the correction begins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.jobs.messages import reading as messages
from console.terminal import Terminal
from store.message.checks.items import FIELDS
from store.message.states import OutState
from store.queue import MessageRow

_NUMBERS: Final = ("card_number", "certificate_number")
# The items behind the codes of the protocol; of the others the cause names the item itself.
_MEANT: Final = MappingProxyType(
    {
        "number_not_current": _NUMBERS,
        "number_missing": _NUMBERS,
        "person_not_found": ("person.name", "person.birth_date", *_NUMBERS),
        "municipality_foreign": ("municipality",),
        "reference_known": ("reference",),
    }
)
_WORD: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")


@dataclass(frozen=True, slots=True)
class RefusedBecause:
    """Why the peer refused a message: cause and remedy by language, and the items that it means."""

    cause: Mapping[str, str]
    remedy: Mapping[str, str]
    fields: frozenset[str]


def refused_because(terminal: Terminal, conn: Connection, row: MessageRow) -> RefusedBecause | None:
    """Return why the peer refused a message, or None for one that it did not refuse after reading it.

    Raises RowSealBroken for a result that the peer did not sign.
    """
    outcome = messages.outcome_of(terminal, conn, row.id) if row.state is OutState.REFUSED else None
    if outcome is None:
        return None
    # A peer of a later version may have codes that this program does not know: then no item is marked.
    named = _MEANT.get(outcome.code or "") or _named_in(outcome.cause)
    return RefusedBecause(outcome.cause, outcome.remedy, frozenset(named))


def _named_in(cause: Mapping[str, str]) -> set[str]:
    return {word for text in cause.values() for word in _WORD.findall(text) if word in FIELDS}
