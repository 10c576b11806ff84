"""Looking for a person by a part of the name in the contents of messages, which no index holds."""

import json
import unicodedata
from typing import Final

from store.message.canonical import decode

_FIELDS: Final = ("name", "name_kanji")


class NamePart:
    """A part of a name as somebody types it: also in capitals, as cards have it, and without regard to width.

    Only what was typed is respelled; a name that is kept is never normalised.
    """

    def __init__(self, text: str) -> None:
        """Take the text; an empty one is in every name."""
        plain = unicodedata.normalize("NFKC", text)
        self._spellings: Final = tuple({spelt for one in (text, plain) for spelt in (one, one.upper(), one.title())})
        self._marks: Final = tuple(json.dumps(one, ensure_ascii=False)[1:-1].encode() for one in self._spellings)

    def is_in(self, content: bytes) -> bool:
        """Tell whether the canonical bytes of a message are about somebody with this part in their name."""
        # The bytes tell quickly that a content cannot match; only where they do is it read.
        if not any(mark in content for mark in self._marks):
            return False
        person = decode(content).get("person", {})
        return any(spelt in person.get(name, "") for name in _FIELDS for spelt in self._spellings)
