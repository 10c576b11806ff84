"""Whose log it is: one terminal began it, and each checkpoint carries on the keys of all that may sign the next one.

A checkpoint names for every terminal that shares the log the key of that terminal's next checkpoint. So whoever begins
to verify at any checkpoint knows who may write and sign after it, and nobody is let in but by the signature of one who
is in already. A terminal that was retired keeps its name, for its entries stand, and has no key any more.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from store.log.signing_keys import key_from_text, key_text

Ladders = Mapping[str, bytes | None]
"""By terminal: the public key (32 bytes) of its next checkpoint, RETIRED, or None while it is not known."""

RETIRED: Final = b""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
"""A terminal."""


class Origin(NamedTuple):
    """The terminal that began the log, and the public key of its first checkpoint, where that is known."""

    name: str
    root: bytes | None = None

    @property
    def ladders(self) -> Ladders:
        """Who may sign the first checkpoint."""
        return {self.name: self.root}


def to_texts(ladders: Mapping[str, bytes]) -> list[str]:
    """Return the keys of terminals as they are written: `name:key`, in the order of the names."""
    return [f"{name}:{key_text(key) if key else ''}" for name, key in sorted(ladders.items())]


def from_texts(texts: object) -> dict[str, bytes] | None:
    """Read what `to_texts` wrote; None for anything else."""
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return None
    ladders: dict[str, bytes] = {}
    for name, _, key in (text.partition(":") for text in texts):
        public = key_from_text(key) if key else RETIRED
        if public is None or not NAME.fullmatch(name):
            return None
        ladders[name] = public
    return ladders if to_texts(ladders) == texts else None


def carries_on(before: Ladders, after: Mapping[str, bytes], signer: str) -> bool:
    """Tell whether a checkpoint of `signer` leaves the keys of the others as they were.

    It may let a terminal in, retire one, and let a retired one in again with a new key; no more.
    """
    others = [(key, after.get(name)) for name, key in before.items() if name != signer]
    return all(now is not None and (now == key or RETIRED in {now, key}) for key, now in others)


def in_force(ladders: Ladders) -> Sequence[str]:
    """Return the terminals that may sign, by name."""
    return sorted(name for name, key in ladders.items() if key != RETIRED)
