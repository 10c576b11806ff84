"""Every line that a widget draws is exactly as wide as the widget, in the colours and the language of the console."""

from pathlib import Path

import pytest
from textual.geometry import Region

from console.widgets.palette import Colours
from console.widgets.surface import FieldLabel, OneLine, Surface, Surround
from console.widgets.text import Ink
from tests.console.driving import driving
from tests.console.widgets.bench import bench
from tests.running import World

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


class Lines(Surface):
    """Draws the lines that the test wants, the first word of each in another ink than the rest."""

    DEFAULT_CSS = "Lines { height: 3; width: 1fr; }"
    lines: tuple[str, ...] = ("one 1", "two 2", "three 3")

    def draw_line(self, y: int) -> Ink:
        first, _, rest = self.lines[y].partition(" ")
        return self.ink().put(first, self.palette["key"]).put(f" {rest}")


@pytest.mark.parametrize(
    ("lines", "changed"),
    [
        (("one 1", "two 2", "three 3"), []),
        (("one 1", "two 9", "three 3"), [Region(3, 1, 17, 1)]),
        (("six 1", "two 2", "three 3"), [Region(0, 0, 3, 1)]),
        (("漢字 1", "two 2", "four 4"), [Region(0, 0, 20, 1), Region(0, 2, 20, 1)]),
    ],
)
async def test_a_refresh_repaints_the_cells_that_changed(
    tmp_path: Path, lines: tuple[str, ...], changed: list[Region]
) -> None:
    async with bench(tmp_path, Lines(), size=SIZE) as (pilot, screen):
        await pilot.pause()
        widget = screen.query_one(Lines)
        widget.lines = lines
        widget.refresh()
        assert sorted(widget._repaint_regions) == sorted(changed)
        await pilot.pause()
        painted = [strip.text for strip in screen._compositor.render_strips()]
        assert [line.rstrip() for line in painted[:3]] == list(lines)


async def test_all_of_it_is_painted_again_in_another_size(tmp_path: Path) -> None:
    async with bench(tmp_path, Lines(), size=SIZE) as (pilot, screen):
        await pilot.pause()
        widget = screen.query_one(Lines)
        await screen.resize(pilot, 30, 4)
        widget.lines = ("four 4", "five 5", "six 6")
        widget.refresh()
        await pilot.pause()
        assert [strip.text for strip in screen._compositor.render_strips()][:3] == [
            f"{line:<30}" for line in widget.lines
        ]


async def test_a_label_is_a_name_in_the_language_and_a_box_only_the_ground(world: World) -> None:
    async with driving(world.home) as console:
        labels = list(console.app.screen.query(FieldLabel))
        assert len(labels) == 2
        for language in ("ja", "en"):
            assert console.words.language == language
            drawn = [label.draw_line(0).strip(label.size.width).text.strip() for label in labels]
            assert drawn == [console.words("login.person_id"), console.words("login.pin")]
            await console.press("f2")
        (form, *_) = console.app.screen.query(Surround)
        assert form.draw_line(0).strip(10).text == " " * 10
