"""The two parts of a passphrase, each known to one person."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from store.errors import KeyPartsAlike, KeyPartsWeak

LEAST_CHARACTERS: Final = 12
_LEAST_DIFFERENT: Final = 5


@dataclass(frozen=True, slots=True, repr=False)
class PassphraseParts:
    """What two persons typed; in which order does not matter. Nothing shows them."""

    first: str
    second: str

    @property
    def secret(self) -> bytes:
        """Both parts as bytes. Each carries its length: no two pairs can give the same bytes."""
        typed = sorted(unicodedata.normalize("NFC", part).encode() for part in (self.first, self.second))
        return b"".join(len(part).to_bytes(2, "big") + part for part in typed)

    def check(self) -> None:
        """Refuse parts that are not to be chosen. Raises KeyPartsWeak, KeyPartsAlike."""
        for part in (self.first, self.second):
            # A wrapped key can be copied and guessed at elsewhere: digits alone do not do here.
            if len(part) < LEAST_CHARACTERS or len(set(part)) < _LEAST_DIFFERENT or part.isdigit():
                raise KeyPartsWeak(characters=LEAST_CHARACTERS)
        if self.first.casefold() == self.second.casefold():
            raise KeyPartsAlike
