"""Search for a person by a part of the name.

Names are sealed inside the contents of messages and in no index, so each content is opened and looked at.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

from store.message.seiji import fold

# The names as the canonical bytes hold them; no other item of a message is called so.
_BEGINNINGS: Final = (b'"name":"', b'"name_kanji":"')
_ESCAPED: Final = re.compile(rb'((?:[^"\\]|\\.)*)"')


class NamePart:
    """A part of a name as somebody types it.

    It is found however either side is spelt: in capitals or not, in wide or narrow forms, with blanks or without, in
    正字 or in a form for which there is one. Only the search folds names; a stored name is never normalised.
    """

    def __init__(self, text: str) -> None:
        """Take the text; an empty one is part of every name."""
        self._folded: Final = fold(text)

    def is_in(self, content: bytes) -> bool:
        """Tell whether the canonical bytes of a message are about somebody with this part in their name."""
        # Reading the two names alone, not the whole content, takes a fifth of the time.
        return any(self._folded in fold(name) for name in _names(content))


def _names(content: bytes) -> Iterator[str]:
    for beginning in _BEGINNINGS:
        at = content.find(beginning)
        if at >= 0:
            start = at + len(beginning)
            text = content[start : content.find(b'"', start)]
            yield _unescaped(content, start) if b"\\" in text else text.decode()


def _unescaped(content: bytes, start: int) -> str:
    # JSON escapes quotation marks and backslashes.
    found = _ESCAPED.match(content, start)
    return str(json.loads(b'"' + found[0])) if found else ""
