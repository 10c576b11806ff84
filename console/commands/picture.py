"""`render`: a picture of a screen, drawn by the real screens in a fresh rehearsal world."""

import re
import tempfile
from pathlib import Path
from typing import Final

import click

from console.commands.faults import Status
from console.commands.invocation import Invocation
from console.errors import ConsoleError
from console.words.visible import visible

SCREENS: Final = ("login", "queue", "message", "exchange", "log")

_SIZE: Final = re.compile(r"([1-9][0-9]{1,2})x([1-9][0-9]{1,2})")
# A picture is looked at where there is no network: it names fonts that the machine may have, and fetches none.
_FONT_FACE: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_FONT_FAMILY: Final = re.compile(r"font-family:[^;}]*")
_LOCAL_FONTS: Final = "font-family: 'Noto Sans Mono CJK JP', 'BIZ UDGothic', 'MS Gothic', 'Osaka-Mono', monospace"


class PictureUnwritable(ConsoleError):
    """The picture cannot be written to `file`: the person names another place."""

    code = "picture_unwritable"
    exit_status = 4


@click.command("render")
@click.argument("screen", type=click.Choice(SCREENS))
@click.option("--out", "file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.option("--size", default="80x24", show_default=True, metavar="COLSxROWS")
@click.pass_obj
def render(said: Invocation, screen: str, file: Path, size: str) -> int:
    """Draw one screen as SVG; everything in it is made up."""
    columns, rows = _cells(said, size)
    with tempfile.TemporaryDirectory(prefix="renkei-render-") as directory:
        svg = _drawn(Path(directory) / "renkei", screen, said, (columns, rows))
    try:
        file.write_text(without_remote_fonts(svg), encoding="utf-8")
    except OSError:
        raise PictureUnwritable(file=file.name) from None
    said.output.result({"file": str(file)}, [visible(said.words("commands.render.done", file=file))])
    return Status.DONE


def without_remote_fonts(svg: str) -> str:
    """Return the picture with every font taken from the machine that shows it."""
    return _FONT_FAMILY.sub(_LOCAL_FONTS, _FONT_FACE.sub("", svg))


def _cells(said: Invocation, size: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(size)
    if found is None:
        raise click.BadParameter(said.words("commands.render.bad_size"), param_hint="--size")
    return int(found[1]), int(found[2])
