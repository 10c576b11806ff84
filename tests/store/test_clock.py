"""Moments go into the store and come back exactly, and a day is a day in Japan."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import clock

MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, clock.JAPAN, timezone(-timedelta(hours=9, minutes=30))]))


@given(MOMENTS)
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    back = clock.from_microseconds(clock.to_microseconds(moment))
    assert back == moment
    assert back.tzinfo is UTC


def test_a_moment_is_counted_from_1970_for_as_long_as_it_is_kept() -> None:
    assert clock.to_microseconds(datetime(2026, 11, 23, 3, tzinfo=UTC)) == 1_795_402_800_000_000


@given(MOMENTS, MOMENTS)
def test_texts_and_counts_sort_by_time(first: datetime, second: datetime) -> None:
    assert (clock.to_microseconds(first) < clock.to_microseconds(second)) == (first < second)
    if min(first, second).year > 1 and max(first, second).year < 9999:
        assert (clock.to_text(first) < clock.to_text(second)) == (first < second)


def test_a_text_is_in_utc_with_six_digits() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=clock.JAPAN)
    assert clock.to_text(noon) == "2026-11-23T03:00:00.000000Z"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        clock.to_microseconds(datetime(2026, 11, 23))  # noqa: DTZ001  # It is what is refused.


@pytest.mark.parametrize(("hour", "day"), [(14, 23), (15, 24), (23, 24)])
def test_the_day_changes_in_japan_at_15_utc(hour: int, day: int) -> None:
    assert clock.day_in_japan(datetime(2026, 11, 23, hour, 59, 59, tzinfo=UTC)) == date(2026, 11, day)


@pytest.mark.parametrize("ahead", [1, -1])
def test_a_moment_of_a_clock_set_back_counts_like_one_as_far_in_the_past(ahead: int) -> None:
    now = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert clock.seconds_between(now + ahead * timedelta(minutes=5), now) == 300


def test_now_is_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC
