"""The characters of texts: which are refused, and which look as if something was lost on the way or no card has them.

Nothing here changes a text. Variation sequences (IVS), supplementary-plane kanji and private-use characters are kept;
only characters that could steer a screen, break an encoding, or stand for one that was lost are refused
(住民記録システム標準仕様書).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

from store.message.seiji import Replacement, in_jis, is_kanji, is_seiji, replacements

# Codes that turn the direction of the text that follows: a name with one of them reads differently from what is stored.
_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Cc are the controls C0, DEL and C1. On some screens Zl and Zp end a line, as a line feed does.
_CONTROL_CLASSES: Final = frozenset({"Cc", "Zl", "Zp"})
# JSON can spell half of a surrogate pair, but UTF-8 cannot hold it.
_SURROGATES: Final = range(0xD800, 0xE000)
# What a program writes in the place of a character that it could not read.
_LOST: Final = "\ufffd"
# Variation selectors choose the form of the character before them; the codecs of JIS know none of them.
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
# The other characters of Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties), which show nothing.
_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# The braille pattern without a dot is a picture of nothing.
_NOTHING: Final = re.compile(rf"[\s{_SELECTORS}{_IGNORABLE}\u2800]+")
_NO_BREAK: Final = "\u00a0\u2007\u202f"

# What Windows-1252 shows for the bytes 0x80 to 0xBF, but for its letters.
_SIGNS: Final = (
    "\u00a0-\u00bf\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u2039\u2018\u2019\u201c\u201d\u2022\u2013\u2014"
    "\u02dc\u2122\u203a\u20ac"
)

# What a text looks like that was harmed on its way, each by its own rule.
_TRACES: Final = (
    ("character_invisible", re.compile(f"[{_IGNORABLE}]")),
    ("character_no_break", re.compile(f"[{_NO_BREAK}]")),
    ("blank_at_end", re.compile(r"^\s|\s$")),
    ("blank_doubled", re.compile(r"\s\s")),
    # A sequence that a page or a program writes for a character.
    ("text_escaped", re.compile(r"&(#[0-9]+|#[xX][0-9A-Fa-f]+|amp|lt|gt|quot|nbsp);|\\u[0-9A-Fa-f]{4}")),
    # UTF-8 read as Latin-1 or Windows-1252: its first byte as a letter, the next ones as signs that no name has there.
    # Of two bytes the second is no letter: in BENÉŠ nothing was misread.
    ("text_misread", re.compile(f"[\u00c2-\u00df][{_SIGNS}]|[\u00e0-\u00ef][{_SIGNS}ŠŒŽšœžŸ]{{2}}")),
)
_ANY_TRACE: Final = re.compile("|".join(pattern.pattern for _, pattern in _TRACES))
# What stands in a name for a character that was not there; in an address some of them are usual.
_PLACEHOLDER: Final = re.compile(r"[〓■□●?？*]")
_MOST_NAMED: Final = 10
# Scripts that pile marks up need fewer on one letter. A thousand of them are one character, which hides its neighbours
# on the screen and on paper. The peer draws the line at the same place (PROTOCOL.md, 6.8).
_MOST_MARKS: Final = 16


class Blemish(NamedTuple):
    """The characters of a text that break a rule: the first of them (`U+5B57`), its place from 1, and their number."""

    rule: str
    code_point: str
    place: int
    times: int


def is_usual(text: str) -> bool:
    """Tell whether nothing at all is to be said of a text; most texts are so, and one look at them is enough.

    It has letters and digits of ASCII, kana and the kanji of JIS X 0208, and single blanks between them.
    """
    return _usual().fullmatch(text) is not None


def shows_nothing(text: str) -> bool:
    """Tell whether a text is empty, or looks empty on paper and on the screen."""
    return not text or _NOTHING.fullmatch(text) is not None


def refused_characters(text: str) -> list[Blemish]:
    """Find what no text may hold; one entry per rule.

    It is controls, direction codes, lone surrogates, U+FFFD, and more than 16 marks in a row.
    """
    # Python calls the first three unprintable, so most texts are done after these two tests, at the speed of C.
    found = [] if text.isprintable() and _LOST not in text else _collect(text, _refusal)
    return found + (_piled_marks(text) if len(text) > _MOST_MARKS and not text.isascii() else [])


def traces_of_loss(text: str) -> list[Blemish]:
    """Find what a text has that was harmed on its way; one entry a rule."""
    # Most texts have none of them: one search says so in place of many.
    if _ANY_TRACE.search(text) is None:
        return []
    return [blemish for rule, pattern in _TRACES if (blemish := _match(rule, pattern, text)) is not None]


def placeholders(name: str) -> list[Blemish]:
    """Find the signs that stand in a name for a character that was not there; one entry at most."""
    blemish = _match("character_placeholder", _PLACEHOLDER, name)
    return [] if blemish is None else [blemish]


def unusual_characters(text: str, *, beside_forms: bool = False) -> list[Blemish]:
    """Find the characters that no Japanese register is likely to use, apart from selectors; one entry at most.

    They are those in neither JIS X 0213 nor JIS X 0212, nor among the 176 other 正字. Latin letters are usual with any
    mark, because the rules for cards put names in Latin letters. With `beside_forms` the kanji that `foreign_forms`
    names are left out.
    """
    # The codec of JIS X 0213 alone passes most texts; judging character by character is for the rest.
    if text.isascii() or in_jis(text):
        return []
    return _collect(text, _oddity_beside_forms if beside_forms else _oddity)


def foreign_forms(name: str) -> Iterator[tuple[int, str, tuple[Replacement, ...]]]:
    """Yield the kanji of a name for which the notice has a 正字: place from 1, code point, and what takes its place.

    Each is named once, and no more than ten of them, so that no name makes a long list.
    """
    if name.isascii() or in_jis(name):
        return
    named: set[str] = set()
    for place, character in enumerate(name, 1):
        found = () if character in named else replacements(character)
        if found and len(named) < _MOST_NAMED:
            named.add(character)
            yield place, _code_point(character), found


def is_written_in_kanji(name: str) -> bool:
    """Tell whether a name has kanji: one in Latin letters alone has no 正字."""
    return not name.isascii() and any(map(is_kanji, name))


def _piled_marks(text: str) -> list[Blemish]:
    """Find the first mark beyond those that one character may bear; one entry at most."""
    marks = [unicodedata.category(character)[0] == "M" for character in text]
    run = 0
    for place, is_mark in enumerate(marks, 1):
        run = run + 1 if is_mark else 0
        if run > _MOST_MARKS:
            return [Blemish("character_marks", _code_point(text[place - 1]), place, sum(marks))]
    return []


def _match(rule: str, pattern: re.Pattern[str], text: str) -> Blemish | None:
    found = pattern.search(text)
    if found is None:
        return None
    times = sum(1 for _ in pattern.finditer(text))
    return Blemish(rule, _code_point(found[0][0]), found.start() + 1, times)


def _collect(text: str, judge: Callable[[str], str | None]) -> list[Blemish]:
    """Judge each character once and sum up by rule, so that no text makes a long list."""
    verdicts = {character: judge(character) for character in set(text)}
    blemishes: dict[str, Blemish] = {}
    for place, character in enumerate(text, 1):
        rule = verdicts[character]
        if rule is not None:
            first = blemishes.setdefault(rule, Blemish(rule, _code_point(character), place, 0))
            blemishes[rule] = first._replace(times=first.times + 1)
    return list(blemishes.values())


def _refusal(character: str) -> str | None:
    """Return the rule that refuses the character, if one does."""
    if unicodedata.category(character) in _CONTROL_CLASSES:
        return "character_control"
    if character in _DIRECTION:
        return "character_direction"
    if character == _LOST:
        return "character_lost"
    return "character_surrogate" if ord(character) in _SURROGATES else None


def _oddity(character: str) -> str | None:
    """Return the rule that warns of the character, if it is unusual and no other rule speaks of it."""
    # What shows nothing has rules of its own, as have the selectors of variation sequences.
    usual = shows_nothing(character) or is_seiji(character) or unicodedata.name(character, "").startswith("LATIN ")
    return None if usual else "character_unusual"


def _oddity_beside_forms(character: str) -> str | None:
    return None if replacements(character) else _oddity(character)


@cache
def _usual() -> re.Pattern[str]:
    """Return the pattern of usual texts. None of its characters may break a rule of this module."""
    # Rows 16 to 84 of JIS X 0208 are kanji; EUC-JP writes a row and a cell as a byte each.
    rows, cells = range(0xA0 + 16, 0xA0 + 85), range(0xA1, 0xFF)
    kanji = bytes(byte for row in rows for cell in cells for byte in (row, cell)).decode("euc_jp", "ignore")
    some = rf"[A-Za-z0-9,.'()/\-ぁ-んァ-ヶー・々０-９Ａ-Ｚａ-ｚ{kanji}]+"
    return re.compile(f"{some}(?: {some})*+")


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}"
