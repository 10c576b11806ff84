"""Dates with unknown parts, impossible days, and the boundary days of eras."""

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.clock import day_in_japan
from store.message.dates import (
    DateParts,
    display_date,
    parse_day,
    parse_moment,
    parse_parts,
    shows_era,
)

PARTS = st.builds(DateParts, st.integers(0, 9999), st.integers(0, 12), st.integers(0, 31))


@given(PARTS)
def test_parts_round_trip(parts: DateParts) -> None:
    assert parse_parts(f"{parts.year:04}-{parts.month:02}-{parts.day:02}") == parts


@given(st.dates())
def test_real_days_round_trip(day: date) -> None:
    assert parse_day(day.isoformat()) == day
    parts = parse_parts(day.isoformat())
    assert parts is not None
    assert parts.possible
    assert parts.known_in_order


@given(st.integers(1, 9999), st.integers(1, 12), st.integers(1, 31))
def test_a_day_is_possible_when_the_calendar_has_it(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    parts = parse_parts(text)

    assert parts is not None
    assert parts.possible == (day <= monthrange(year, month)[1])
    assert (parse_day(text) is not None) == parts.possible


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert parse_day(text) is None or parse_parts(text) is not None
    assert parse_moment(text) is None
    display_date(text, era=True)


@pytest.mark.parametrize(
    "text",
    [
        "1985-13-01",
        "1985-04-32",
        "1985-4-1",
        "19850401",
        "1985/04/01",
        "１９８５-04-01",
        "1985-04-01 ",
        "",
        "昭和60年4月1日",
    ],
)
def test_other_shapes_are_no_dates(text: str) -> None:
    assert parse_parts(text) is None
    assert parse_day(text) is None


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=OFFSETS))  # noqa: DTZ001  # Hypothesis adds the zone itself.
def test_moments_round_trip(moment: datetime) -> None:
    assert parse_moment(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20T14:59:59Z", date(2026, 11, 20)),
        ("2026-11-20T15:00:00Z", date(2026, 11, 21)),
        ("2026-11-20T00:00:00+09:00", date(2026, 11, 20)),
        ("2026-11-20T23:59:59.999999+09:00", date(2026, 11, 20)),
        ("2026-11-20T10:00-05:00", date(2026, 11, 21)),
    ],
)
def test_the_day_is_the_one_in_japan(text: str, day: date) -> None:
    moment = parse_moment(text)

    assert moment is not None
    assert day_in_japan(moment) == day


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20 10:00",
        "2026-11-20T10:00:00",
        "2026-11-20",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:00:60Z",
        "2026-11-20T10:00:00+0900",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-11-20t10:00:00z",
    ],
)
def test_other_moments_are_refused(text: str) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-23", "令和8年11月23日"),
        ("1872-12-31", "1872年12月31日"),
        ("1873-01-01", "明治6年1月1日"),
        ("1912-07-30", "明治45年7月30日"),
        ("1912-07-31", "大正元年7月31日"),
        ("1926-12-25", "大正15年12月25日"),
        ("1926-12-26", "昭和元年12月26日"),
        ("1989-01-07", "昭和64年1月7日"),
        ("1989-01-08", "平成元年1月8日"),
        ("2019-04-30", "平成31年4月30日"),
        ("2019-04-31", "平成31年4月31日"),
        ("2019-05-01", "令和元年5月1日"),
        ("2020-01-01", "令和2年1月1日"),
        ("1985-04-00", "昭和60年4月（日不明）"),
        ("1985-00-00", "昭和60年（月日不明）"),
        ("1989-00-00", "昭和64年・平成元年（月日不明）"),
        ("1989-01-00", "昭和64年・平成元年1月（日不明）"),
        ("1989-02-00", "平成元年2月（日不明）"),
        ("0000-04-01", "年不明4月1日"),
        ("0000-00-00", "年月日不明"),
        ("なし", "なし"),
    ],
)
def test_eras_have_their_boundary_days(text: str, shown: str) -> None:
    assert display_date(text, era=True) == shown


@given(st.dates(min_value=date(1873, 1, 1)))
def test_every_day_from_1873_on_has_exactly_one_era(day: date) -> None:
    shown = display_date(day.isoformat(), era=True)

    assert shown[:2] in {"明治", "大正", "昭和", "平成", "令和"}
    assert "・" not in shown
    assert shown.endswith(f"年{day.month}月{day.day}日")


def test_birth_and_expiry_dates_are_shown_in_the_western_calendar() -> None:
    assert display_date("1985-04-01", era=False) == "1985年4月1日"
    assert not shows_era("person.birth_date")
    assert not shows_era("expiry_date")
    assert shows_era("basis.date")
    assert shows_era("category_lost.on")
