"""Single values: what a text, a date, a number or a code must look like.

Each function takes the value, the field it stands in and the sheet, and writes down what is wrong.
None of them changes a value, and none puts a value into its facts.
"""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from store.clock import day_in_japan
from store.message import tables
from store.message.checks.characters import Blemish, refused_characters, unusual_characters
from store.message.checks.findings import Findings
from store.message.codes import CorrectedItem
from store.message.dates import parse_day, parse_moment, parse_parts

CheckValue = Callable[[object, str, Findings], None]

_NUMBER = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", re.ASCII)
_MUNICIPALITY = re.compile(r"[0-9]{6}", re.ASCII)
# References and 宛名番号 become keys and stand in lists: one word, of a length that a screen can show.
_KEY = re.compile(r"\S{1,64}")
_PERIOD = re.compile(r"無期限|(?=\d)(\d+年)?(\d+(か|ヶ|箇)?月間?)?(\d+日間?)?")
_CHECK_WEIGHTS: Final = (6, 5, 4, 3, 2)


def _is_text(value: object, field: str, notes: Findings) -> bool:
    """See that a value is a text that says something and holds no character that is refused."""
    if isinstance(value, str) and value.isprintable() and value and not value.isspace():
        return True  # The common case, first and without further calls: this runs for every item of every record.
    if not isinstance(value, str):
        notes.add(field, "text_expected")
        return False
    if not value or value.isspace():
        notes.add(field, "item_missing")
        return False
    refused = refused_characters(value)
    _note_characters(refused, field, notes)
    return not refused


def _note_characters(blemishes: Iterable[Blemish], field: str, notes: Findings) -> None:
    for blemish in blemishes:
        notes.add(
            field,
            blemish.rule,
            character=blemish.code_point,
            place=str(blemish.place),
            count=str(blemish.times),
        )


def check_text(value: object, field: str, notes: Findings) -> None:
    """See that a name, address or note is a text; tell its unusual characters (正字)."""
    if _is_text(value, field, notes):
        assert isinstance(value, str)
        _note_characters(unusual_characters(value), field, notes)


def check_key(value: object, field: str, notes: Findings) -> None:
    """See that a reference or a 宛名番号 is one word of at most 64 characters."""
    if _is_text(value, field, notes) and not _KEY.fullmatch(str(value)):
        notes.add(field, "reference_malformed")


def check_yes_no(value: object, field: str, notes: Findings) -> None:
    """See that a value is `true` or `false`."""
    if not isinstance(value, bool):
        notes.add(field, "yes_no_expected")


def check_day(value: object, field: str, notes: Findings) -> None:
    """See that a value is `YYYY-MM-DD` and a day that the calendar has."""
    if not _is_text(value, field, notes) or parse_day(str(value)) is not None:
        return
    shaped = parse_parts(str(value))
    notes.add(field, "date_not_on_calendar" if shaped else "date_malformed")


def check_paper_date(value: object, field: str, notes: Findings) -> None:
    """See that a value is a date as papers give it: parts may be `00`, impossible days are told as warnings."""
    if not _is_text(value, field, notes):
        return
    parts = parse_parts(str(value))
    if parts is None:
        notes.add(field, "date_malformed")
    elif not parts.known_in_order:
        notes.add(field, "paper_date_disordered")
    elif not parts.possible:
        notes.add(field, "paper_date_impossible")


def check_moment(value: object, field: str, notes: Findings) -> None:
    """See that a value is a moment with its offset; set the day for which the tables are read."""
    if not _is_text(value, field, notes):
        return
    moment = parse_moment(str(value))
    if moment is None:
        notes.add(field, "moment_malformed")
        return
    day = day_in_japan(moment)
    if day < tables.SYSTEM_START:
        notes.add(field, "moment_before_law", first=tables.SYSTEM_START.isoformat())
    else:
        notes.day = day


def check_number(value: object, field: str, notes: Findings) -> None:
    """See that the number of a card or certificate is two letters, eight digits, two letters."""
    if _is_text(value, field, notes) and not _NUMBER.fullmatch(str(value)):
        notes.add(field, "number_malformed")


def check_municipality(value: object, field: str, notes: Findings) -> None:
    """See that a municipality code is six digits, the last one the check digit, and the terminal's own."""
    if not _is_text(value, field, notes):
        return
    code = str(value)
    if code == notes.municipality:
        return
    if not _MUNICIPALITY.fullmatch(code):
        notes.add(field, "municipality_malformed")
    elif check_digit(code) != code[-1]:
        notes.add(field, "municipality_check_digit", digit=check_digit(code))
    else:
        notes.add(field, "municipality_other", own=notes.municipality)


