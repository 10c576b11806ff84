"""Days on which Japanese offices are closed, by the rules in `store/data/holidays.toml`.

The log is searched for work outside office hours. The days are computed, because a terminal talks with its peer only
and could not fetch a calendar.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

_DAY: Final = timedelta(days=1)
_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6


def is_closed(day: date) -> bool:
    """Tell whether offices are closed on `day`: on weekends, holidays, substitutes, and at the turn of the year."""
    rules = _rules()
    if day.weekday() in {_SATURDAY, _SUNDAY} or f"{day:%m-%d}" in rules["closed"]:
        return True
    return day in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the national holidays (国民の祝日) of `year`, 2020 or later.

    They include the substitutes for holidays on Sundays (振替休日) and the days between two holidays (国民の休日), by
    article 3 of the law on national holidays (国民の祝日に関する法律).
    """
    named = set(_named(year))
    days = set(named)
    for day in sorted(named):
        if day.weekday() == _SUNDAY:
            # The substitute is the next day that is no holiday, not simply Monday: in 2026, 05-03 gives 05-06.
            substitute = day + _DAY
            while substitute in named:
                substitute += _DAY
            days.add(substitute)
    # A Sunday between two holidays is left out, since offices are closed on it anyway.
    between = {day + _DAY for day in named if day + 2 * _DAY in named and (day + _DAY).weekday() != _SUNDAY}
    return frozenset(days | between)


def _named(year: int) -> Iterator[date]:
    rules = _rules()
    moved = {date.fromisoformat(day): new for day, new in rules["moved"].items()}
    days = [date.fromisoformat(f"{year}-{day}") for day in rules["fixed"]]
    days += [_nth_monday(year, month, nth) for month, nth in rules["mondays"]]
    # Both equinoxes are announced only in February of the year before. Computing them needs no new table each year.
    days += [date(year, 3, _equinox(year, 20.8431)), date(year, 9, _equinox(year, 23.2488))]
    # Special laws have moved some holidays of single years, such as those of the Olympic Games of 2020 and 2021.
    yield from (moved.get(day, day) for day in days)


# Read once, because the log asks about the day of every entry.
@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads((files("store.data") / "holidays.toml").read_text(encoding="utf-8"))


def _nth_monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_MONDAY - first.weekday()) % 7 + 7 * (nth - 1))


def _equinox(year: int, base: float) -> int:
    """Return the day of the equinox by the usual approximation, which holds from 1980 to 2099."""
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4)
