"""Name blocks: the names and numbers of a thousand messages' persons sealed together, so that a search opens one seal.

A block is a copy of what the contents hold. It is made with the messages, taken away when one of its contents changes
or is erased, and made anew from the contents by whoever searches next. So no name outlives its content, and nothing is
found that the contents do not say.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, func, select

from store.message.search import SearchPart, terms_in
from store.queue.contents import open_content
from store.queue.tables import ALL_MESSAGES, CONTENTS, ERASED, NAME_BLOCK, NAME_BLOCKS
from store.sealing.vault import Place, Sealed, Vault
from store.statements import BulkStatement

_COLUMNS: Final = ("number", "messages", "ciphertext", "wrapped_key")
_INSERT: Final = BulkStatement.insert(NAME_BLOCKS, _COLUMNS)
_BLOCK_OF: Final = ALL_MESSAGES.c.id // NAME_BLOCK
_HELD: Final = select(_BLOCK_OF.label("number"), func.count().label("messages")).group_by(_BLOCK_OF).subquery()
# With those that are hidden: they are found from the moment they are seen.
_CONTENTS: Final = (
    select(
        ALL_MESSAGES.c.id, ALL_MESSAGES.c.uid, ALL_MESSAGES.c.revision, CONTENTS.c.ciphertext, CONTENTS.c.wrapped_key
    )
    .join_from(
        ALL_MESSAGES,
        CONTENTS,
        and_(CONTENTS.c.message_id == ALL_MESSAGES.c.id, CONTENTS.c.revision == ALL_MESSAGES.c.revision),
    )
    .where(ALL_MESSAGES.c.id >= bindparam("first"), ALL_MESSAGES.c.id < bindparam("first") + NAME_BLOCK)
)
_MISSING: Final = (
    select(_HELD.c.number)
    .outerjoin(NAME_BLOCKS, NAME_BLOCKS.c.number == _HELD.c.number)
    .where(NAME_BLOCKS.c.messages.is_distinct_from(_HELD.c.messages))
    .order_by(_HELD.c.number)
)


def add_names(tx: Connection, vault: Vault, numbers: Sequence[int], contents: Iterable[bytes]) -> None:
    """Add the names of new messages, given by their numbers and contents."""
    named: dict[int, dict[int, str]] = {}
    for number, content in zip(numbers, contents, strict=True):
        named.setdefault(number // NAME_BLOCK, {})[number] = terms_in(content)
    for block, names in named.items():
        before = tx.execute(select(NAME_BLOCKS).where(NAME_BLOCKS.c.number == block)).one_or_none()
        known = {} if before is None else _opened(vault, block, Sealed(before.ciphertext, before.wrapped_key))
        _write(tx, vault, block, known | names)


def drop_names(tx: Connection, numbers: Iterable[int]) -> None:
    """Take away the blocks of these messages, because what their contents hold changes or goes."""
    blocks = {number // NAME_BLOCK for number in numbers}
    if blocks:
        tx.execute(delete(NAME_BLOCKS).where(NAME_BLOCKS.c.number.in_(blocks)))


def missing_blocks(reading: Connection) -> list[int]:
    """Return the blocks that are to be made before a search: a message of theirs is in none."""
    # A block never holds more than there is, so equal sums are equal blocks. Comparing each takes as long as counting
    # the messages by blocks.
    covered = reading.scalar(select(func.sum(NAME_BLOCKS.c.messages))) or 0
    if covered == reading.scalar(select(func.count()).select_from(ALL_MESSAGES)):
        return []
    return list(reading.scalars(_MISSING))


def make_block(tx: Connection, vault: Vault, block: int) -> None:
    """Make a block from the contents, without those that are erased. Raises SealBroken."""
    names = {}
    for number, uid, revision, ciphertext, wrapped in tx.execute(_CONTENTS, {"first": block * NAME_BLOCK}).all():
        erased = wrapped == ERASED
        names[number] = "" if erased else terms_in(open_content(vault, uid, revision, ciphertext, wrapped))
    _write(tx, vault, block, names)


def numbers_found(reading: Connection, vault: Vault, part: SearchPart) -> Iterator[int]:
    """Yield the numbers of the messages about somebody with this part in a name or number. Raises SealBroken.

    Call it where `missing_blocks` found none, in the same snapshot.
    """
    for number, _, ciphertext, wrapped in reading.execute(select(*(NAME_BLOCKS.c[name] for name in _COLUMNS))):
        names = _opened(vault, number, Sealed(ciphertext, wrapped))
        numbers = list(names)
        yield from (numbers[place] for place in part.places_in(list(names.values())))


def block_place(number: int) -> Place:
    """Return the place of a block."""
    return Place(NAME_BLOCKS.name, "ciphertext", str(number), 1)


def _opened(vault: Vault, block: int, sealed: Sealed) -> dict[int, str]:
    return dict(orjson.loads(vault.unseal(sealed, place=block_place(block))))


def _write(tx: Connection, vault: Vault, block: int, names: dict[int, str]) -> None:
    sealed = vault.seal(orjson.dumps(list(names.items())), place=block_place(block))
    tx.execute(delete(NAME_BLOCKS).where(NAME_BLOCKS.c.number == block))
    _INSERT.run(tx, [(block, len(names), sealed.ciphertext, sealed.wrapped_key)])
