"""A moment as an argument is Japanese time, unless it says otherwise."""

from datetime import UTC, datetime

import click
import pytest

from console.commands.times import MOMENT, in_japan
from store.clock import JAPAN


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=JAPAN)),
        ("2026-12-01T08:30", datetime(2026, 12, 1, 8, 30, tzinfo=JAPAN)),
        ("2026-11-30T15:00Z", datetime(2026, 11, 30, 15, tzinfo=UTC)),
        ("2026-11-30T15:00+01:00", datetime(2026, 11, 30, 14, tzinfo=UTC)),
    ],
)
def test_a_moment_without_an_offset_is_japanese(text: str, moment: datetime) -> None:
    read = MOMENT.convert(text, None, None)
    assert read == moment
    assert read.tzinfo is not None


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "01.12.2026", "2026-12-01T25:00"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="2026-12-01T00:00"):
        MOMENT.convert(text, None, None)


def test_a_time_of_day_stays_the_same_time_of_day_in_japan() -> None:
    noon = datetime(2026, 12, 1, 12)  # noqa: DTZ001  # It is what `click.DateTime` gives.
    assert in_japan(noon) == datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert in_japan(None) is None
