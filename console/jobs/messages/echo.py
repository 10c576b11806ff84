"""Finding messages that only repeat to the agency what its own notice said, by the notices stored about the person.

What an agency notice caused never produces an outgoing message.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection

from console.terminal import Terminal
from store import queue
from store.message.canonical import decode
from store.message.checks.rules import RULES, Finding
from store.message.echoes import is_echo, is_echo_spelt_otherwise, may_be_echo, number_of
from store.message.kinds import AgencyNotice, Message, ResidentRecord
from store.message.matching import numbers_of
from store.queue.pages import in_batches

_REPEATED: Final = RULES["corrected_by_notice"]
_SPELT_OTHERWISE: Final = RULES["corrected_like_notice"]


class _Noticed(NamedTuple):
    reference: str
    notice: AgencyNotice


def pseudonym(terminal: Terminal, message: ResidentRecord | AgencyNotice) -> str | None:
    """Return the pseudonym of the number that a message states, by which notices are found; None without a number."""
    number = number_of(message)
    return _pseudonym(terminal, number) if number else None


def pseudonyms(terminal: Terminal, notice: AgencyNotice) -> set[str]:
    """Return the pseudonyms of all numbers, present and former, by which a notice knows its person."""
    return {_pseudonym(terminal, number) for number in numbers_of(notice)}


def _pseudonym(terminal: Terminal, number: str) -> str:
    # Keyed, so that notices can be found by number without the number being stored in clear.
    return terminal.vault.pseudonym("number", number)


def find_echo(terminal: Terminal, conn: Connection, message: Message) -> Finding | None:
    """Return the finding for a message that only repeats what a notice of the agency said; None for any other.

    An error when it does so word by word, a warning when only the spelling differs. Raises SealBroken when a notice
    about the person cannot be opened.
    """
    return find_echoes(terminal, conn, [message])[0]


def find_echoes(terminal: Terminal, conn: Connection, messages: Sequence[Message]) -> list[Finding | None]:
    """Return what `find_echo` does for each of many messages, with one look at the notices about all their persons."""
    # Most messages are no such corrections, and need no look at the database.
    abouts = [pseudonym(terminal, message) if may_be_echo(message) else None for message in messages]
    notices = _notices_about(terminal, conn, {about for about in abouts if about})
    return [
        _echo_of(message, notices[about]) if about in notices and may_be_echo(message) else None
        for message, about in zip(messages, abouts, strict=True)
    ]


def _notices_about(terminal: Terminal, conn: Connection, abouts: AbstractSet[str]) -> dict[str, list[_Noticed]]:
    """Return the notices that know each of these pseudonyms as a number of their person, the newest first."""
    found: dict[str, list[_Noticed]] = {}
    for some in in_batches(abouts):
        rows = queue.rows_about(conn, some)
        contents = queue.contents_of(conn, terminal.vault, (row.id for row in rows))
        for row in rows:
            # A notice whose content was erased is missing here; nothing can be compared with it any more.
            if row.id in contents:
                notice = AgencyNotice.from_record(decode(contents[row.id]))
                for about in pseudonyms(terminal, notice) & abouts:
                    found.setdefault(about, []).append(_Noticed(row.reference, notice))
    return found


def _echo_of(message: ResidentRecord, notices: Sequence[_Noticed]) -> Finding | None:
    for rule, repeats in ((_REPEATED, is_echo), (_SPELT_OTHERWISE, is_echo_spelt_otherwise)):
        for reference, notice in notices:
            if repeats(message, notice):
                return Finding("corrected", rule.name, rule.severity, MappingProxyType({"notice": reference}))
    return None
