"""Plots in text: what was done can be read without colour, and nothing that was done looks like nothing."""

from datetime import date, timedelta

from console.screens.work.plots import columns, digits, weeks
from store.workload import Day

MONDAY = date(2026, 11, 9)


def days(*sent: int) -> list[Day]:
    return [Day(MONDAY + timedelta(days=at), number, 0, 0, None) for at, number in enumerate(sent)]


def test_a_digit_tells_the_part_of_the_highest_day() -> None:
    assert digits([0, 1, 50, 100], 100) == "0159"
    assert digits([0, 0], 0) == "00"


def test_columns_are_read_from_the_top() -> None:
    assert list(columns([0, 1, 5, 10], 10, 5)) == ["   #", "   #", "  ##", "  ##", " ###"]
    assert list(columns([0.0], 0, 2)) == [" ", " "]


def test_a_weekend_stands_there_when_somebody_worked_on_one() -> None:
    free = weeks(days(1, 2, 3, 4, 5, 0, 0, 6))
    assert [[day.sent for day in week] for week in free] == [[1, 2, 3, 4, 5], [6]]
    worked = weeks(days(1, 2, 3, 4, 5, 0, 7, 6))
    assert [len(week) for week in worked] == [7, 1]
