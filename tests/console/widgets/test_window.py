"""Which lines of a list are on the screen."""

import itertools

import pytest

from console.widgets.window import Spot, Window


@pytest.mark.parametrize("starts", [(), (0,), (0, 1, 2), (0, 3), (0, 3, 4, 9)])
@pytest.mark.parametrize("height", [2, 3, 5, 20])
def test_the_cursor_is_always_in_sight_and_below_its_heading(starts: tuple[int, ...], height: int) -> None:
    rows = 12
    window = Window(rows, starts)
    for cursor in (*range(rows), *reversed(range(rows)), 11, 0, 6):
        window.follow(cursor, height)
        y = window.y_of(cursor)
        assert 0 <= y < height
        assert window.spot(y) == Spot(cursor, heading=False)
        own = max((start for start in starts if start <= cursor), default=None)
        headings = [spot.row for above in range(y) if (spot := window.spot(above)) and spot.heading]
        assert own is None or headings[-1] == own


@pytest.mark.parametrize("starts", [(), (0,), (0, 1, 2), (0, 3), (0, 3, 4, 9)])
def test_every_row_and_every_heading_has_one_line(starts: tuple[int, ...]) -> None:
    window = Window(12, starts)
    spots = list(itertools.takewhile(bool, (window.spot(y) for y in itertools.count())))
    assert [spot.row for spot in spots if spot and not spot.heading] == list(range(12))
    assert [spot.row for spot in spots if spot and spot.heading] == list(starts)
    assert window.shown(100) == range(12)


def test_no_line_stays_empty_while_there_are_rows_to_fill_it() -> None:
    window = Window(10, (0, 5))
    window.follow(9, 6)
    fewer = Window(6, (0, 5), window.top)
    fewer.follow(5, 6)
    # The first of the six lines is the heading of rows that go on below it.
    assert fewer.shown(6) == range(2, 6)
    assert fewer.spot(5) == Spot(5, heading=False)
