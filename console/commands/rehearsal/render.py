"""`render`: what is made from this program for other uses: pictures of its screens, configuration of the machine.

The real screens paint a picture, in a fresh rehearsal world.
"""

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
from console.settings import Settings
from console.words import Language
from store.endings import Ending

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from console.app import RenkeiApp
    from console.jobs.rehearsal.world import World

# How each screen is reached after the log-on, by the keys of the foot line.
_SCREENS: Final = {
    "login": (),
    "today": (),
    "queue": ("2",),
    "message": ("2", "enter"),
    "exchange": ("x",),
    "log": ("l",),
}

_UNITS: Final = "systemd"
_SSHD: Final = "sshd"
_SIZE: Final = re.compile(r"([1-9][0-9]{1,2})x([1-9][0-9]{1,2})")
# A picture may be looked at where there is no network, so it names fonts that the machine may have, and fetches none.
_FONT_FACES: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*|<!--.*?-->\s*")
_FONT_FAMILY: Final = re.compile(r"font-family:[^;}]*")
_LOCAL_FONTS: Final = "font-family: 'Noto Sans Mono CJK JP', 'BIZ UDGothic', 'MS Gothic', 'Osaka-Mono', monospace"
# Fonts that support this property would stretch Latin letters over two cells.
_FULL_WIDTH: Final = re.compile(r"font-variant-east-asian:[^;}]*;\s*")
# The renderer gives each text a length of one cell a character, though a kanji takes two.
_TEXT: Final = re.compile(
    r'(?P<before><text [^>]*?)x="(?P<x>[0-9.]+)"(?P<between>[^>]*?)textLength="(?P<length>[0-9.]+)"'
    r"(?P<after>[^>]*)>(?P<content>[^<]+)</text>"
)


class PictureUnwritable(OutputFileFault):
    """The picture cannot be written to `file`: the person names another place."""

    exit_status = 4


@click.command("render")
@click.argument("what", metavar="WHAT", type=click.Choice([*_SCREENS, _UNITS, _SSHD]))
@click.option("--out", "place", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--size", default="80x24", show_default=True, metavar="COLSxROWS")
@click.pass_obj
def render(call: Invocation, what: str, place: Path | None, size: str) -> int:
    """Draw one screen as SVG, in which everything is made up; or make what the machine is told from the settings."""
    if what == _SSHD:
        return _show_rules(call, place)
    # Only one text that people read and put in its place themselves is printed.
    if place is None:
        raise click.MissingParameter(param_hint="--out", param_type="option")
    if what == _UNITS:
        return _write_units(call, place)
    return _draw_screen(call, what, place, size)


def _write_units(call: Invocation, directory: Path) -> int:
    files = jobs.terminal.units.write(call.named_home(), directory)
    lines = [call.words("commands.render.units", directory=directory), *(file.name for file in files)]
    call.output.result({"files": [str(file) for file in files]}, lines)
    return ExitStatus.DONE


def _show_rules(call: Invocation, file: Path | None) -> int:
    made = jobs.terminal.sshd.make(call.named_home())
    if file is None:
        lines, files = made.text.splitlines(), []
    else:
        jobs.terminal.sshd.write(made, file)
        lines, files = [call.words("commands.render.rules", file=file)], [str(file)]
    version = ".".join(map(str, made.version)) if made.version else None
    call.output.result({"text": made.text, "openssh": version, "files": files}, lines)
    return ExitStatus.DONE


def _draw_screen(call: Invocation, screen: str, file: Path, size: str) -> int:
    columns, rows = _parse_size(call, size)
    with tempfile.TemporaryDirectory(prefix="renkei-render-") as directory:
        svg = _draw_in_new_world(Path(directory) / "renkei", screen, call, (columns, rows))
    try:
        file.write_text(with_local_fonts(svg), encoding="utf-8")
    except OSError:
        raise PictureUnwritable(file=file.name) from None
    call.output.result({"file": str(file)}, [call.words("commands.render.done", file=file)])
    return ExitStatus.DONE


def with_local_fonts(svg: str) -> str:
    """Return the picture with fonts of the machine that shows it, and every character in its cells of the grid."""
    local = _FONT_FAMILY.sub(_LOCAL_FONTS, _FULL_WIDTH.sub("", _FONT_FACES.sub("", svg)))
    return _TEXT.sub(_on_the_grid, local)


def _on_the_grid(text: re.Match[str]) -> str:
    """Split a text into runs of narrow and of wide characters; each run gets exactly its cells, whatever the font."""
    content = html.unescape(text["content"])
    # The renderer's length divided by its characters is the width of one cell.
    width = float(text["length"]) / len(content)
    x, written = float(text["x"]), ""
    for cells, run in groupby(content, cell_len):
        letters = "".join(run)
        length = width * cells * len(letters)
        # SVG collapses plain blanks, so the renderer writes no-break spaces, as references; they stay so.
        shown = html.escape(letters).replace("\N{NO-BREAK SPACE}", "&#160;")
        written += f'{text["before"]}x="{x:g}"{text["between"]}textLength="{length:g}"{text["after"]}>{shown}</text>'
        x += length
    return written


def _parse_size(call: Invocation, size: str) -> tuple[int, int]:
    """Return columns and rows."""
    match = _SIZE.fullmatch(size)
    if match is None:
        raise click.BadParameter(call.words("commands.render.bad_size"), param_hint="--size")
    return int(match[1]), int(match[2])


def _draw_in_new_world(home: Path, screen: str, call: Invocation, size: tuple[int, int]) -> str:
    world = jobs.rehearsal.world.prepare(home)
    with jobs.rehearsal.world.start_agency(world):
        return asyncio.run(_draw(world, screen, call.words.language, size))


async def _draw(world: "World", screen: str, language: Language, size: tuple[int, int]) -> str:
    # Of all commands only the rehearsal shows screens; the others run without Textual.
    from console.app import RenkeiApp

    settings = Settings.load(world.home)
    app = RenkeiApp(world.home, settings, language=language)
    try:
        async with app.run_test(size=size) as pilot:
            await _settle(app, pilot)
            if screen != "login":
                chief = next(person for person in settings.rehearsal if person.id == jobs.rehearsal.world.CHIEF)
                await pilot.press(*chief.id, "tab", *chief.pin, "enter")
                await _settle(app, pilot)
                await pilot.press(*_SCREENS[screen])
                await _settle(app, pilot)
            return app.export_screenshot(title="")
    finally:
        # The session and its threads must be over before the world is removed.
        app.close_session(Ending.LOGGED_OFF)
        app.close_terminal()


async def _settle(app: "RenkeiApp", pilot: "Pilot[int]") -> None:
    """Wait until no job is under way and everything is painted."""
    # A job begins only some moments after the key that starts it.
    await pilot.pause(0.1)
    while app.background.busy:
        await pilot.pause(0.02)
    await pilot.pause()
