"""What an item of the peer's feed says, once it is opened: being signed by the peer does not make it well-formed."""

import re
from dataclasses import dataclass
from typing import Any, Final

from console.errors import ItemUnreadable, NoticeUnfit, ResultUnfit
from console.terminal import Terminal
from store import clock
from store.message.canonical import decode, encode
from store.message.checks.checking import check
from store.message.errors import ContentDamaged
from store.message.kinds import AgencyNotice
from store.message.states import Direction
from store.queue import MessageRow, PeerOutcome
from transport.evidence.envelope import Opened, Purpose

_CODE: Final = re.compile(r"[a-z0-9_]{1,64}")
_WORDS: Final = ("cause", "remedy")


@dataclass(frozen=True, slots=True)
class ItemContent:
    """The content of a verified item: a notice that passed every rule, or the record of a result."""

    record: dict[str, Any]
    notice: AgencyNotice | None

    @classmethod
    def read(cls, got: Opened, terminal: Terminal) -> "ItemContent":
        """Check what an item says: being signed by the peer does not make it well-formed.

        Raises ItemUnreadable, NoticeUnfit, ResultUnfit.
        """
        try:
            record = decode(got.content)
        except ContentDamaged as error:
            raise ItemUnreadable from error
        if got.header.purpose is Purpose.NOTICE:
            return cls(record, _notice(record, terminal))
        _check_result(record)
        return cls(record, None)


def _check_result(record: dict[str, Any]) -> None:
    """Raise ResultUnfit unless everything that is used of a result has its shape (PROTOCOL.md, 6.4)."""
    code = record.get("code")
    shapes = (
        isinstance(record.get("outcome"), str) and record["outcome"] in set(PeerOutcome),
        isinstance(record.get("message"), str),
        # The code goes into the log and to the catalogue: it has to be a word of ours or of the peer's, never a text.
        code is None or (isinstance(code, str) and _CODE.fullmatch(code) is not None),
        *(_is_bilingual(record.get(name)) for name in _WORDS),
    )
    if not all(shapes):
        raise ResultUnfit
    try:
        encode(record)
    except (ValueError, RecursionError):
        # Lone surrogates, numbers that JSON does not have: nothing that could be kept or looked up.
        raise ResultUnfit from None


def _is_bilingual(words: object) -> bool:
    return words is None or (isinstance(words, dict) and all(isinstance(text, str) for text in words.values()))


def words_of(record: dict[str, Any]) -> bytes:
    """Return the peer's words as they are kept, sealed: they may name people."""
    return encode({name: record.get(name) for name in _WORDS})


def tells_of(record: dict[str, Any], row: MessageRow) -> bool:
    """Tell whether a result names the message as ours; a refusal may leave out what the peer could not read."""
    refused = record["outcome"] == PeerOutcome.REFUSED
    named = ((record.get("kind"), row.kind), (record.get("reference"), row.reference))
    return all(told == ours or (told is None and refused) for told, ours in named)


def _notice(record: dict[str, Any], terminal: Terminal) -> AgencyNotice:
    checked = check(
        record,
        municipality=terminal.settings.municipality.code,
        today=clock.day_in_japan(clock.now()),
        direction=Direction.IN,
    )
    if not isinstance(checked.message, AgencyNotice):
        raise NoticeUnfit(field=checked.errors[0].field)
    return checked.message
