"""Periods as people say them: きのう, 今週, 11/1-11/30, 2026-11-27. Days are days in Japan."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from console.errors import SearchUnclear
from store import clock
from store.holidays import is_closed
from store.log.questions import Period

# With or without the year, with the marks that people type in between.
_DAY: Final = r"(?:(\d{4})[-/])?(\d{1,2})[-/](\d{1,2})"
_ONE_DAY: Final = re.compile(_DAY)
_DAYS: Final = re.compile(rf"{_DAY}(?:\.\.|-|～|〜){_DAY}")
_TODAY: Final = frozenset({"今日", "きょう", "today"})
_YESTERDAY: Final = frozenset({"きのう", "昨日", "yesterday"})
_THIS_WEEK: Final = frozenset({"今週", "week"})
_ONE: Final = timedelta(days=1)


def period_of(text: str, now: datetime) -> Period | None:
    """Return the period that `text` names, or None where it names none. Raises ValueError for a day that is none.

    Yesterday is the last day on which offices were open, with all that follow it up to today: on a Monday it is Friday
    and the weekend. A day without a year is the last such day that is not ahead.
    """
    today = clock.day_in_japan(now)
    if text in _TODAY:
        return _days(today, today)
    if text in _YESTERDAY:
        return _days(_last_working_day(today), today - _ONE)
    if text in _THIS_WEEK:
        return _days(today - timedelta(days=today.weekday()), today)
    if days := _DAYS.fullmatch(text):
        last = _day(days.groups()[3:], today)
        # "12/28-1/5" begins in the year before the one in which it ends.
        return _days(_day(days.groups()[:3], last), last)
    if day := _ONE_DAY.fullmatch(text):
        found = _day(day.groups(), today)
        return _days(found, found)
    return None


def asked_for(text: str) -> Period:
    """Return the period that a person asks about. Raises SearchUnclear."""
    try:
        period = period_of(text, clock.now())
    except ValueError:
        period = None
    if period is None:
        raise SearchUnclear
    return period


def is_yesterday(period: Period) -> bool:
    """Tell whether `period` is what people mean by yesterday."""
    today = clock.day_in_japan(clock.now())
    return period == _days(_last_working_day(today), today - _ONE)


def _days(first: date, last: date) -> Period:
    """Return the period of whole days, with both of them in it."""
    if last < first:
        raise ValueError("a period ends before it begins")
    since, until = (datetime.combine(day, time(), tzinfo=clock.JAPAN) for day in (first, last + _ONE))
    return Period(since, until)


def _day(parts: tuple[str | None, ...], latest: date) -> date:
    year, month, day = (None if part is None else int(part) for part in parts)
    # The pattern has both; only the year may be missing.
    assert month is not None
    assert day is not None
    if year is not None:
        return date(year, month, day)
    this_year = (latest.month, latest.day) >= (month, day)
    return date(latest.year if this_year else latest.year - 1, month, day)


def _last_working_day(today: date) -> date:
    # Never long: the longest closing, at New Year or in May, is eleven days.
    day = today - _ONE
    while is_closed(day):
        day -= _ONE
    return day