def check_digit(code: str) -> str:
    """Return the check digit of the first five digits of a municipality code: (11 − Σ mod 11) mod 10."""
    total = sum(weight * int(digit) for weight, digit in zip(_CHECK_WEIGHTS, code, strict=False))
    return str((11 - total % 11) % 10)


def one_of(codes: type[StrEnum]) -> CheckValue:
    """Make the check of a closed list."""
    allowed = frozenset(str(code) for code in codes)
    listed = ", ".join(codes)

    def check_code(value: object, field: str, notes: Findings) -> None:
        if _is_text(value, field, notes) and value not in allowed:
            notes.add(field, "code_unknown", allowed=listed)

    return check_code


def check_nationality(value: object, field: str, notes: Findings) -> None:
    """See that a code of 国籍・地域 is in force on the day of the message."""
    if _is_text(value, field, notes) and tables.nationalities().at(str(value), notes.day) is None:
        notes.add(field, "nationality_unknown")


def check_report_article(value: object, field: str, notes: Findings) -> None:
    """See that an article is a report of the 住民基本台帳法 that causes a notice."""
    if _is_text(value, field, notes) and tables.reports().at(str(value), notes.day) is None:
        notes.add(field, "report_article_unknown", allowed=tables.reports().codes(notes.day))


def check_residence_article(value: object, field: str, notes: Findings) -> None:
    """See that an article is a report of residence (住居地の届出)."""
    if _is_text(value, field, notes) and tables.residence_articles().at(str(value), notes.day) is None:
        notes.add(field, "residence_article_unknown", allowed=tables.residence_articles().codes(notes.day))


def check_word(value: object, field: str, notes: Findings) -> None:
    """See that there is a word; only a rule over several items can judge it (`deemed_by`)."""
    _is_text(value, field, notes)


def check_paragraph(value: object, field: str, notes: Findings) -> None:
    """See that a paragraph is one of 住民基本台帳法施行令12条."""
    if _is_text(value, field, notes) and tables.paragraphs().at(str(value), notes.day) is None:
        notes.add(field, "paragraph_unknown", allowed=tables.paragraphs().codes(notes.day))


def check_cause(value: object, field: str, notes: Findings) -> None:
    """See that a cause is one of the ex-officio causes; what an agency notice caused is never sent."""
    if not _is_text(value, field, notes) or tables.causes().at(str(value), notes.day) is not None:
        return
    if is_not_sent(str(value)):
        notes.add(field, "cause_not_sent")
    else:
        notes.add(field, "cause_unknown", allowed=tables.causes().codes(notes.day))


def is_not_sent(word: str) -> bool:
    """Tell whether a kind, item or cause names something that must not be sent (世帯, 続柄, 国保, 通称 …)."""
    return word.partition("_")[0] in tables.not_sent()


def check_corrected(value: object, field: str, notes: Findings) -> None:
    """See that 修正した項目 is a list out of the items of the notice, none of them twice."""
    if not isinstance(value, list):
        notes.add(field, "list_expected")
        return
    for rule in sorted({rule for item in value if (rule := _corrected_fault(item))}):
        notes.add(field, rule, allowed=", ".join(CorrectedItem))
    words = [item for item in value if isinstance(item, str)]
    if len(set(words)) < len(words):
        notes.add(field, "corrected_item_repeated")


_CORRECTED_ITEMS: Final = frozenset(str(item) for item in CorrectedItem)


def _corrected_fault(item: object) -> str | None:
    """Name the rule that one element of 修正した項目 breaks."""
    if not isinstance(item, str):
        return "text_expected"
    if item in _CORRECTED_ITEMS:
        return None
    return "corrected_item_not_sent" if is_not_sent(item) else "corrected_item_unknown"


def check_period(value: object, field: str, notes: Findings) -> None:
    """See that a period is 無期限, or years, months and days; other wordings are told, not refused."""
    if _is_text(value, field, notes) and not _PERIOD.fullmatch(str(value)):
        notes.add(field, "period_unusual")


def check_status(value: object, field: str, notes: Findings) -> None:
    """See that 在留資格 is in the table; another is told, not refused, since the agency knows it first."""
    if _is_text(value, field, notes) and str(value) not in tables.statuses():
        notes.add(field, "status_unknown")
