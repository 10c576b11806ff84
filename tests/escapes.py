"""Texts that would do something to a terminal or to its reader if they were printed as they are."""

import unicodedata
from typing import Final

ESCAPES: Final = {
    "control": "\x07\x08\r",
    "line end": "a\nOK: 9 entries hold",
    "CSI": "\x1b[2J",
    "CSI in one byte": "\x9b2J",
    "OSC, to the clipboard": "\x1b]52;c;cm0gLXI=\x07",
    "OSC in one byte": "\x9d0;title\x9c",
    "DCS": "\x1bP$q\x1b\\",
    "APC": "\x1b_Gx\x1b\\",
    "turned around": "\u202egpj.exe",
    "isolated": "\u2066a\u2069",
    "no width": "a\u200bb\ufeff",
    "line separator": "a\u2028b",
    "tags": "\U000e0041\U000e007f",
    "a byte that is not UTF-8": "\udc9b2J",
}
"""By what they are; each of them can be a part of a file's name."""

_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def steering(text: str) -> list[str]:
    """Return the characters of printed `text` that do not simply show themselves, but for the ends of its lines."""
    return [character for character in text if character != "\n" and unicodedata.category(character) in _STEERING]
