"""`render`: a picture of a screen, drawn by the real screens in a fresh rehearsal world."""

import re
from pathlib import Path
from typing import Final

import click

from console.commands.faults import Status
from console.commands.invocation import Invocation

_SIZE: Final = re.compile(r"([1-9][0-9]{1,2})x([1-9][0-9]{1,2})")
# A picture is looked at where there is no network: it names fonts that the machine may have, and fetches none.
_FONT_FACE: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_FONT_FAMILY: Final = re.compile(r"font-family:[^;}]*")
_LOCAL_FONTS: Final = 'font-family: "Noto Sans Mono CJK JP", "BIZ UDGothic", "MS Gothic", "Osaka-Mono", monospace'


def without_remote_fonts(svg: str) -> str:
    """Return the picture with every font taken from the machine that shows it."""
    return _FONT_FAMILY.sub(_LOCAL_FONTS, _FONT_FACE.sub("", svg))
