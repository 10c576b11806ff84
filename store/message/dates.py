"""Dates: known wholly or in part, real or impossible, in the Western calendar or the Japanese era.

Birth dates, and the days of death and disappearance, come from papers. Parts of them may be unknown (`00`), and papers
state days that no calendar has. Such dates are kept as written; no substitute date is ever invented.
"""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from store.clock import JAPAN
from store.message import tables

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
# `datetime.fromisoformat` accepts more (basic form, week dates, no offset): this keeps to what the format allows.
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_MONTHS: Final = 12
_LONGEST_MONTH: Final = 31
# Where the year is unknown, 29 February is possible.
_LEAP_YEAR: Final = 2000

WESTERN_FIELDS: Final = frozenset({"birth_date", "expiry_date"})
"""The last parts of the names of the items that are shown only in the Western calendar, as on the card.

They are 生年月日 and 在留期間の満了の日.
"""


class DateParts(NamedTuple):
    """Year, month and day as written; 0 is unknown."""

    year: int
    month: int
    day: int

    @property
    def known_in_order(self) -> bool:
        """Whether no known part follows an unknown one."""
        return bool((self.year or not self.month) and (self.month or not self.day))

    @property
    def possible(self) -> bool:
        """Whether the calendar has such a day, as far as the parts are known."""
        if not self.day or not self.month:
            return True
        return self.day <= monthrange(self.year or _LEAP_YEAR, self.month)[1]


def parse_parts(text: str) -> DateParts | None:
    """Read `YYYY-MM-DD`, in which each part may be zero; None for another shape, month 13 or day 32."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    parts = DateParts(int(match[1]), int(match[2]), int(match[3]))
    return parts if parts.month <= _MONTHS and parts.day <= _LONGEST_MONTH else None


@lru_cache(maxsize=4096)
def parse_day(text: str) -> date | None:
    """Read a day that the calendar has; None for anything else."""
    # Python also reads `20261123` and `2026-W48-1`, which the format does not have.
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_moment(text: str) -> datetime | None:
    """Read ISO 8601 with an offset (`2026-11-23T09:00:00+09:00`); None for anything else."""
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        # At the ends of the calendar the Japanese day of a moment may not exist: such a moment is refused here.
        moment.astimezone(JAPAN)
    except (ValueError, OverflowError):
        return None
    return moment


def shows_era(field: str) -> bool:
    """Tell whether the dates in a field are shown in the Japanese era."""
    return field.rpartition(".")[2] not in WESTERN_FIELDS


def display_date(text: str, *, era: bool) -> str:
    """Show a date as Japanese papers do: `令和8年11月23日`, or `1985年4月（日不明）` for unknown parts.

    With `era` false the year is shown in the Western calendar. A text that is not a date comes back unchanged.
    """
    parts = parse_parts(text)
    if parts is None:
        return text
    if not any(parts):
        return "年月日不明"
    year = _era_year(parts) if era else _western_year(parts)
    return year + _month_and_day(parts)


def _western_year(parts: DateParts) -> str:
    return f"{parts.year}年" if parts.year else "年不明"


def _era_year(parts: DateParts) -> str:
    """Name the year in its era, or in both eras when it is the year of a change and the day is not known."""
    names = [_in_era(era, parts.year) for era in tables.eras() if _touches(era, parts)]
    # Japan has used the Gregorian calendar since 1873: older days have no era in the table.
    if not parts.year or not names:
        return _western_year(parts)
    return "・".join(names)


def _in_era(era: tables.Era, year: int) -> str:
    count = year - era.first_year + 1
    return f"{era.ja}{'元' if count == 1 else count}年"


def _touches(era: tables.Era, parts: DateParts) -> bool:
    """Tell whether one of the days that the parts leave open is in the era.

    Days are compared part by part, so that days that no calendar has (平成31年4月31日) also get their era.
    """
    first = DateParts(parts.year, parts.month or 1, parts.day or 1)
    last = DateParts(parts.year, parts.month or _MONTHS, parts.day or _LONGEST_MONTH)
    # The end is the day after the last one: 31 April belongs to the era that ended on 30 April, not to the next.
    return _parts_of(era.since) <= last and (era.until is None or first < _parts_of(era.until + timedelta(days=1)))


def _parts_of(day: date) -> DateParts:
    return DateParts(day.year, day.month, day.day)


def _month_and_day(parts: DateParts) -> str:
    if not parts.month and not parts.day:
        return "（月日不明）"
    month = f"{parts.month}月" if parts.month else "（月不明）"
    return month + (f"{parts.day}日" if parts.day else "（日不明）")
