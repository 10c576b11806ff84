"""Dates that cannot be, or can hardly be: warnings on dates that each have the right form.

Papers and keyboards both make mistakes, and a date of another century passes every rule on its form. Unknown parts are
compared as far as they are known: 1985-00-00 is after 1984-12-31 and neither before nor after 1985-04-01.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from store.message.checks.items import ITEMS
from store.message.codes import Kind
from store.message.dates import DateParts, parse_parts
from store.message.declarations.findings import Findings
from store.message.declarations.items import Shape
from store.message.groups import value_at

_BIRTH: Final = "person.birth_date"
_DEPARTURE: Final = "basis.planned_departure"
_CAUSE_DATE: Final = "basis.date"
_DEATH: Final = "death"
_REPORTED: Final = ("reported_on", "basis.reported_on")
# A person moves and settles before they report it.
_BEFORE_REPORT: Final = ("moved_on", "settled_on")
# A year of either kind has at most so many days.
_YEAR: Final = timedelta(days=366)
_OLDEST_YEARS: Final = 120
_FIRST_BIRTH: Final = DateParts(1900, 1, 1)
_LAST_MONTH, _LAST_DAY, _LAST_YEAR = 12, 31, 9999

# The dates of each kind with their dotted names taken apart, collected once: the check runs for every record of a file.
_DATES: Final[Mapping[Kind, tuple[tuple[str, str, str], ...]]] = MappingProxyType(
    {
        kind: tuple(
            (item.field, *item.field.rpartition(".")[::2])
            for item in items
            if item.value.shape in (Shape.DAY, Shape.PAPER_DATE)
        )
        for kind, items in ITEMS.items()
    }
)


class _Span(NamedTuple):
    """The days that a date leaves open: from the first possible one to the last."""

    first: DateParts
    last: DateParts

    def after(self, other: "_Span") -> bool:
        """Tell whether the date is after another one, whatever their unknown parts are."""
        return self.first > other.last


def check_plausibility(record: Mapping[str, Any], kind: Kind, findings: Findings) -> None:
    """Warn of the dates of a record that can hardly be right. Dates with an error are left out."""
    spans = _spans(record, kind, findings)
    bounds = _bounds(findings.today)
    for field, span in spans.items():
        if field != _DEPARTURE and span.first > bounds.today:
            findings.add(field, "date_ahead")
    departure = spans.get(_DEPARTURE)
    if departure is not None and departure.first > bounds.year_ahead:
        findings.add(_DEPARTURE, "departure_far_ahead")
    _check_birth(record, spans, bounds, findings)
    _check_report(record, spans, findings)


def _check_birth(record: Mapping[str, Any], spans: Mapping[str, _Span], bounds: "_Bounds", findings: Findings) -> None:
    birth = spans.get(_BIRTH)
    if birth is None:
        return
    if birth.last < bounds.earliest_birth:
        findings.add(_BIRTH, "birth_long_ago")
    later = [field for field, span in spans.items() if birth.first > span.last]
    # A death before the birth is told at the death: it was looked up for this message, the birth long before it.
    if _CAUSE_DATE in later and value_at(record, "basis.cause") == _DEATH:
        later.remove(_CAUSE_DATE)
        findings.add(_CAUSE_DATE, "death_before_birth")
    if later and birth.first <= bounds.today:
        findings.add(_BIRTH, "birth_after_event")


def _check_report(record: Mapping[str, Any], spans: Mapping[str, _Span], findings: Findings) -> None:
    changed = _day_of_change(record, findings)
    for field in _REPORTED:
        reported = spans.get(field)
        if reported is None:
            continue
        if changed is not None and reported.after(_span_of(changed)):
            findings.add(field, "reported_after_change")
        elif changed is not None and _span_of(changed - _YEAR).after(reported):
            findings.add(field, "reported_long_before")
        for other in _BEFORE_REPORT:
            if other in spans and spans[other].after(reported):
                findings.add(other, "moved_after_report")


def _spans(record: Mapping[str, Any], kind: Kind, findings: Findings) -> dict[str, _Span]:
    spans = {}
    for field, name, item in _DATES[kind]:
        group = record.get(name) if name else record
        value = group.get(item) if isinstance(group, dict) else None
        if isinstance(value, str) and field not in findings.faulty:
            span = _span(value)
            if span is not None:
                spans[field] = span
    return spans


# A file has few dates but those of births, and each of them many times.
@lru_cache(maxsize=4096)
def _span(text: str) -> _Span | None:
    parts = parse_parts(text)
    if parts is None:
        return None
    # A part after an unknown one says nothing that could be compared.
    month = parts.month if parts.year else 0
    day = parts.day if month else 0
    first = DateParts(parts.year, month or 1, day or 1)
    return _Span(first, DateParts(parts.year or _LAST_YEAR, month or _LAST_MONTH, day or _LAST_DAY))


class _Bounds(NamedTuple):
    """What the dates of a record are held against on a day."""

    today: DateParts
    year_ahead: DateParts
    earliest_birth: DateParts


@lru_cache(maxsize=4)
def _bounds(today: date) -> _Bounds:
    parts = _parts(today)
    earliest = max(_FIRST_BIRTH, parts._replace(year=today.year - _OLDEST_YEARS))
    return _Bounds(parts, _parts(today + _YEAR), earliest)


@lru_cache(maxsize=256)
def _span_of(day: date) -> _Span:
    return _Span(_parts(day), _parts(day))


def _parts(day: date) -> DateParts:
    return DateParts(day.year, day.month, day.day)


def _day_of_change(record: Mapping[str, Any], findings: Findings) -> date | None:
    # The day for which the tables are read is that of the change, unless its moment has an error.
    return None if findings.sound(record, "occurred_at") is None else findings.day
