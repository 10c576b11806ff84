"""What a layout does to the cells of a column: its codes, its dates and its digits become those of a record.

Names are never translated. A cell that does not fit is told by its rule and never guessed at.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from store.message import tables
from store.message.dates import parse_day, parse_parts

# Other systems write the time of their office, without an offset.
_JAPAN: Final = "+09:00"


class Untranslated(Exception):
    """A cell that the layout does not provide for. Holds the rule that it breaks."""

    def __init__(self, rule: str, **facts: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


class DateForm(StrEnum):
    """How a column writes its dates."""

    WESTERN = "western"  # 2026-11-08, 2026/11/8, 2026.11.8, 2026年11月8日
    COMPACT = "compact"  # 20261108
    ERA = "era"  # 令和8年11月8日, R8.11.8, R081108
    ERA_CODE = "era-code"  # 5081108: the code of the era, then two digits each


# JIS X 0301 for the letters; the digits are those of resident-record systems.
_ERAS: Final[Mapping[str, str]] = MappingProxyType(
    {
        mark: code
        for number, code in enumerate(("meiji", "taisho", "showa", "heisei", "reiwa"), 1)
        for mark in (str(number), code[0].upper(), code[0])
    }
)
# Each form is looked for at the beginning of a cell, since the time of a moment may follow it.
_WESTERN: Final = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_ERA: Final = re.compile(
    r"(?P<era>[MTSHRmtshr]|[明大昭平令][治正和成])(?P<year>\d{1,2}|元)(?:[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"|(?P<both>\d{4}))",
    re.ASCII,
)
# The first digit is the era; resident-record systems write dates in seven digits so.
_ERA_CODE: Final = re.compile(r"([1-5])(\d{2})(\d{2})(\d{2})", re.ASCII)
# Seconds are often left out, and so are the colons where the date is compact.
_TIME: Final = re.compile(r"[T ]*(\d{2}):?(\d{2})(?::?(\d{2}))?", re.ASCII)


class _Day(NamedTuple):
    """A date as the format writes it, and what stood behind it in the cell."""

    date: str
    rest: str


def _western(text: str) -> _Day | None:
    match = _WESTERN.match(text)
    if match is None:
        return None
    year, month, day = match[1], match[2] or match[4], match[3] or match[5]
    return _Day(f"{year}-{month:0>2}-{day:0>2}", text[match.end() :])


def _compact(text: str) -> _Day | None:
    match = _COMPACT.match(text)
    return None if match is None else _Day("-".join(match.groups()), text[match.end() :])


def _era(text: str) -> _Day | None:
    match = _ERA.match(text)
    if match is None:
        return None
    month, day = (match["both"][:2], match["both"][2:]) if match["both"] else (match["month"], match["day"])
    era = _era_named(match["era"])
    year = None if era is None else _year_of(era, 1 if match["year"] == "元" else int(match["year"]))
    return None if year is None else _Day(f"{year:04}-{month:0>2}-{day:0>2}", text[match.end() :])


def _era_code(text: str) -> _Day | None:
    match = _ERA_CODE.match(text)
    era = None if match is None else _era_named(match[1])
    if match is None or era is None:
        return None
    year = _year_of(era, int(match[2]))
    return None if year is None else _Day(f"{year:04}-{match[3]}-{match[4]}", text[match.end() :])


def _era_named(mark: str) -> tables.Era | None:
    code = _ERAS.get(mark)
    return next((era for era in tables.eras() if era.code == code or era.ja == mark), None)


def _year_of(era: tables.Era, count: int) -> int | None:
    """Return the Western year of a year of an era; None for one that the era never had. Year 0 is unknown."""
    # A paper that states no year is kept as one: the rules say where a date may have unknown parts.
    if not count:
        return 0
    # The year in which an era ended belongs to both. Later ones are a slip, or a wrong code of the era.
    year = era.first_year + count - 1
    return year if era.until is None or year <= era.until.year else None


_FORMS: Final[Mapping[DateForm, Callable[[str], _Day | None]]] = MappingProxyType(
    {DateForm.WESTERN: _western, DateForm.COMPACT: _compact, DateForm.ERA: _era, DateForm.ERA_CODE: _era_code}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What becomes of the cells of one column.

    `unknown` are the texts that stand for nothing known. `moment`: the item is a moment, whose time follows its date in
    the cell, or is `time` (HH:MM) of each day.
    """

    unknown: frozenset[str] = frozenset()
    codes: Mapping[str, str] | None = None
    dates: DateForm | None = None
    digits: int | None = None
    moment: bool = False
    time: str | None = None

    def apply(self, cell: str) -> str:
        """Return the cell as a record has it; an empty one where nothing is known. Raises Untranslated."""
        text = cell.strip()
        if not text or text in self.unknown:
            # An empty cell is an absent item, as in a file without a layout.
            return ""
        if self.codes is not None:
            if text not in self.codes:
                # The codes of the layout are told, and never the cell: an error quotes no record.
                raise Untranslated("layout_code_unknown", known=", ".join(self.codes))
            return self.codes[text]
        if self.digits is not None:
            return self._padded(text, self.digits)
        return cell if self.dates is None else self._dated(text, self.dates)

    @staticmethod
    def _padded(text: str, digits: int) -> str:
        # A spreadsheet drops the zeros at the left; nothing else may be wrong with the number.
        if not (text.isascii() and text.isdigit()) or len(text) > digits:
            raise Untranslated("layout_digits_unfit", digits=str(digits))
        return text.zfill(digits)

    def _dated(self, text: str, form: DateForm) -> str:
        found = _FORMS[form](text)
        if found is None or parse_parts(found.date) is None:
            raise Untranslated("layout_date_unfit", form=form)
        if not self.moment:
            # A day with something behind it is another form, such as a moment: half of it may not pass for the whole.
            if found.rest.strip():
                raise Untranslated("layout_date_unfit", form=form)
            return found.date
        # No moment is made of a date with unknown parts.
        time = _TIME.fullmatch(found.rest.strip() or self.time or "")
        if time is None or parse_day(found.date) is None:
            raise Untranslated("layout_date_unfit", form=form)
        return f"{found.date}T{time[1]}:{time[2]}:{time[3] or '00'}{_JAPAN}"
