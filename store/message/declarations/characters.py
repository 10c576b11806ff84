"""The characters of texts: which are refused, which are unusual, and how each is told.

Nothing here changes a text. Variation sequences (IVS), supplementary-plane kanji and private-use
characters are kept; only characters that could steer a screen or break an encoding are refused
(住民記録システム標準仕様書; notes on 正字).
"""

import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

# Codes that turn the direction of what follows: a name that holds one reads other than it is stored.
_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Cc are the controls C0, DEL and C1; Zl and Zp end a line on some screens as a line feed does.
_CONTROL_CLASSES: Final = frozenset({"Cc", "Zl", "Zp"})
_SURROGATES: Final = range(0xD800, 0xE000)
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class Blemish(NamedTuple):
    """What a rule says about characters of a text: the first one (`U+5B57`), its place from 1, how many."""

    rule: str
    code_point: str
    place: int
    times: int


def refused_characters(text: str) -> list[Blemish]:
    """Find the characters that no text may hold: controls, direction codes, lone surrogates; one entry a rule."""
    # All three kinds are unprintable to Python; most texts end here, at the speed of C.
    return [] if text.isprintable() else _collect(text, _refusal)


def unusual_characters(text: str) -> list[Blemish]:
    """Find the characters that no Japanese register is likely to use, selectors left aside; one entry at most.

    Those are the ones in neither JIS X 0213 nor JIS X 0212. Latin letters are usual, whatever marks
    they bear: names are in Latin letters by rule.
    """
    if text.isascii() or _in_codec(text, "euc_jis_2004"):
        return []
    return _collect(text, _oddity)


def _collect(text: str, judge: Callable[[str], str | None]) -> list[Blemish]:
    """Judge each character once and sum up by rule, so that no text makes a long list."""
    verdicts = {character: judge(character) for character in set(text)}
    found: dict[str, Blemish] = {}
    for place, character in enumerate(text, 1):
        rule = verdicts[character]
        if rule is not None:
            first = found.setdefault(rule, Blemish(rule, f"U+{ord(character):04X}", place, 0))
            found[rule] = first._replace(times=first.times + 1)
    return list(found.values())


def _refusal(character: str) -> str | None:
    """Name the rule that refuses the character, if one does."""
    if unicodedata.category(character) in _CONTROL_CLASSES:
        return "character_control"
    if character in _DIRECTION:
        return "character_direction"
    return "character_surrogate" if ord(character) in _SURROGATES else None


def _oddity(character: str) -> str | None:
    """Name the rule that tells the character as unusual, if it is."""
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
