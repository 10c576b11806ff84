"""A page of lines is scrolled, built again for another width, and says when more follows."""

from pathlib import Path

from console.widgets.page import Pieces, TextPage
from tests.console.widgets.bench import Bench, bench

SIZE = (40, 10)


class Reader(Bench):
    """Shows a page that has the keys."""

    def on_mount(self) -> None:
        self.set_focus(self.query_one(TextPage))


def numbered(count: int) -> list[Pieces]:
    return [[(f"line {at}", None)] for at in range(count)]


async def test_keys_scroll_and_stop_at_the_ends(tmp_path: Path) -> None:
    async with bench(tmp_path, TextPage(id="page"), size=SIZE, screen=Reader) as (pilot, screen):
        page = screen.query_one(TextPage)
        page.show(lambda _width: numbered(25))
        more = page.words("common.more")
        tops = {}
        for key in ("up", "down", "j", "k", "space", "pageup", "end", "down", "home"):
            await pilot.press(key)
            tops[key] = screen.lines()[0].strip()
            # The sign that more follows stands on the last line of the screen until the end is in sight.
            assert (more in screen.lines()[-1]) == (tops[key] != "line 15")
        assert tops == {
            "up": "line 0",
            "down": "line 15",
            "j": "line 2",
            "k": "line 1",
            "space": "line 10",
            "pageup": "line 1",
            "end": "line 15",
            "home": "line 0",
        }


async def test_the_lines_are_built_for_the_width(tmp_path: Path) -> None:
    widths: list[int] = []

    def build(width: int) -> list[Pieces]:
        widths.append(width)
        return [[("漢" * (width // 2), None)]]

    async with bench(tmp_path, TextPage(id="page"), size=SIZE) as (pilot, screen):
        page = screen.query_one(TextPage)
        page.show(build)
        await screen.resize(pilot, 60, 10)
        assert (widths[0], widths[-1]) == (38, 58)
        assert page.text == "漢" * 29


async def test_a_page_of_nothing_is_empty(tmp_path: Path) -> None:
    async with bench(tmp_path, TextPage(id="page"), size=SIZE, screen=Reader) as (pilot, screen):
        await pilot.press("end", "down", "space")
        assert not any(screen.lines())


async def test_what_is_shown_next_begins_at_its_first_line(tmp_path: Path) -> None:
    async with bench(tmp_path, TextPage(id="page"), size=SIZE, screen=Reader) as (pilot, screen):
        page = screen.query_one(TextPage)
        page.show(lambda _width: numbered(25))
        await pilot.press("end")
        page.reword()
        await pilot.pause()
        assert screen.lines()[0].strip() == "line 15", "another language does not scroll"
        page.show(lambda _width: numbered(25))
        await pilot.pause()
        assert screen.lines()[0].strip() == "line 0"


async def test_a_wide_line_gives_way_to_the_sign_that_more_follows(tmp_path: Path) -> None:
    async with bench(tmp_path, TextPage(id="page"), size=SIZE, screen=Reader) as (pilot, screen):
        page = screen.query_one(TextPage)
        page.show(lambda width: [[(f"{at:02}" + "x" * (width - 2), None)] for at in range(12)])
        await pilot.pause()
        assert screen.lines()[-1].split() == [page.words("common.more")]
        # It waits below with the others, and stands first on the next page.
        await pilot.press("pagedown")
        assert screen.lines()[-1].strip().startswith("11")
