"""The colours of the console: a quiet ground, four meanings, and variants for terminals with 16 colours or none.

The names are those of traditional Japanese colours. No meaning is carried by colour alone: where one of these styles
marks a state, a word or a sign says the same. Every ink stands out from every ground that it is used on by at least 7:1
(WCAG 2.2, success criterion 1.4.6), which a test computes; where an ink could not, the word keeps the ink of the text.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rich.color import Color
from rich.style import Style

# Ground and ink, from the page up to what lies above it.
_SUMI: Final = "#11171d"  # 墨: the page
_KUROTSURUBAMI: Final = "#18212a"  # 黒橡: lines that frame the work
_AISUMI: Final = "#1e2a36"  # 藍墨: a dialog
_TETSUKON: Final = "#2e3d4b"  # 鉄紺: a field, on the page and in a dialog
_KONJO: Final = "#25405a"  # 紺青: the row under the cursor
_GOFUN: Final = "#d9dee2"  # 胡粉: text
_USUNEZU: Final = "#adb8c2"  # 薄鼠: labels and what matters less
_SHIRONERI: Final = "#f7f8f8"  # 白練: what matters most
# The four meanings.
_WASURENAGUSA: Final = "#8ebfe2"  # 勿忘草: keys, what can be done
_WAKATAKE: Final = "#84c69e"  # 若竹: done
_YAMABUKI: Final = "#e6b84a"  # 山吹: attention
_SANGO: Final = "#f3a196"  # 珊瑚: trouble


class Colours(StrEnum):
    """How many colours the terminal can show."""

    FULL = "full"
    SIXTEEN = "sixteen"
    NONE = "none"

    @classmethod
    def of_terminal(cls) -> "Colours":
        """Return what the environment says about the terminal.

        NO_COLOR (no-color.org) comes first. What nothing is known of, such as the Linux console, has 16 colours.
        """
        if os.environ.get("NO_COLOR"):
            return cls.NONE
        # Terminals with 16.7 million colours say so here by convention; few have a `TERM` of their own for it.
        if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
            return cls.FULL
        term = os.environ.get("TERM", "")
        return cls.FULL if "256color" in term or "direct" in term or "kitty" in term else cls.SIXTEEN


class Palette:
    """The styles by role, for the colours that the terminal can show."""

    def __init__(self, colours: Colours) -> None:
        self.colours = colours
        self._styles = _STYLES[colours]

    def __getitem__(self, role: str) -> Style:
        return self._styles[role]


def _full() -> dict[str, Style]:
    return {
        "page": Style(color=_GOFUN, bgcolor=_SUMI),
        "frame": Style(color=_USUNEZU, bgcolor=_KUROTSURUBAMI),
        "frame_strong": Style(color=_SHIRONERI, bgcolor=_KUROTSURUBAMI, bold=True),
        "column": Style(color=_USUNEZU, bgcolor=_SUMI),
        "cursor": Style(color=_SHIRONERI, bgcolor=_KONJO),
        "dialog": Style(color=_GOFUN, bgcolor=_AISUMI),
        "field": Style(color=_SHIRONERI, bgcolor=_TETSUKON),
        "field_focus": Style(color=_SHIRONERI, bgcolor=_KONJO),
        "caret": Style(reverse=True),
        "bar_done": Style(color=_SUMI, bgcolor=_WASURENAGUSA),
        "bar_left": Style(color=_GOFUN, bgcolor=_AISUMI),
        "faint": Style(color=_USUNEZU),
        "strong": Style(color=_SHIRONERI, bold=True),
        "key": Style(color=_WASURENAGUSA),
        "good": Style(color=_WAKATAKE),
        "attention": Style(color=_YAMABUKI),
        "trouble": Style(color=_SANGO),
    }


def _sixteen() -> dict[str, Style]:
    # The user's own 16 colours may be any, so only the hues are relied on, and on the ground of the terminal alone.
    return {
        "page": Style(color="default", bgcolor="default"),
        "frame": Style(color="white", bgcolor="blue"),
        "frame_strong": Style(color="bright_white", bgcolor="blue", bold=True),
        "column": Style(color="cyan", bgcolor="default"),
        "cursor": Style(color="black", bgcolor="white"),
        "dialog": Style(color="white", bgcolor="blue"),
        # Underlined: the dialog has the same ground, and what is empty has to be seen as well.
        "field": Style(color="bright_white", bgcolor="blue", underline=True),
        "field_focus": Style(color="black", bgcolor="white"),
        "caret": Style(reverse=True),
        "bar_done": Style(color="black", bgcolor="cyan"),
        "bar_left": Style(color="white", bgcolor="blue"),
        "faint": Style(),
        "strong": Style(bold=True),
        # Bold as well: where the hue is lost, the word still stands out.
        "key": Style(color="cyan", bold=True),
        "good": Style(color="green", bold=True),
        "attention": Style(color="yellow", bold=True),
        "trouble": Style(color="red", bold=True),
    }


def _none() -> dict[str, Style]:
    # No colour at all, not even "default": only what every terminal can do with a character.
    plain, reverse, bold = Style(), Style(reverse=True), Style(bold=True)
    return {
        "page": plain,
        "frame": reverse,
        "frame_strong": reverse + bold,
        "column": Style(underline=True),
        "cursor": reverse,
        "dialog": reverse,
        "field": Style(underline=True),
        "field_focus": Style(underline=True, bold=True, reverse=False),
        "caret": reverse,
        "bar_done": reverse,
        "bar_left": plain,
        "faint": plain,
        "strong": bold,
        "key": bold,
        "good": plain,
        "attention": bold,
        "trouble": bold,
    }


# Made once, when the module is imported: a screen asks for a style several times a line.
_STYLES: Final[Mapping[Colours, Mapping[str, Style]]] = MappingProxyType(
    {Colours.FULL: _full(), Colours.SIXTEEN: _sixteen(), Colours.NONE: _none()}
)
ROLES: Final = frozenset(_full())
PLAIN_GROUNDS: Final = frozenset(Color.parse(colour) for colour in (_KONJO, _TETSUKON, "white", "blue"))
"""The grounds on which every word keeps the ink of the text: the four meanings would be hard to read there."""
GROUND: Final = _SUMI
INK: Final = _GOFUN
