"""Search for a person by a part of the name.

Names are sealed inside the contents of messages and in no index, so each content is opened and looked at.
"""

import json
import unicodedata
from typing import Final

from store.message.canonical import decode

_FIELDS: Final = ("name", "name_kanji")


class NamePart:
    """A part of a name as somebody types it.

    It is also tried in capitals, as cards have names, and in normal width. Only the typed text is spelt in other ways;
    a stored name is never normalised.
    """

    def __init__(self, text: str) -> None:
        """Take the text; an empty one is part of every name."""
        narrow = unicodedata.normalize("NFKC", text)
        self._spellings: Final = tuple(
            {spelling for typed in (text, narrow) for spelling in (typed, typed.upper(), typed.title())}
        )
        # As the canonical bytes hold it: JSON escapes quotation marks and backslashes.
        self._encoded: Final = tuple(
            json.dumps(spelling, ensure_ascii=False)[1:-1].encode() for spelling in self._spellings
        )

    def is_in(self, content: bytes) -> bool:
        """Tell whether the canonical bytes of a message are about somebody with this part in their name."""
        # Comparing bytes rules out most contents quickly. The others are decoded, because the same characters may stand
        # in an address.
        if not any(encoded in content for encoded in self._encoded):
            return False
        person = decode(content).get("person", {})
        return any(spelling in person.get(name, "") for name in _FIELDS for spelling in self._spellings)
