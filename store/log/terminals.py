"""Who shares the log: one terminal began it, and each checkpoint carries the keys of all that may sign the next one.

For every terminal that shares the log, a checkpoint names the key of that terminal's next checkpoint. So verification
can start at any checkpoint and knows who may write and sign after it, and only a terminal that is already admitted can
admit another. A retired terminal keeps its name, because its entries remain, and has no key any more.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from store.log.signing_keys import key_from_text, key_text

NextKeys = Mapping[str, bytes | None]
"""By terminal: the public key (32 bytes) of its next checkpoint, RETIRED, or None while that key is not known."""

RETIRED: Final = b""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
"""The name of a terminal. It has no quotation mark, colon or comma, which separate names in a checkpoint."""


class Origin(NamedTuple):
    """The terminal that began the log, and the public key of its first checkpoint where that is known."""

    name: str
    root: bytes | None = None

    @property
    def next_keys(self) -> NextKeys:
        """Who may sign the first checkpoint."""
        return {self.name: self.root}


def to_texts(next_keys: Mapping[str, bytes]) -> list[str]:
    """Return the terminals' keys as a checkpoint spells them: `name:key`, sorted by name; no key for a retired one."""
    return [f"{name}:{key_text(key) if key else ''}" for name, key in sorted(next_keys.items())]


def from_texts(texts: object) -> dict[str, bytes] | None:
    """Read what `to_texts` wrote; None for anything else."""
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return None
    next_keys: dict[str, bytes] = {}
    for name, _, key in (text.partition(":") for text in texts):
        public = key_from_text(key) if key else RETIRED
        if public is None or not NAME.fullmatch(name):
            return None
        next_keys[name] = public
    # Writing it again refuses another order and a name that appears twice.
    return next_keys if to_texts(next_keys) == texts else None


def carries_on(before: NextKeys, after: Mapping[str, bytes], signer: str) -> bool:
    """Tell whether a checkpoint of `signer` leaves the keys of the other terminals as they were.

    It may admit a terminal, retire one, and admit a retired one again with a new key; nothing else. Otherwise a stolen
    key of one terminal would be enough to sign in the name of all.
    """
    # Names in `after` that were unknown before are admissions, so only the known names are compared.
    others = [(key, after.get(name)) for name, key in before.items() if name != signer]
    return all(now is not None and (now == key or RETIRED in {now, key}) for key, now in others)


def in_force(next_keys: NextKeys) -> Sequence[str]:
    """Return the names of the terminals that may sign, sorted."""
    return sorted(name for name, key in next_keys.items() if key != RETIRED)
