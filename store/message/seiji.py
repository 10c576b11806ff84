"""正字: the only forms of kanji that residence cards bear, and so resident records (平成23年法務省告示第582号).

They are the kanji of JIS X 0213 and JIS X 0212, and 176 more. For others, such as simplified ones, the notice has a
table (別表第四) of the 正字 that takes their place. The terminal proposes it and never replaces anything: the person
decides. For comparing and searching alone, both spellings of a name are folded to one.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from store.message.errors import TableDamaged

_DIRECTORY: Final = Path(__file__).parent.parent / "data"
_REPLACEMENTS: Final = "seiji.tsv"
_KEPT: Final = "seiji-extra.txt"
# JIS X 0213:2004, then JIS X 0208 and JIS X 0212.
_CODECS: Final = ("euc_jis_2004", "euc_jp")
_HEADING: Final = ["from", "to", "table", "order"]
# Variation selectors choose the form of the character before them; a name is the same with and without.
_SELECTORS: Final = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


class Replacement(NamedTuple):
    """A 正字 that takes the place of a character: by table 1 (異体字) or 2 (類字), as the first or second choice."""

    character: str
    table: int
    order: int

    def __str__(self) -> str:
        """Show the character, its code point, and in brackets the table of the notice and the choice."""
        return f"{self.character} U+{ord(self.character):04X} [{self.table}-{self.order}]"


def in_jis(text: str) -> bool:
    """Tell whether each character of a text is in JIS X 0213, or each is in JIS X 0208 or 0212."""
    return any(_in_codec(text, codec) for codec in _CODECS)


def is_kanji(character: str) -> bool:
    """Tell whether a character is a kanji of any country."""
    return unicodedata.name(character, "").startswith("CJK ") and unicodedata.category(character) == "Lo"


def is_seiji(character: str) -> bool:
    """Tell whether a card may bear the character."""
    return in_jis(character) or character in _kept()


def replacements(character: str) -> tuple[Replacement, ...]:
    """Return the 正字 that the notice puts in the place of a character, the first choice first; none if it has none."""
    return () if is_seiji(character) else _table().get(character, ())


def proposed(name: str) -> str:
    """Return the name with the first choice of the notice in the place of each character that has one.

    Only a person who asks for it gets it: what a card really bears, the terminal cannot know.
    """
    return "".join(found[0].character if (found := replacements(character)) else character for character in name)


def fold(text: str) -> str:
    """Return the form in which names are compared and searched: never shown, never stored, never sent.

    Width, case, blanks and variation selectors make no difference, nor does whether a character or its 正字 is written.
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)


class _Folded(dict[int, str | None]):
    """What each code point folds to, as `str.translate` asks for it; filled as characters come."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        if character.isspace() or character in _SELECTORS:
            folded = None
        else:
            found = replacements(character)
            folded = found[0].character if found else character
        self[code] = folded
        return folded


# A ward's names have a few thousand characters between them.
_FOLDED: Final = _Folded()


def _in_codec(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


# Read when the first character outside JIS comes, which most days never do: the table has 20,000 rows.
@cache
def _table() -> Mapping[str, tuple[Replacement, ...]]:
    table: dict[str, list[Replacement]] = {}
    heading, *rows = _lines(_REPLACEMENTS)
    if heading.split("\t") != _HEADING:
        raise TableDamaged(table=_REPLACEMENTS, entry="-")
    for row in rows:
        try:
            former, later, number, order = row.split("\t")
            found = Replacement(_character(later), int(number), int(order))
            table.setdefault(_character(former), []).append(found)
        except (ValueError, OverflowError) as error:
            raise TableDamaged(table=_REPLACEMENTS, entry=row[:20]) from error
    by_order = {former: tuple(sorted(found, key=lambda each: each.order)) for former, found in table.items()}
    return MappingProxyType(by_order)


@cache
def _kept() -> frozenset[str]:
    try:
        return frozenset(map(_character, _lines(_KEPT)))
    except (ValueError, OverflowError) as error:
        raise TableDamaged(table=_KEPT, entry="-") from error


def _character(code_point: str) -> str:
    return chr(int(code_point, 16))


def _lines(name: str) -> list[str]:
    try:
        lines = (_DIRECTORY / name).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise TableDamaged(table=name, entry="-") from error
    return [line for line in lines if line and not line.startswith("#")]
