"""The content of an item of the peer's feed once it is opened: the peer's signature does not make it well-formed."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from console.errors import ItemUnreadable, NoticeUnfit, ResultUnfit
from console.terminal import Terminal
from store.message.canonical import decode, encode
from store.message.checks.checking import check
from store.message.errors import ContentDamaged
from store.message.kinds import AgencyNotice
from store.message.states import Direction
from store.queue import MessageKey, MessageRow, PeerOutcome
from transport.evidence.envelope import Opened, Purpose

_CODE: Final = re.compile(r"[a-z0-9_]{1,64}")
_REFERENCE: Final = re.compile(r"[!-~]{1,64}")
_WORDS: Final = ("cause", "remedy")


@dataclass(frozen=True, slots=True)
class ItemContent:
    """The content of a verified item: a notice that passed every rule, or the record of a result."""

    record: dict[str, Any]
    notice: AgencyNotice | None

    @classmethod
    def read(cls, opened: Opened, terminal: Terminal, now: datetime) -> "ItemContent":
        """Check the content of an opened item. Raises ItemUnreadable, NoticeUnfit, ResultUnfit.

        `now` is the time on the line: by a clock that is behind, a notice of today would lie ahead.
        """
        try:
            record = decode(opened.content)
        except ContentDamaged as error:
            raise ItemUnreadable from error
        if opened.header.purpose is Purpose.NOTICE:
            return cls(record, _notice(record, terminal, now))
        _check_result(record)
        return cls(record, None)


def _check_result(record: dict[str, Any]) -> None:
    """Raise ResultUnfit unless every field of a result that is used has its proper form (PROTOCOL.md, 6.4)."""
    code = record.get("code")
    shapes = (
        isinstance(record.get("outcome"), str) and record["outcome"] in set(PeerOutcome),
        isinstance(record.get("message"), str),
        # The code goes into the log and to the catalogue, so it has to be a single word and never free text, which
        # could name a person.
        code is None or (isinstance(code, str) and _CODE.fullmatch(code) is not None),
        *(_is_bilingual(record.get(name)) for name in _WORDS),
    )
    if not all(shapes):
        raise ResultUnfit
    try:
        stored = decode(encode(record))
    except TypeError:
        # Lone surrogates, numbers that are too large, brackets too deep: such a record could be neither stored nor
        # looked up.
        raise ResultUnfit from None
    # What JSON does not have, such as "not a number", is written as null.
    if stored != record:
        raise ResultUnfit


def _is_bilingual(words: object) -> bool:
    return words is None or (isinstance(words, dict) and all(isinstance(text, str) for text in words.values()))


def kept_of(opened: Opened) -> bytes:
    """Return what is kept of a result, to be stored sealed, because it may name people.

    That is the content as the peer wrote it, with the salt: both together have the digest in the header that the peer
    signed, which is kept beside them.
    """
    return encode({"content": opened.content.decode(), "salt": opened.salt.hex()})


def signed_in(kept: bytes) -> tuple[bytes, bytes]:
    """Return the content of a result, and the salt with which the digest in its header fits; both may be empty."""
    record = decode(kept)
    return str(record.get("content", "")).encode(), bytes.fromhex(record.get("salt", ""))


def words_in(kept: bytes) -> dict[str, Any]:
    """Return the peer's explanation from what is kept of a result; an older program kept nothing but that."""
    record = decode(kept)
    return decode(str(record["content"]).encode()) if "content" in record else record


def is_about(record: dict[str, Any], row: MessageRow) -> bool:
    """Return whether a result names the message `row`; a refusal may leave out what the peer could not read."""
    refused = record["outcome"] == PeerOutcome.REFUSED
    named = ((record.get("kind"), row.kind), (record.get("reference"), row.reference))
    return all(theirs == ours or (theirs is None and refused) for theirs, ours in named)


def key_of(record: dict[str, Any]) -> MessageKey | None:
    """Return kind and reference that a result names; None where the peer could not read them, or they have no form."""
    kind, reference = record.get("kind"), record.get("reference")
    if not isinstance(kind, str) or not isinstance(reference, str):
        return None
    return MessageKey(kind, reference) if _CODE.fullmatch(kind) and _REFERENCE.fullmatch(reference) else None


def _notice(record: dict[str, Any], terminal: Terminal, now: datetime) -> AgencyNotice:
    # By the same rules as our own records: what passes here, people can read and the resident-record system can take.
    checked = check(
        record,
        municipality=terminal.settings.municipality.code,
        now=now,
        direction=Direction.IN,
    )
    if not isinstance(checked.message, AgencyNotice):
        raise NoticeUnfit(field=checked.errors[0].field)
    return checked.message
