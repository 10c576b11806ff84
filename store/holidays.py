"""Days on which Japanese offices are closed, by the rules in `store/data/holidays.toml`.

The log is searched for work outside office hours. The days are computed, because a terminal talks with its peer only
and could not fetch a calendar.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from store.message.errors import TableItemUnknown, TableItemWrong
from store.message.table_entries import line_of, parse
from store.message.table_files import Kept, layers

TABLE: Final = "holidays.toml"
"""The file of the rules."""
_DAY: Final = timedelta(days=1)
_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6


def is_closed(day: date) -> bool:
    """Tell whether offices are closed on `day`: on weekends, holidays, substitutes, and at the turn of the year."""
    rules = _rules()
    if day.weekday() in {_SATURDAY, _SUNDAY} or f"{day:%m-%d}" in rules["closed"]:
        return True
    return day in holidays(day.year)


def holidays(year: int) -> frozenset[date]:
    """Return the national holidays (国民の祝日) of `year`, 2020 or later.

    They include the substitutes for holidays on Sundays (振替休日) and the days between two holidays (国民の休日), by
    article 3 of the law on national holidays (国民の祝日に関する法律).
    """
    known = _by_year()
    if year not in known:
        known[year] = frozenset(_holidays(year))
    return known[year]


# The log asks about the day of every entry.
@Kept
def _by_year() -> dict[int, frozenset[date]]:
    return {}


def _holidays(year: int) -> set[date]:
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
    return days | between


def _named(year: int) -> Iterator[date]:
    rules = _rules()
    moved = {date.fromisoformat(day): new for day, new in rules["moved"].items()}
    days = [date.fromisoformat(f"{year}-{day}") for day in rules["fixed"]]
    days += [_nth_monday(year, month, nth) for month, nth in rules["mondays"]]
    # Both equinoxes are announced only in February of the year before. Computing them needs no new table each year.
    days += [date(year, 3, _equinox(year, 20.8431)), date(year, 9, _equinox(year, 23.2488))]
    # Special laws have moved some holidays of single years, such as those of the Olympic Games of 2020 and 2021.
    yield from (moved.get(day, day) for day in days)


@Kept
def _rules() -> dict[str, Any]:
    return merge(layers(TABLE))


def merge(texts: Iterable[str]) -> dict[str, Any]:
    """Return the rules of the package with what is laid over them; days that were moved are added. Raises a TableFault.

    The package's file has all rules, so that a file that is laid over it may have some of them alone.
    """
    rules: dict[str, Any] = {}
    for text in texts:
        document = parse(TABLE, text)
        for name, value in document.items():
            _refuse_other(text, name, value)
        # Special laws move days year by year: one more must not put back the others.
        moved = {**rules.get("moved", {}), **document.get("moved", {})}
        rules |= {**document, "moved": moved}
    return rules


def _refuse_other(text: str, name: str, value: Any) -> None:
    facts = {"table": TABLE, "line": line_of(text, name), "entry": name, "item": "-"}
    if name not in _FORMS:
        raise TableItemUnknown(**facts)
    fits, wanted = _FORMS[name]
    # Whatever a file holds may be asked for its days; what is none fails in its own way.
    try:
        sound = fits(value)
    except (TypeError, ValueError, AttributeError):
        sound = False
    if not sound:
        raise TableItemWrong(**facts, wanted=wanted)


def _are_days(value: Any) -> bool:
    # Of a leap year, so that 29 February is one of them. What is no day raises ValueError.
    return isinstance(value, list) and all(date.fromisoformat(f"2000-{day}").year for day in value)


def _are_mondays(value: Any) -> bool:
    return all(type(month) is int and type(nth) is int and 1 <= month <= 12 and 1 <= nth <= 5 for month, nth in value)  # noqa: PLR2004  # Months, and Mondays of a month.


def _are_moves(value: Any) -> bool:
    return all(type(later) is date and date.fromisoformat(former).year for former, later in value.items())


# What each rule looks like, and how that is told.
_FORMS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = MappingProxyType(
    {
        "fixed": (_are_days, '["MM-DD", …]'),
        "closed": (_are_days, '["MM-DD", …]'),
        "mondays": (_are_mondays, "[[1–12, 1–5], …]"),
        "moved": (_are_moves, "YYYY-MM-DD = YYYY-MM-DD"),
    }
)


def _nth_monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_MONDAY - first.weekday()) % 7 + 7 * (nth - 1))


def _equinox(year: int, base: float) -> int:
    """Return the day of the equinox by the usual approximation, which holds from 1980 to 2099."""
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4)
