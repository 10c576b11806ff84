"""Periods are taken as people say them, in days of Japan."""

from datetime import date, datetime, timedelta

import pytest

from console.errors import SearchUnclear
from console.jobs.log.periods import asked_for, is_yesterday, period_of
from store import clock

# A Monday; the Friday before was a working day.
NOW = datetime(2026, 11, 30, 9, 12, tzinfo=clock.JAPAN)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("今日", (2026, 11, 30), (2026, 11, 30)),
        ("today", (2026, 11, 30), (2026, 11, 30)),
        ("きのう", (2026, 11, 27), (2026, 11, 29)),
        ("yesterday", (2026, 11, 27), (2026, 11, 29)),
        ("今週", (2026, 11, 30), (2026, 11, 30)),
        ("11/27", (2026, 11, 27), (2026, 11, 27)),
        ("12/1", (2025, 12, 1), (2025, 12, 1)),
        ("11/1-11/30", (2026, 11, 1), (2026, 11, 30)),
        ("12/28-1/5", (2025, 12, 28), (2026, 1, 5)),
        ("2026-11-01..2026-11-30", (2026, 11, 1), (2026, 11, 30)),
        ("2024/2/29", (2024, 2, 29), (2024, 2, 29)),
    ],
)
def test_a_period_is_whole_days(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    period = period_of(text, NOW)
    assert period is not None
    assert period.since == datetime.combine(date(*first), datetime.min.time(), tzinfo=clock.JAPAN)
    assert period.until == datetime.combine(date(*last) + timedelta(days=1), datetime.min.time(), tzinfo=clock.JAPAN)


def test_what_names_no_period_is_left_to_others_and_a_day_that_is_none_is_refused() -> None:
    assert period_of("op-101", NOW) is None
    assert period_of("R26-000123", NOW) is None
    for wrong in ("2/30", "2026-11-30..2026-11-01", "2026-13-01"):
        with pytest.raises(ValueError, match=r"day|month|begins"):
            period_of(wrong, NOW)
    for unclear in ("op-101", "2/30"):
        with pytest.raises(SearchUnclear):
            asked_for(unclear)


def test_yesterday_is_told_from_days_that_only_end_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert is_yesterday(asked_for("きのう"))
    # The same days, typed as days: it is what they mean as well.
    assert is_yesterday(asked_for("11/27-11/29"))
    assert not is_yesterday(asked_for("11/28-11/29"))
    assert not is_yesterday(asked_for("今日"))
    # After a closing in the middle of the week, it is the working day before that.
    after_holiday = datetime(2026, 11, 24, 9, tzinfo=clock.JAPAN)
    monkeypatch.setattr(clock, "now", lambda: after_holiday)
    assert is_yesterday(asked_for("11/20-11/23"))
