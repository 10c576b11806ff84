"""A short list: a line is chosen by Enter or by its number, and a long list scrolls."""

from pathlib import Path

from console.widgets.options import Option, Options
from tests.console.widgets.bench import Bench, bench


class Chooser(Bench):
    """Shows options that have the keys."""

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Options))


def some(count: int) -> list[Option]:
    return [Option(f"c{at}", f"名{at}", f"leads to {at}") for at in range(1, count + 1)]


async def test_a_line_is_chosen_by_enter_or_by_its_number(tmp_path: Path) -> None:
    async with bench(tmp_path, Options(id="options"), screen=Chooser) as (pilot, screen):
        screen.query_one(Options).show(lambda: some(9), code="c4")
        await pilot.press("enter", "down", "enter", "9", "0", "home", "up", "enter", "end", "down", "enter")
        await pilot.pause()
        assert screen.heard == ["c4", "c5", "c9", "c1", "c9"]


async def test_a_longer_list_has_no_numbers(tmp_path: Path) -> None:
    async with bench(tmp_path, Options(id="options"), size=(60, 6), screen=Chooser) as (pilot, screen):
        options = screen.query_one(Options)
        options.show(lambda: some(10))
        await pilot.press("2")
        await pilot.pause()
        assert screen.heard == []
        assert screen.lines()[0] == " > 名1   leads to 1"
        # The sign has a line of its own, and covers nothing of an option.
        assert screen.lines()[-1].split() == [options.words("common.more")]
        await pilot.press("pagedown", "pagedown", "pagedown", "enter")
        await pilot.pause()
        assert screen.heard == ["c10"]
        assert [line.split()[0] for line in screen.lines()] == ["名5", "名6", "名7", "名8", "名9", ">"]


async def test_beside_a_field_digits_are_text(tmp_path: Path) -> None:
    async with bench(tmp_path, Options(id="options"), screen=Chooser) as (pilot, screen):
        options = screen.query_one(Options)
        options.numbers = False
        options.show(lambda: some(3), code="c2")
        await pilot.press("3")
        await pilot.pause()
        assert (screen.heard, options.current) == ([], "c2")
        assert screen.lines()[1].startswith(" > 名2")


async def test_an_empty_list_chooses_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, Options(id="options"), screen=Chooser) as (pilot, screen):
        await pilot.press("enter", "1", "down", "end", "enter")
        await pilot.pause()
        assert screen.heard == []
        assert screen.query_one(Options).options == ()
        assert screen.query_one(Options).current is None


async def test_another_language_keeps_the_cursor(tmp_path: Path) -> None:
    names = ["名", "name"]
    async with bench(tmp_path, Options(id="options"), screen=Chooser) as (pilot, screen):
        options = screen.query_one(Options)
        options.show(lambda: [Option(code, names[0]) for code in ("a", "b")], code="b")
        names.reverse()
        options.reword()
        await pilot.press("enter")
        await pilot.pause()
        assert [option.name for option in options.options] == ["name", "name"]
        assert screen.heard == ["b"]
