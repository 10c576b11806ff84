"""`render`: a picture of a screen, drawn by the real screens in a fresh rehearsal world."""

import asyncio
import html
import re
import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.cells import cell_len

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.errors import OutputFileFault
from console.words import Language
from console.words.visible import visible

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from console.jobs.rehearsal.world import World

# How each screen is reached after the log-on, with the keys of the foot line.
_KEYS: Final = {"login": (), "queue": (), "message": ("enter",), "exchange": ("x",), "log": ("l",)}

_SIZE: Final = re.compile(r"([1-9][0-9]{1,2})x([1-9][0-9]{1,2})")
# A picture is looked at where there is no network: it names fonts that the machine may have, and fetches none.
_FONT_FACES: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*|<!--.*?-->\s*")
_FONT_FAMILY: Final = re.compile(r"font-family:[^;}]*")
_LOCAL_FONTS: Final = "font-family: 'Noto Sans Mono CJK JP', 'BIZ UDGothic', 'MS Gothic', 'Osaka-Mono', monospace"
# It would stretch Latin letters over two cells in fonts that know how.
_FULL_WIDTH: Final = re.compile(r"font-variant-east-asian:[^;}]*;\s*")
# The renderer gives a text one length for as many cells as it has characters, and half of them may be wide.
_TEXT: Final = re.compile(
    r'(?P<before><text [^>]*?)x="(?P<x>[0-9.]+)"(?P<between>[^>]*?)textLength="(?P<length>[0-9.]+)"'
    r"(?P<after>[^>]*)>(?P<content>[^<]+)</text>"
)


class PictureUnwritable(OutputFileFault):
    """The picture cannot be written to `file`: the person names another place."""

    exit_status = 4


@click.command("render")
@click.argument("screen", type=click.Choice(list(_KEYS)))
@click.option("--out", "file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.option("--size", default="80x24", show_default=True, metavar="COLSxROWS")
@click.pass_obj
def render(call: Invocation, screen: str, file: Path, size: str) -> int:
    """Draw one screen as SVG; everything in it is made up."""
    columns, rows = _cells(call, size)
    with tempfile.TemporaryDirectory(prefix="renkei-render-") as directory:
        svg = _drawn(Path(directory) / "renkei", screen, call, (columns, rows))
    try:
        file.write_text(with_local_fonts(svg), encoding="utf-8")
    except OSError:
        raise PictureUnwritable(file=file.name) from None
    call.output.result({"file": str(file)}, [visible(call.words("commands.render.done", file=file))])
    return ExitStatus.DONE


def with_local_fonts(svg: str) -> str:
    """Return the picture with fonts of the machine that shows it, every character on its cell of the grid."""
    local = _FONT_FAMILY.sub(_LOCAL_FONTS, _FULL_WIDTH.sub("", _FONT_FACES.sub("", svg)))
    return _TEXT.sub(_on_the_grid, local)


def _on_the_grid(text: re.Match[str]) -> str:
    """Write narrow and wide characters apart: each run gets exactly its cells, whatever the font makes of them."""
    content = html.unescape(text["content"])
    width = float(text["length"]) / len(content)
    x, written = float(text["x"]), ""
    for cells, run in groupby(content, cell_len):
        letters = "".join(run)
        length = width * cells * len(letters)
        shown = html.escape(letters).replace("\N{NO-BREAK SPACE}", "&#160;")
        written += f'{text["before"]}x="{x:g}"{text["between"]}textLength="{length:g}"{text["after"]}>{shown}</text>'
        x += length
    return written


def _cells(call: Invocation, size: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(size)
    if found is None:
        raise click.BadParameter(call.words("commands.render.bad_size"), param_hint="--size")
    return int(found[1]), int(found[2])


def _drawn(home: Path, screen: str, call: Invocation, size: tuple[int, int]) -> str:
    world = jobs.rehearsal.world.prepare(home)
    with jobs.rehearsal.world.start_agency(world):
        return asyncio.run(_draw(world, screen, call.words.language, size))


async def _draw(world: "World", screen: str, language: Language, size: tuple[int, int]) -> str:
    from console.app import RenkeiApp
    from console.settings import Settings

    settings = Settings.load(world.home)
    app = RenkeiApp(world.home, settings, language=language)
    async with app.run_test(size=size) as pilot:
        await _settle(pilot)
        if screen != "login":
            chief = settings.rehearsal[-1]
            await pilot.press(*chief.id, "tab", *chief.pin, "enter")
            await _settle(pilot)
            await pilot.press(*_KEYS[screen])
            await _settle(pilot)
        return app.export_screenshot(title="")


async def _settle(pilot: "Pilot[int]") -> None:
    """Wait until no job is under way and everything is painted."""
    from console.app import RenkeiApp

    app = pilot.app
    assert isinstance(app, RenkeiApp)
    await pilot.pause(0.1)
    while app.background.busy:
        await pilot.pause(0.02)
    await pilot.pause()
