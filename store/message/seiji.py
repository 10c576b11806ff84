"""正字: the only forms of kanji that residence cards bear, and so resident records (平成23年法務省告示第582号).

They are the kanji of JIS X 0213 and JIS X 0212, and 176 more. For others, such as simplified ones, the notice has a
table (別表第四) of the 正字 that takes their place. The terminal proposes it and never replaces anything: the person
decides. For comparing and searching alone, both spellings of a name are folded to one.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from store.message.errors import TableItemWrong, TableUnreadable
from store.message.table_files import Kept, layers

REPLACEMENTS: Final = "seiji.tsv"
KEPT: Final = "seiji-extra.txt"
# JIS X 0213:2004, then JIS X 0208 and JIS X 0212.
_CODECS: Final = ("euc_jis_2004", "euc_jp")
# So much of a row that is wrong is told.
_SHOWN: Final = 20
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
    return unicodedata.normalize("NFKC", text).casefold().translate(_folded())


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
@Kept
def _folded() -> _Folded:
    return _Folded()


def _in_codec(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


# Read when the first character outside JIS comes, which most days never do: the table has 20,000 rows.
@Kept
def _table() -> Mapping[str, tuple[Replacement, ...]]:
    table: dict[str, tuple[Replacement, ...]] = {}
    for text in layers(REPLACEMENTS):
        table |= read_replacements(text)
    return MappingProxyType(table)


@Kept
def _kept() -> frozenset[str]:
    return frozenset(character for text in layers(KEPT) for character in read_kept(text))


def read_replacements(text: str) -> dict[str, tuple[Replacement, ...]]:
    """Return the 正字 by the characters that they replace, the first choice first. Raises a TableFault."""
    table: dict[str, list[Replacement]] = {}
    (_, heading), *rows = [*_lines(text)] or [(1, "")]
    if heading.split("\t") != _HEADING:
        raise TableUnreadable(table=REPLACEMENTS, line="1")
    for line, row in rows:
        try:
            former, later, number, order = row.split("\t")
            found = Replacement(_character(later), int(number), int(order))
            table.setdefault(_character(former), []).append(found)
        except (ValueError, OverflowError):
            raise TableItemWrong(
                table=REPLACEMENTS, line=str(line), entry=row[:_SHOWN], item="-", wanted="XXXX TAB XXXX TAB 1–2 TAB 1–2"
            ) from None
    return {former: tuple(sorted(found, key=lambda each: each.order)) for former, found in table.items()}


def read_kept(text: str) -> list[str]:
    """Return the characters outside JIS that a card may bear. Raises a TableFault."""
    kept: list[str] = []
    for line, row in _lines(text):
        try:
            kept.append(_character(row))
        except (ValueError, OverflowError):
            raise TableItemWrong(table=KEPT, line=str(line), entry=row[:_SHOWN], item="-", wanted="XXXX") from None
    return kept


def _character(code_point: str) -> str:
    return chr(int(code_point, 16))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is no comment."""
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#"))
