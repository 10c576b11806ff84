"""The characters of texts: which are refused and which are unusual.

Nothing here changes a text. Variation sequences (IVS), supplementary-plane kanji and private-use characters are kept;
only characters that could steer a screen or break an encoding are refused (住民記録システム標準仕様書).
"""

import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

# Codes that turn the direction of the text that follows: a name with one of them reads differently from what is stored.
_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Cc are the controls C0, DEL and C1. On some screens Zl and Zp end a line, as a line feed does.
_CONTROL_CLASSES: Final = frozenset({"Cc", "Zl", "Zp"})
# JSON can spell half of a surrogate pair, but UTF-8 cannot hold it.
_SURROGATES: Final = range(0xD800, 0xE000)
# Variation selectors choose the form of the character before them; the codecs below know none of them.
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class Blemish(NamedTuple):
    """The characters of a text that break a rule: the first of them (`U+5B57`), its place from 1, and their number."""

    rule: str
    code_point: str
    place: int
    times: int


def refused_characters(text: str) -> list[Blemish]:
    """Find the characters that no text may hold: controls, direction codes, lone surrogates; one entry per rule."""
    # Python calls all three kinds unprintable, so most texts are done after this one test, at the speed of C.
    return [] if text.isprintable() else _collect(text, _refusal)


def unusual_characters(text: str) -> list[Blemish]:
    """Find the characters that no Japanese register is likely to use, apart from selectors; one entry at most.

    They are those in neither JIS X 0213 nor JIS X 0212. Latin letters are usual with any mark, because the rules for
    cards put names in Latin letters.
    """
    # The codec of JIS X 0213 alone passes most texts; judging character by character is for the rest.
    if text.isascii() or _in_codec(text, "euc_jis_2004"):
        return []
    return _collect(text, _oddity)


def _collect(text: str, judge: Callable[[str], str | None]) -> list[Blemish]:
    """Judge each character once and sum up by rule, so that no text makes a long list."""
    verdicts = {character: judge(character) for character in set(text)}
    blemishes: dict[str, Blemish] = {}
    for place, character in enumerate(text, 1):
        rule = verdicts[character]
        if rule is not None:
            first = blemishes.setdefault(rule, Blemish(rule, f"U+{ord(character):04X}", place, 0))
            blemishes[rule] = first._replace(times=first.times + 1)
    return list(blemishes.values())


def _refusal(character: str) -> str | None:
    """Return the rule that refuses the character, if one does."""
    if unicodedata.category(character) in _CONTROL_CLASSES:
        return "character_control"
    if character in _DIRECTION:
        return "character_direction"
    return "character_surrogate" if ord(character) in _SURROGATES else None


def _oddity(character: str) -> str | None:
    """Return the rule that warns of the character, if it is unusual."""
    usual = (
        any(ord(character) in selectors for selectors in _SELECTORS)
        or _in_codec(character, "euc_jis_2004")  # JIS X 0213:2004
        or _in_codec(character, "euc_jp")  # JIS X 0208 and JIS X 0212
        or unicodedata.name(character, "").startswith("LATIN ")
    )
    return None if usual else "character_unusual"


def _in_codec(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
