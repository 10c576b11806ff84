"""Admissions: which machine a name stands for, by the first key with which each was let in.

A name may pass from one machine to another: the first is retired, and another one is let in under the name. The first
key of a machine, whose public half it keeps for good, then tells the two apart. So a retired machine cannot take its
place back, not even as two persons who go on after a roll-back.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from store.log import checkpoints
from store.log.events import Event
from store.log.pages import LogFilter, oldest, page
from store.log.signing_keys import SigningKeys
from store.log.terminals import Origin, in_force

_ADMISSIONS: Final = LogFilter(events=frozenset({Event.TERMINAL_ADMITTED}))
_PAGE: Final = 100


def admits(reading: Connection, keys: SigningKeys, terminal_id: str, origin: Origin) -> bool:
    """Tell whether the log admits the machine that has `keys` as the terminal of that name.

    Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged.
    """
    last = checkpoints.latest(reading)
    next_keys = last.next_keys if last else origin.next_keys
    if terminal_id not in in_force(next_keys):
        return False
    # Nobody else has ever shared the log, and a terminal cannot retire itself.
    if len(next_keys) == 1:
        return True
    admitted = next((content for name, content in _admissions(reading) if name == terminal_id), None)
    if admitted is not None:
        return admitted == content_of(keys.root)
    if oldest(reading) == 1:
        return origin == Origin(terminal_id, keys.root)
    # The entry of the admission was pruned. Whoever holds the key that the log expects next is the machine that it
    # means, however long ago it signed last.
    expected = next_keys[terminal_id]
    if expected is not None and keys.number_of(expected) is not None:
        return True
    # Without that key, as after a roll-back: numbers only grow, so a machine that was retired before has no key from
    # after the pruning.
    boundary = next(iter(checkpoints.since(reading, 1)))
    return keys.highest > int(boundary.number)


def was_let_in(reading: Connection, root: bytes, origin: Origin) -> bool:
    """Tell whether a machine with the first key `root` was ever let in, under whatever name."""
    return root == origin.root or any(content == content_of(root) for _, content in _admissions(reading))


def content_of(root: bytes) -> str:
    """Return the digest of a first key, as the entry of the admission holds it."""
    return sha256(root).hexdigest()


def _admissions(reading: Connection) -> Iterator[tuple[object, object]]:
    """Yield the name and the digest of the first key of each terminal that was let in, the newest first."""
    before = None
    while rows := page(reading, before=before, limit=_PAGE, chosen=_ADMISSIONS):
        yield from ((row.detail["terminal"], row.detail["content"]) for row in rows)
        before = rows[-1].seq
