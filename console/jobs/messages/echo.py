"""Finding messages that only repeat to the agency what its own notice said, by the notices stored about the person.

What an agency notice caused never produces an outgoing message.
"""

from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.terminal import Terminal
from store import queue
from store.message.canonical import decode
from store.message.checks.rules import RULES, Finding
from store.message.echoes import is_echo, is_echo_spelt_otherwise, may_be_echo, number_of
from store.message.kinds import AgencyNotice, Message, ResidentRecord
from store.message.matching import numbers_of

_REPEATED: Final = RULES["corrected_by_notice"]
_SPELT_OTHERWISE: Final = RULES["corrected_like_notice"]


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
    # Asked of every record of a file: most are no such corrections, and need no look at the database.
    if not may_be_echo(message):
        return None
    about = pseudonym(terminal, message)
    rows = queue.rows_about(conn, [about]) if about else []
    contents = queue.contents_of(conn, terminal.vault, (row.id for row in rows))
    # A notice whose content was erased is missing here; nothing can be compared with it any more.
    notices = {row.reference: AgencyNotice.from_record(decode(contents[row.id])) for row in rows if row.id in contents}
    for rule, repeats in ((_REPEATED, is_echo), (_SPELT_OTHERWISE, is_echo_spelt_otherwise)):
        for reference, notice in notices.items():
            if repeats(message, notice):
                return Finding("corrected", rule.name, rule.severity, MappingProxyType({"notice": reference}))
    return None
