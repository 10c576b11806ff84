"""Every line that a widget draws is exactly as wide as the widget, in the colours and the language of the console."""

from pathlib import Path

import pytest

from console.widgets.palette import Colours
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink
from tests.console.widgets.bench import bench

SIZE = (20, 4)


class Sample(OneLine):
    """Draws the line that the test wants."""

    line = ""

    def draw_line(self, _y: int) -> Ink:
        return self.ink("frame").put(self.line)


@pytest.mark.parametrize("line", ["", "short", "漢字" * 20, "a" * 19 + "漢"])
async def test_a_line_is_cut_or_filled_to_the_width(tmp_path: Path, line: str) -> None:
    async with bench(tmp_path, Sample(), size=SIZE) as (_pilot, screen):
        sample = screen.query_one(Sample)
        sample.line = line
        assert sample.render_line(0).cell_length == sample.size.width == SIZE[0]


async def test_a_single_line_takes_one_row(tmp_path: Path) -> None:
    async with bench(tmp_path, Sample(), size=SIZE) as (_pilot, screen):
        assert screen.query_one(Sample).size.height == 1


async def test_words_and_colours_are_those_of_the_console(tmp_path: Path) -> None:
    async with bench(tmp_path, Sample(), size=SIZE, colours=Colours.NONE) as (_pilot, screen):
        sample = screen.query_one(Sample)
        languages = [sample.words.language]
        assert sample.palette.colours is Colours.NONE
        screen.console_app.action_language()
        languages.append(sample.words.language)
        assert languages == ["ja", "en"]


def test_what_draws_nothing_is_no_widget() -> None:
    with pytest.raises(NotImplementedError):
        Surface().draw_line(0)
