"""Closed days, against the calendar that the Cabinet Office published (国民の祝日に関する法律)."""

from datetime import date

import pytest

from store.holidays import is_closed


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",  # 元日
        "2026-01-03",  # the turn of the year
        "2026-05-06",  # the substitute of 5-03, a Sunday, after 5-04 and 5-05
        "2026-09-22",  # between 敬老の日 and 秋分の日
        "2026-11-23",  # 勤労感謝の日
        "2026-11-22",  # a Sunday
        "2026-12-29",
    ],
)
def test_closed(day: str) -> None:
    assert is_closed(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-01-05", "2026-05-07", "2026-11-24", "2026-12-28"])
def test_open(day: str) -> None:
    assert not is_closed(date.fromisoformat(day))
