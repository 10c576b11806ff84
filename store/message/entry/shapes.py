"""What the values of items look like to somebody who types them, and the codes among which one is chosen.

`store.message.checks.values` decides which values are right. This module only says which kind of answer each item of a
message to the peer takes.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from store.message import tables
from store.message.codes import Action, BasisKind, Category, CorrectedItem, Sex


class Shape(StrEnum):
    """Which kind of answer an item takes."""

    TEXT = "text"  # as a card or paper has it: never changed
    WORD = "word"  # a key of letters and digits
    NUMBER = "number"  # of a card or certificate
    DAY = "day"
    PAPER_DATE = "paper_date"  # parts may be unknown
    MOMENT = "moment"
    YES_NO = "yes_no"
    CODE = "code"  # one of a list
    CODES = "codes"  # several of a list


_SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "reference": Shape.WORD,
        "subject": Shape.WORD,
        "cancels": Shape.WORD,
        "replaces": Shape.WORD,
        "municipality": Shape.WORD,
        "occurred_at": Shape.MOMENT,
        "person.birth_date": Shape.PAPER_DATE,
        "basis.date": Shape.PAPER_DATE,
        "basis.reported_on": Shape.DAY,
        "basis.planned_departure": Shape.DAY,
        "reported_on": Shape.DAY,
        "settled_on": Shape.DAY,
        "moved_on": Shape.DAY,
        "delivered_on": Shape.DAY,
        "card_number": Shape.NUMBER,
        "certificate_number": Shape.NUMBER,
        "card_pending": Shape.YES_NO,
        "had_residence": Shape.YES_NO,
        "corrected": Shape.CODES,
    }
)


def _in_force(table: Callable[[], tables.Table[tables.E]]) -> Callable[[date], Iterable[str]]:
    return lambda day: (entry.code for entry in table().in_force(day))


def _closed(codes: type[StrEnum]) -> Callable[[date], Iterable[str]]:
    return lambda _day: (str(code) for code in codes)


_CODES: Final[Mapping[str, Callable[[date], Iterable[str]]]] = MappingProxyType(
    {
        "person.sex": _closed(Sex),
        "person.nationality": _in_force(tables.nationalities),
        "category": _closed(Category),
        "action": _closed(Action),
        "corrected": _closed(CorrectedItem),
        "basis.kind": _closed(BasisKind),
        "basis.article": _in_force(tables.reports),
        "basis.paragraph": _in_force(tables.paragraphs),
        "basis.cause": _in_force(tables.causes),
        "article": _in_force(tables.residence_articles),
        "deemed_by": _in_force(tables.reports),
    }
)


def shape_of(field: str) -> Shape:
    """Return which kind of answer an item takes, by its dotted name."""
    return _SHAPES.get(field) or (Shape.CODE if field in _CODES else Shape.TEXT)


def codes_of(field: str, day: date) -> tuple[str, ...]:
    """Return the codes among which an item is chosen on a day; none for an item that is typed."""
    codes = _CODES.get(field)
    return () if codes is None else tuple(codes(day))
