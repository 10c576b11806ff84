"""What stands on the terminal, so that a screen of which most stands there already is sent as what differs from it.

Textual sends all of a screen when a dialog opens or closes, and sends it twice: once for its layout and once for its
resuming. Over the slow line of an operator that is a second in which nothing seems to happen.
"""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from console.widgets.surface import cells_between


class PartsUpdate(CompositorUpdate):
    """Sends parts of lines, each with the column and the line at which it begins."""

    def __init__(self, parts: Sequence[tuple[int, int, Strip]]) -> None:
        self._parts = parts

    def render_segments(self, console: Console) -> str:
        """Return what the terminal is sent."""
        return "".join(Control.move_to(x, y).segment.text + strip.render(console) for x, y, strip in self._parts)


class Painted:
    """The lines that the terminal shows, as far as they are known."""

    def __init__(self) -> None:
        # None: what stands in that line is not known, and it is sent as a whole.
        self._lines: list[Strip | None] = []

    def forget(self) -> None:
        """Take nothing for granted: a terminal that gets another size moves its lines about as it likes."""
        self._lines = []

    def reduce(self, update: CompositorUpdate, *, whole: bool) -> CompositorUpdate:
        """Return what of an update has to be sent, and take it for shown; all of it if it is to be `whole`."""
        if isinstance(update, ChopsUpdate):
            self._patch(update)
            return update
        before, self._lines = self._lines, []
        if not isinstance(update, LayoutUpdate):
            return update
        lines = [Strip.join(list(strips)).simplify() for strips in update.strips]
        self._lines = [*lines]
        if whole or len(lines) != len(before):
            return update
        return PartsUpdate(list(_changed(lines, before)))

    def _patch(self, update: ChopsUpdate) -> None:
        """Take over what an update of parts sends, in the way in which Textual cuts them."""
        for y, start, stop in update.spans:
            line = self._lines[y] if y < len(self._lines) else None
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if line is None:
                    break
                if strip is not None and x < stop and end > start:
                    line = _with(line, strip.crop(0, min(end, stop) - x), x)
            if y < len(self._lines):
                self._lines[y] = line


def _with(line: Strip, part: Strip, x: int) -> Strip | None:
    """Return the line with a part of it replaced; None where half a wide character would be left."""
    width, stop = line.cell_length, x + part.cell_length
    patched = Strip.join([line.crop(0, x), part, line.crop(stop, width)]).simplify()
    return patched if patched.cell_length == width else None


def _changed(lines: Sequence[Strip], before: Sequence[Strip | None]) -> Iterator[tuple[int, int, Strip]]:
    for y, (line, old) in enumerate(zip(lines, before, strict=True)):
        if old is None or old.cell_length != line.cell_length:
            yield 0, y, line
        elif line != old:
            region = cells_between(line, old, y)
            yield region.x, y, line.crop(region.x, region.right)
