"""What of an update is sent: the cells that differ from what stands on the terminal already."""

from collections.abc import Mapping

import pytest
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, InlineUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from console.widgets.painted import Painted
from console.widgets.text import Ink

CONSOLE = Console(color_system=None, force_terminal=True)
WIDTH = 12
FIRST = ("one two", "漢字 three", "four")


def line(text: str) -> Strip:
    """Return a line in which each word has a style of its own, as columns have."""
    ink = Ink(Style())
    for at, word in enumerate(text.split(" ")):
        ink.put(word, Style(bold=at % 2 == 0)).put(" ")
    return ink.strip(WIDTH)


def screen(*texts: str) -> LayoutUpdate:
    return LayoutUpdate([[line(text)] for text in texts], Region(0, 0, WIDTH, len(texts)))


def parts(*chops: Mapping[int, Strip | None], spans: list[tuple[int, int, int]]) -> ChopsUpdate:
    ends = [[*[x for x in chop if x], WIDTH] for chop in chops]
    return ChopsUpdate(chops, spans, ends)


def sent(update: CompositorUpdate) -> str:
    return update.render_segments(CONSOLE)


@pytest.fixture
def painted() -> Painted:
    painted = Painted()
    painted.reduce(screen(*FIRST), whole=True)
    return painted


def test_what_stands_there_is_not_sent_again(painted: Painted) -> None:
    assert sent(painted.reduce(screen(*FIRST), whole=False)) == ""
    # From the first cell that differs to the last: what is alike at both ends stays.
    assert sent(painted.reduce(screen("one six", "漢字 three", "four"), whole=False)) == "\x1b[1;5Hsix"
    assert sent(painted.reduce(screen("one six", "漢字 eight", "four"), whole=False)) == "\x1b[2;6Height"


def test_a_whole_screen_is_sent_whole_and_so_is_what_has_another_height(painted: Painted) -> None:
    for update, whole in ((screen(*FIRST), True), (screen("a", "b"), False), (screen(*FIRST), False)):
        assert painted.reduce(update, whole=whole) is update
    painted.forget()
    again = screen(*FIRST)
    assert painted.reduce(again, whole=False) is again


def test_an_update_of_parts_is_sent_as_it_is_and_known(painted: Painted) -> None:
    # The second widget of the first line draws its first cells; the others of the line are cut off by the span.
    update = parts({0: None, 4: line("one six").crop(4, WIDTH)}, spans=[(0, 4, 7)])
    assert painted.reduce(update, whole=False) is update
    assert sent(painted.reduce(screen("one six", "漢字 three", "four"), whole=False)) == ""


def test_lines_of_another_width_are_sent_whole(painted: Painted) -> None:
    wider = LayoutUpdate([[line(text).extend_cell_length(WIDTH + 1)] for text in FIRST], Region(0, 0, WIDTH + 1, 3))
    written = sent(painted.reduce(wider, whole=False))
    assert [written.count(f"\x1b[{y};1H") for y in (1, 2, 3)] == [1, 1, 1]
    assert "two" in written


def test_after_what_is_not_understood_nothing_is_known(painted: Painted) -> None:
    unknown = InlineUpdate([line("x")])
    assert painted.reduce(unknown, whole=False) is unknown
    again = screen(*FIRST)
    assert painted.reduce(again, whole=False) is again
