"""The one place where text from outside is made safe to show: on screens, in tables, in JSON for a terminal.

A control character or a direction code that reaches a terminal can move the cursor, rename the window or turn a number
around, so that an operator reads something else than what is stored. Here each of them becomes a visible symbol.
Everything else stays as it is, above all every kanji with its variation selector.
"""

import re
from typing import Final

# Unicode categories Cc, Cf, Cs, Zl and Zp, and the letters that are drawn as nothing. Variation selectors (Mn),
# private-use characters (Co) and characters newer than Python's tables (Cn) occur in names and stay. Some ranges are
# whole blocks, such as that of the tags, whatever the category of a single character in them.
_UNSAFE_RANGES: Final = (
    (0x0000, 0x001F),
    (0x007F, 0x009F),
    (0x00AD, 0x00AD),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),  # Hangul fillers: letters without ink.
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),  # Surrogates: bytes of a file name that are not UTF-8.
    (0xFDD0, 0xFDEF),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE00FF),  # Tags: a second, invisible alphabet.
)
_UNSAFE: Final = re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in _UNSAFE_RANGES) + "]")
_DELETE: Final = 0x7F


def visible(text: str) -> str:
    """Return `text` with a symbol for every character that has no ink; the result is one safe line."""
    return _UNSAFE.sub(_symbol, text)


def escaped(text: str) -> str:
    r"""Return JSON `text` with the same characters as escapes (`\u001b`): it reads back as the same value."""
    return _UNSAFE.sub(_escape, text)


def _symbol(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < ord(" "):
        return chr(0x2400 + code)  # The control pictures ␀ to ␟.
    if code == _DELETE:
        return "␡"
    return f"‹{code:04X}›"


def _escape(match: re.Match[str]) -> str:
    # JSON escapes are UTF-16 code units: a character beyond U+FFFF takes two (RFC 8259, 7).
    units = match.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
