"""Whether messages under one 宛名番号 tell of one person: by name, birth date, sex, nationality and number of the card.

A number that was mistyped, or given to somebody else, would send one person's change as another's. What a message
itself corrects is no contradiction, and neither is what a message says in place of another. Spelling makes no
difference. Who was deleted from the register comes back with another card, and nobody is told of that one before.

Who lives elsewhere than was told before has moved, and a message tells of that: the record and the report of the move
say where the person lived until then.

Nor does anybody acquire a status of residence (住基法30条の47) who has a record already: the 区分 of such a person is
changed by a notice of the agency, and nothing is sent back.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from store.message.canonical import decode
from store.message.codes import Action, Kind
from store.message.groups import value_at
from store.message.seiji import fold

NAME: Final = "person.name"
BIRTH_DATE: Final = "person.birth_date"
SEX: Final = "person.sex"
NATIONALITY: Final = "person.nationality"
CARD: Final = "card_number"
CERTIFICATE: Final = "certificate_number"
ADDRESS: Final = "person.address"
PREVIOUS: Final = "previous_address"
COMPARED: Final = (NAME, BIRTH_DATE, SEX, NATIONALITY, CARD, CERTIFICATE)
"""The items that are compared; where the person lives is held against what was told before."""
_ISSUED_ANEW: Final = frozenset({CARD, CERTIFICATE})
# How canonical bytes begin what is compared; no text inside a value can look like it, because it has quotation marks.
_BEGINNINGS: Final = tuple(f'"{field.rpartition(".")[2]}":"'.encode() for field in (*COMPARED, ADDRESS))
_ACQUIRING: Final = "juki-30-47"


class Stated(NamedTuple):
    """A message of a person: its `key` (kind and reference), the moment from which it counts, and its canonical bytes.

    `target` is the key of the message that it undoes, and `cancels` tells whether that one is to be as if never sent.
    """

    key: tuple[str, str]
    effective_at: datetime
    content: bytes
    target: tuple[str, str] | None = None
    cancels: bool = False


class Contradiction(NamedTuple):
    """Two messages that follow each other and state two values of the item `field`; `records` are their contents."""

    field: str
    earlier: Stated
    later: Stated
    records: tuple[dict[str, Any], dict[str, Any]]


def find(messages: Sequence[Stated]) -> Iterator[Contradiction]:
    """Yield the contradictions between messages of one 宛名番号."""
    # Most persons' messages say the same, letter by letter: they are not decoded.
    if len({_glance(message.content) for message in messages}) == 1:
        return
    read = [(message, decode(message.content)) for message in _standing(messages)]
    for field in COMPARED:
        yield from _of_field(field, read)
    yield from _of_address(read)


def find_second_records(messages: Sequence[Stated]) -> Iterator[tuple[Stated, Stated]]:
    """Yield what makes a person a resident by 住基法30条の47, with the message that showed a record before."""
    acquiring = f'"{_ACQUIRING}"'.encode()
    # Rare, and told by the bytes: the others are not decoded.
    if not any(acquiring in message.content for message in messages):
        return
    before: Stated | None = None
    for message in sorted(_standing(messages), key=lambda each: each.effective_at):
        if message.key[0] != Kind.RESIDENT_RECORD:
            continue
        record = decode(message.content)
        if before is not None and message.target is None and value_at(record, "basis.article") == _ACQUIRING:
            yield message, before
        # Whose record was deleted begins anew, and may well acquire a status.
        before = None if record["action"] == Action.DELETION else message


def _standing(messages: Iterable[Stated]) -> list[Stated]:
    """Return the messages that count: what was undone may have been wrong, and what cancels repeats it."""
    undone = {message.target for message in messages}
    return [message for message in messages if message.key not in undone and not message.cancels]


def _glance(content: bytes) -> tuple[bytes, ...]:
    return tuple(content.partition(beginning)[2].partition(b'"')[0] for beginning in _BEGINNINGS)


def _of_field(field: str, read: Iterable[tuple[Stated, dict[str, Any]]]) -> Iterator[Contradiction]:
    def corrects(record: dict[str, Any]) -> bool:
        return field.rpartition(".")[2] in record.get("corrected", ())

    # A newborn may have no name yet. Of one moment the correction or entry comes first: the other message of its event
    # states what is so since then.
    stating = sorted(
        ((message, record) for message, record in read if value_at(record, field) is not None),
        key=lambda each: (each[0].effective_at, not (corrects(each[1]) or each[1].get("action") == Action.ENTRY)),
    )
    for (earlier, before), (later, after) in pairwise(stating):
        mends = later.target is not None or corrects(after) or _begins_anew(field, before, after)
        if not mends and fold(str(value_at(before, field))) != fold(str(value_at(after, field))):
            yield Contradiction(field, earlier, later, (before, after))


def _of_address(read: Iterable[tuple[Stated, dict[str, Any]]]) -> Iterator[Contradiction]:
    """Yield the messages by which somebody lives, or lived before a move, elsewhere than the moment before told."""
    stating = sorted((each for each in read if value_at(each[1], ADDRESS)), key=lambda each: each[0].effective_at)
    previous: tuple[Stated, dict[str, Any]] | None = None
    # The two messages of one event state the same address, and neither was told before the other.
    for _, event in groupby(stating, key=lambda each: each[0].effective_at):
        messages = list(event)
        # Who enters the register comes from elsewhere.
        enters = any(record.get("action") == Action.ENTRY for _, record in messages)
        if previous is not None and not enters:
            earlier, before = previous
            for later, after in messages:
                field = _address_apart(before, after)
                if field is not None and later.target is None:
                    yield Contradiction(field, earlier, later, (before, after))
        previous = messages[-1]


def _address_apart(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """Return the item of `after` that states another address than was told before without a word of a move."""
    known = fold(str(value_at(before, ADDRESS)))
    # A report that follows its record states an address that was told already.
    if fold(str(value_at(after, ADDRESS))) == known:
        return None
    if PREVIOUS in after:
        return PREVIOUS if fold(str(after[PREVIOUS])) != known else None
    return None if "address" in after.get("corrected", ()) else ADDRESS


def _begins_anew(field: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Tell whether a number may be another one without a word: the person left the register, or came into it, between.

    A certificate is delivered here, and its delivery is what tells of its number.
    """
    if field not in _ISSUED_ANEW:
        return False
    delivered = after.get("kind") == Kind.CERTIFICATE_DELIVERY
    return delivered or before.get("action") == Action.DELETION or after.get("action") == Action.ENTRY
