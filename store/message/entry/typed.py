"""Conversion between what people type and what messages hold: dates as papers have them, numbers from any keyboard.

Names and addresses pass through unchanged. Text that cannot be read comes back as it was typed, so that the rules judge
it.
"""

import re
from datetime import date, datetime
from typing import Final

from store.clock import JAPAN
from store.message import tables
from store.message.dates import parse_day, parse_moment
from store.message.entry.shapes import Shape

# A Japanese input method gives letters, digits and signs of full width for those of ASCII, and the ideographic blank.
_NARROW: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_WESTERN: Final = re.compile(r"(\d{4})(?:(\d{2})(\d{2})|[-/.年](\d{1,2})[-/.月](\d{1,2})日?)", re.ASCII)
# Only the shape of a date is read here: month 13 passes, so that the rules say what is wrong with it.
_ERA: Final = re.compile(
    r"([^\W\d_]+?)(?:(\d{2})(\d{2})(\d{2})|(\d{1,2}|元)[-/.年](\d{1,2})[-/.月](\d{1,2})日?)",
)
_TIME: Final = re.compile(r"(.+?)[ T](\d{1,2}):?(\d{2})", re.ASCII)
_TODAY: Final = "T"
_LAST_MINUTE: Final = (23, 59)


def read_typed(text: str, shape: Shape, today: date | None = None) -> str:
    """Return the value that is meant by typing `text` for an item of that shape; a day that is a lone T is `today`."""
    # Names are kept code point by code point, so even a blank at the end of one stays.
    if shape is Shape.TEXT:
        return text
    narrow = text.translate(_NARROW).strip()
    match shape:
        case Shape.NUMBER:
            return narrow.upper()
        case Shape.DAY | Shape.PAPER_DATE:
            # With a digit behind it, T is the era of 大正.
            if today is not None and narrow.upper() == _TODAY:
                return today.isoformat()
            return _read_date(narrow) or narrow
        case Shape.MOMENT:
            return _read_moment(narrow) or narrow
        case _:
            return narrow


def typed_day(text: str) -> date | None:
    """Return the day that is meant by typing `text`, in the calendar or in an era; None when it is no day."""
    return parse_day(read_typed(text, Shape.DAY))


def show_typed(value: str, shape: Shape) -> str:
    """Return a value in the form in which people type it: a moment in Japanese time, everything else unchanged."""
    moment = parse_moment(value) if shape is Shape.MOMENT else None
    return value if moment is None else f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M}"


def _read_date(text: str) -> str | None:
    """Read 20261123, 2026-11-23, 2026/11/23, 2026年11月23日, R8.11.23, R081123 or 令和8年11月23日."""
    western = _WESTERN.fullmatch(text)
    if western is not None:
        year, *rest = (part for part in western.groups() if part is not None)
        return _iso(int(year), *rest)
    japanese = _ERA.fullmatch(text)
    if japanese is None:
        return None
    name, count, *rest = (part for part in japanese.groups() if part is not None)
    first_year = _first_year(name)
    number = 1 if count == "元" else int(count)
    return None if first_year is None or not number else _iso(first_year + number - 1, *rest)


def _iso(year: int, month: str, day: str) -> str:
    return f"{year:04}-{month:0>2}-{day:0>2}"


def _first_year(name: str) -> int | None:
    """Return the first year of the era with that name, or with that first letter, as papers abbreviate it."""
    # M, T, S, H and R: the eras since 1873 differ in their first letters.
    for era in tables.eras():
        if name in (era.ja, era.en) or name.upper() == era.en[0]:
            return era.first_year
    return None


def _read_moment(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    day = None if match is None else _read_date(match[1])
    # A time that the clock does not have stays as it was typed, so that the rules refuse it.
    if match is None or day is None or (int(match[2]), int(match[3])) > _LAST_MINUTE or int(match[3]) > _LAST_MINUTE[1]:
        return None
    try:
        return datetime.fromisoformat(f"{day}T{match[2]:0>2}:{match[3]}").replace(tzinfo=JAPAN).isoformat()
    except ValueError:
        return None
