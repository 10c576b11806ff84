"""The two parts of a passphrase, each known to one person."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from store.errors import KeyPartsAlike, KeyPartsWeak

LEAST_CHARACTERS: Final = 12
_LEAST_DIFFERENT: Final = 5


@dataclass(frozen=True, slots=True, repr=False)
class PassphraseParts:
    """What two persons typed, in either order. It has no `repr`, so that no traceback shows the parts."""

    first: str
    second: str

    @property
    def secret(self) -> bytes:
        """Both parts as bytes. Each carries its length, so no two pairs can give the same bytes."""
        # NFC, because keyboards and terminals compose accents and kana differently; sorted, because the two persons may
        # come in either order.
        typed = sorted(unicodedata.normalize("NFC", part).encode() for part in (self.first, self.second))
        return b"".join(len(part).to_bytes(2, "big") + part for part in typed)

    def check(self) -> None:
        """Refuse parts that are too weak to choose. Raises KeyPartsWeak, KeyPartsAlike."""
        for part in (self.first, self.second):
            # A thief can copy the wrapped key and guess elsewhere, without any lock-out: digits are too few choices.
            if len(part) < LEAST_CHARACTERS or len(set(part)) < _LEAST_DIFFERENT or part.isdigit():
                raise KeyPartsWeak(characters=LEAST_CHARACTERS)
        if self.first.casefold() == self.second.casefold():
            raise KeyPartsAlike
