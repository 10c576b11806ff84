import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import Screen

from console.app import RenkeiApp
from console.widgets.columns import Cell, Column
from console.widgets.page import Pieces
from console.widgets.palette import ROLES, Colours, Palette
from console.widgets.virtual_list import BLOCK, VirtualList
from tests.console.widgets.bench import SETTINGS

A_MILLION = 1_000_000


@dataclass(frozen=True)
class Item:
    key: int


class Numbers(VirtualList[Item]):
    def columns(self, width: int) -> tuple[Column, ...]:
        return (Column("key", "queue.column.reference", width - 1, "right"),)

    def cell(self, row: Item, column: str) -> Cell:
        assert column == "key"
        return Cell(f"n{row.key}")

    def heading(self, row: Item, width: int) -> Pieces:
        assert width == self.size.width - 2
        return [(f"from {row.key}", None)]


class Bench(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = ""

    def compose(self) -> ComposeResult:
        yield Numbers(id="numbers")

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#numbers"))


class BenchApp(RenkeiApp):
    def get_default_screen(self) -> Bench:  # type: ignore[override]  # The bench has no login screen.
        return Bench()

    def begin(self) -> None:
        """Nothing is opened here."""


class Source:
    """Rows for the asking; remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []

    def __call__(self, keys: Sequence[int]) -> list[Item]:
        self.asked.append(keys)
        return [Item(key) for key in keys]


async def settle(app: RenkeiApp) -> None:
    import asyncio

    for _ in range(2000):
        if not app.background.busy:
            break
        await asyncio.sleep(0.005)
    assert not app.background.busy


def lines(numbers: Numbers) -> list[str]:
    return [numbers.render_line(y).text.strip() for y in range(1, numbers.size.height)]


async def test_of_a_million_rows_only_what_is_seen_is_fetched(tmp_path: Path) -> None:
    app, source = BenchApp(tmp_path, SETTINGS), Source()
    async with app.run_test(size=(40, 20)) as pilot:
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(A_MILLION), source)
        lines(numbers)
        await settle(app)
        assert lines(numbers)[0].endswith("n0")
        await pilot.press("end")
        lines(numbers)
        await settle(app)
        assert lines(numbers)[-1].endswith(f"n{A_MILLION - 1}")
        assert sum(len(keys) for keys in source.asked) <= 4 * BLOCK
        assert numbers.position == A_MILLION


async def test_the_cursor_stays_on_its_row_when_rows_come_before_it(tmp_path: Path) -> None:
    app, source = BenchApp(tmp_path, SETTINGS), Source()
    async with app.run_test(size=(40, 20)) as pilot:
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(10, 100), source)
        await pilot.press("down", "down")
        assert numbers.cursor_key == 12
        numbers.load(range(100), source)
        assert numbers.cursor_key == 12
        numbers.load([key for key in range(100) if key != 12], source)
        assert numbers.cursor_key == 13


async def test_the_cursor_goes_past_rows_that_are_dealt_with(tmp_path: Path) -> None:
    app, source = BenchApp(tmp_path, SETTINGS), Source()
    async with app.run_test(size=(40, 20)):
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(5), source)
        # The second row is the cursor's by then, and not among those dealt with.
        for passed, reached in (((0, 2), 1), ((1, 2), 3), ((3, 4), 2), (range(5), 2), ((), 2)):
            numbers.go_past(passed)
            assert numbers.cursor_key == reached


async def test_what_means_every_row_waits_until_all_are_known(tmp_path: Path) -> None:
    app, source = BenchApp(tmp_path, SETTINGS), Source()
    async with app.run_test(size=(40, 20)) as pilot:
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.selectable = True
        numbers.load(range(10), source, whole=False)
        await pilot.press("end")
        numbers.select_all()
        assert (numbers.cursor_key, numbers.selected) == (0, set())
        numbers.load(range(100), source)
        assert (numbers.cursor_key, numbers.selected) == (99, set(range(100)))
        assert [numbers.neighbour(99, step) for step in (-1, 1)] == [98, None]
        assert numbers.neighbour(100, -1) is None


async def test_a_heading_stays_in_sight_above_its_rows_and_is_never_where_the_cursor_is(tmp_path: Path) -> None:
    app, source = BenchApp(tmp_path, SETTINGS), Source()
    async with app.run_test(size=(40, 7)) as pilot:
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(200), source, starts=[0, 2, 10])
        seen = [lines(numbers)]
        await settle(app)
        for _ in range(12):
            seen.append(lines(numbers))
            # The cursor's row is on the screen, below a heading of its own.
            own = max(start for start in (0, 2, 10) if start <= numbers.cursor_key)  # type: ignore[operator]  # Rows are there.
            shown = seen[-1].index(f">{f'n{numbers.cursor_key}':>38}".strip())
            assert f"from {own}" in seen[-1][:shown]
            await pilot.press("down")
        assert seen[1][:6] == ["from 0", ">" + "n0".rjust(38), "n1", "from 2", "n2", "n3"]
        assert numbers.shown_indices == range(9, 13)
        await pilot.press("end")
        lines(numbers)
        await settle(app)
        assert lines(numbers)[0] == "from 10"
        assert lines(numbers)[-1].endswith("n199")
        assert len(source.asked) <= 3


async def test_rows_of_an_older_snapshot_are_dropped(tmp_path: Path) -> None:
    app = BenchApp(tmp_path, SETTINGS)
    async with app.run_test(size=(40, 20)):
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(5), lambda keys: [Item(key + 900) for key in keys])
        numbers.load(range(5), lambda keys: [Item(key) for key in keys])
        lines(numbers)
        await settle(app)
        lines(numbers)
        await settle(app)
        assert lines(numbers)[0].endswith("n0")


async def test_rows_stay_in_sight_until_they_arrive_anew(tmp_path: Path) -> None:
    app, release = BenchApp(tmp_path, SETTINGS), threading.Event()

    def later(keys: Sequence[int]) -> list[Item]:
        release.wait()
        return [Item(key + 900) for key in keys]

    async with app.run_test(size=(40, 20)):
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(3), later, [Item(key) for key in range(3)])
        numbers.load((2, 5), later)
        numbers.load((2, 7), later)
        assert numbers.cursor_row == Item(2)
        assert [line.split()[-1] for line in lines(numbers)[:2]] == ["n2", app.words("common.loading").split()[-1]]
        release.set()
        await settle(app)
        assert [line.split()[-1] for line in lines(numbers)[:2]] == ["n902", "n907"]
        numbers.forget()
        assert numbers.cursor_row is None


async def test_selection_and_forgetting(tmp_path: Path) -> None:
    app, source = BenchApp(tmp_path, SETTINGS), Source()
    async with app.run_test(size=(40, 20)):
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(5), source, [Item(key) for key in range(5)])
        numbers.toggle_selected()
        assert numbers.selected == set()
        numbers.selectable = True
        numbers.toggle_selected()
        assert (numbers.selected, numbers.cursor_key) == ({0}, 1)
        numbers.select_all()
        assert numbers.selected == set(range(5))
        numbers.select_all()
        assert numbers.selected == set()
        assert source.asked == []
        numbers.forget()
        assert (numbers.count, numbers.cursor_row) == (0, None)
        assert not any("n" in line for line in lines(numbers))


async def test_the_row_under_the_cursor_is_marked_without_colour(tmp_path: Path) -> None:
    app = BenchApp(tmp_path, SETTINGS, colours=Colours.NONE)
    async with app.run_test(size=(40, 20)):
        numbers = app.screen.query_one("#numbers", Numbers)
        numbers.load(range(3), lambda keys: [Item(key) for key in keys], [Item(0), Item(1), Item(2)])
        assert numbers.render_line(1).text.startswith(">")
        assert not numbers.render_line(2).text.startswith(">")


@pytest.mark.parametrize("colours", list(Colours))
def test_every_role_has_a_style_for_every_terminal(colours: Colours) -> None:
    palette = Palette(colours)
    for role in ROLES:
        style = palette[role]
        if colours is Colours.NONE:
            assert style.color is None
            assert style.bgcolor is None


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, Colours.NONE),
        ({"COLORTERM": "truecolor", "TERM": "xterm"}, Colours.FULL),
        ({"TERM": "xterm-256color"}, Colours.FULL),
        ({"TERM": "linux"}, Colours.SIXTEEN),
        ({"TERM": "vt220"}, Colours.SIXTEEN),
    ],
)
def test_colours_follow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], colours: Colours
) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Colours.of_terminal() is colours
