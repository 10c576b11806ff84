"""Search for a person by a part of the name, of the 宛名番号, or of the number of a card or certificate.

All of these are sealed inside the contents of messages and in no index, so that whoever searches opens what is sealed
and looks at it. For the search, and nowhere else, the forms of a kanji count as one: 高 and 髙 are both 正字, so a card
may bear either, and they stay two characters in records and comparisons. Who searches for 高崎 means 髙﨑 as well and
cannot know which of them was written.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from store.message.errors import TableItemWrong
from store.message.seiji import fold
from store.message.table_files import Kept, layers

VARIANTS: Final = "variants.txt"
# So much of a line that is wrong is told.
_SHOWN: Final = 20
# The terms as the canonical bytes hold them; no other item of a message is called so.
_BEGINNINGS: Final = tuple(
    f'"{item}":"'.encode() for item in ("name", "name_kanji", "subject", "card_number", "certificate_number")
)
_ESCAPED: Final = re.compile(rb'((?:[^"\\]|\\.)*)"')
# Characters of the private area, which no name has, and which stay what they are when they are folded.
_BETWEEN_TERMS: Final = "\ue000"
_BETWEEN_PERSONS: Final = "\ue001"
_OURS: Final = {ord(_BETWEEN_TERMS): None, ord(_BETWEEN_PERSONS): None}


class SearchPart:
    """A part of a name or number as somebody types it.

    It is found however either side is spelt: in capitals or not, in wide or narrow forms, with blanks or without, in
    正字 or in a form for which there is one, in one form of a kanji or another. Only the search folds names; a stored
    name is never normalised.
    """

    def __init__(self, text: str) -> None:
        """Take the text; an empty one is part of every term."""
        self._folded: Final = search_form(text).translate(_OURS)

    def places_in(self, terms: Sequence[str]) -> list[int]:
        """Return the places of those among `terms`, each from `terms_in`, in which this part is."""
        # Folded together: one by one, folding thousands of names takes five times as long.
        folded = search_form(_BETWEEN_PERSONS.join(terms)).split(_BETWEEN_PERSONS)
        return [place for place, text in enumerate(folded) if self._folded in text]

    def is_in(self, content: bytes) -> bool:
        """Tell whether the canonical bytes of a message are about somebody with this part in a term."""
        return bool(self.places_in([terms_in(content)]))


def terms_in(content: bytes) -> str:
    """Return the names and numbers of the person that the canonical bytes of a message are about, as one text."""
    # Reading these alone, not the whole content, takes a fifth of the time.
    return _BETWEEN_TERMS.join(term if term.isascii() else term.translate(_OURS) for term in _terms(content))


def _terms(content: bytes) -> Iterator[str]:
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


# ── The forms of kanji ────────────────────────────────────────────────────────────────────────────


def search_form(text: str) -> str:
    """Return the form in which names are searched for: that of `fold`, with one form of each kanji."""
    text = unicodedata.normalize("NFKC", text).casefold()
    # Character by character as they differ, and not as they come: a thousand names together have a few hundred, and
    # only some of those change. No form that replaces another one is itself replaced, so their order means nothing.
    forms = _forms()
    for character in {*text}:
        form = forms[character]
        if form != character:
            text = text.replace(character, form)
    return text


def read_variants(text: str) -> dict[str, str]:
    """Return the usual form by each other form. Raises a TableFault."""
    usual: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        first, *others = list(line)
        # What folds to something else would never be looked up, and no form may lead to two others.
        once = len({*line}) == len(line) and usual.keys().isdisjoint(line)
        if not others or not once or any(fold(form) != form for form in line):
            raise TableItemWrong(table=VARIANTS, line=str(number), entry=line[:_SHOWN], item="-", wanted="高髙")
        usual |= dict.fromkeys(others, first)
    return usual


class _Forms(dict[str, str]):
    """The form of each character for the search; filled as characters come."""

    def __missing__(self, character: str) -> str:
        form = fold(character)
        self[character] = form = _usual().get(form, form)
        return form


@Kept
def _forms() -> _Forms:
    return _Forms()


@Kept
def _usual() -> Mapping[str, str]:
    usual: dict[str, str] = {}
    for text in layers(VARIANTS):
        usual |= read_variants(text)
    # The usual form of a terminal's own line may be another form of one of the package.
    return {form: usual.get(first, first) for form, first in usual.items()}
