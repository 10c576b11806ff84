"""Single values: what a text, a date, a number or a code must look like.

Each function takes a value, its field and the sheet of findings, and adds what is wrong. No function changes a value,
or puts one into the facts of a finding, because facts also go where no personal data may be.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from store.clock import day_in_japan
from store.message import tables
from store.message.dates import parse_day, parse_moment, parse_parts
from store.message.declarations.characters import (
    Blemish,
    foreign_forms,
    is_usual,
    is_written_in_kanji,
    placeholders,
    refused_characters,
    shows_nothing,
    traces_of_loss,
    unusual_characters,
)
from store.message.declarations.findings import Findings

CheckValue = Callable[[object, str, Findings], None]

# The numbers of residence cards (在留カード) and of special permanent resident certificates have the same form.
_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", re.ASCII)
_MUNICIPALITY: Final = re.compile(r"[0-9]{6}", re.ASCII)
# References become keys and appear in lists: a single word, of a length that a screen can show. The peer takes no other
# characters either (PROTOCOL.md, 1), and two references that look alike would be told apart by nobody.
_REFERENCE: Final = re.compile(r"[!-~]{1,64}")
_WORD: Final = re.compile(r"\S{1,64}")
_OUTSIDE_REFERENCE: Final = re.compile(r"[^!-~]")
_SUBJECT: Final = re.compile(r"[0-9A-Za-z]{1,32}")
# What a spreadsheet makes of a long number: 1.23457E+11, ="0001", #N/A, 1234.0. The number itself may be lost by then.
_SPREADSHEET: Final = re.compile(r"[0-9]+([.,][0-9]+)?[Ee]\+[0-9]+|=\".*\"|#[A-Z/0]+[!?]?|[0-9]+\.0+")
_CHECK_WEIGHTS: Final = (6, 5, 4, 3, 2)
# How far the clock of the resident-record system may be ahead: as far as that of the peer (PROTOCOL.md, 4).
_CLOCK_TOLERANCE: Final = timedelta(seconds=300)
_REFUGEE_DOCUMENT: Final = "XXB"


# The checks run for every item of every record. Each of them lets a right value pass first and asks afterwards what is
# wrong, which takes half the time.


def is_text(value: object, field: str, findings: Findings) -> bool:
    """Check that a value is a text with visible content and no refused character; tell whether it is."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and value and not value.isspace():
        return True
    if not isinstance(value, str):
        findings.add(field, "text_expected")
        return False
    # On paper and on the screen a blank text looks like a missing item, so it is reported as one.
    if not value or value.isspace():
        findings.add(field, "item_missing")
        return False
    refused = refused_characters(value)
    _add_characters(refused, field, findings)
    return not refused


def _add_characters(blemishes: Iterable[Blemish], field: str, findings: Findings) -> None:
    for blemish in blemishes:
        findings.add(
            field,
            blemish.rule,
            character=blemish.code_point,
            place=str(blemish.place),
            count=str(blemish.times),
        )


def check_text(value: object, field: str, findings: Findings) -> None:
    """Check that an address or note is a text; warn of its unusual characters and of traces of a loss."""
    if isinstance(value, str) and is_usual(value):
        return
    if _is_visible(value, field, findings):
        assert isinstance(value, str)
        _add_characters([*traces_of_loss(value), *unusual_characters(value)], field, findings)


def check_name(value: object, field: str, findings: Findings) -> None:
    """Check a name as a text; warn besides of signs for a lost character, and of kanji that no card bears.

    A card has 正字 alone, so its kanji in another form are told with what the notice puts in their place.
    """
    if isinstance(value, str) and is_usual(value):
        return
    if not _is_visible(value, field, findings):
        return
    assert isinstance(value, str)
    in_kanji = is_written_in_kanji(value)
    _add_characters([*traces_of_loss(value), *placeholders(value)], field, findings)
    _add_characters(unusual_characters(value, beside_forms=in_kanji), field, findings)
    forms = list(foreign_forms(value)) if in_kanji else []
    if forms:
        replacing = ", ".join(f"{code_point} → {form}" for _, code_point, found in forms for form in found)
        findings.add(field, "character_not_seiji", place=str(forms[0][0]), replacing=replacing)


def _is_visible(value: object, field: str, findings: Findings) -> bool:
    """Check that a value is a text of which something is to be seen; tell whether it is."""
    if not is_text(value, field, findings):
        return False
    # Fillers and zero-width characters look like a missing item as well.
    if shows_nothing(str(value)):
        findings.add(field, "item_missing")
        return False
    return True


def check_reference(value: object, field: str, findings: Findings) -> None:
    """Check that a reference is one word of at most 64 printable ASCII characters (`!` to `~`)."""
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return
    if not is_text(value, field, findings):
        return
    text = str(value)
    if not _WORD.fullmatch(text):
        findings.add(field, "reference_malformed")
    elif (first := _OUTSIDE_REFERENCE.search(text)) is not None:
        # A character that shows nothing can only be found by its place and its code point.
        code_point, place = f"U+{ord(first[0]):04X}", str(first.start() + 1)
        findings.add(field, "reference_character", character=code_point, place=place)


def check_subject(value: object, field: str, findings: Findings) -> None:
    """Check that a 宛名番号 is 1 to 32 digits and ASCII letters, or has the municipality's own number of digits."""
    if not findings.subject_digits and isinstance(value, str) and _SUBJECT.fullmatch(value):
        return
    if not is_text(value, field, findings):
        return
    text, digits = str(value), findings.subject_digits
    if not _SUBJECT.fullmatch(text):
        findings.add(field, "subject_from_spreadsheet" if _SPREADSHEET.fullmatch(text) else "subject_malformed")
    elif digits and not (len(text) == digits and text.isdigit()):
        findings.add(field, "subject_form", digits=str(digits))


def check_yes_no(value: object, field: str, findings: Findings) -> None:
    """Check that a value is `true` or `false`."""
    if not isinstance(value, bool):
        findings.add(field, "yes_no_expected")


def check_day(value: object, field: str, findings: Findings) -> None:
    """Check that a value is `YYYY-MM-DD` and a day that the calendar has."""
    if isinstance(value, str) and parse_day(value) is not None:
        return
    if not is_text(value, field, findings):
        return
    # A day such as 30 February is a mistake of another kind than a date in another form.
    shaped = parse_parts(str(value))
    findings.add(field, "date_not_on_calendar" if shaped else "date_malformed")


def check_paper_date(value: object, field: str, findings: Findings) -> None:
    """Check that a value is a date as papers give it: parts may be `00`, and an impossible day is only a warning."""
    if isinstance(value, str) and _is_possible(value):
        return
    if not is_text(value, field, findings):
        return
    parts = parse_parts(str(value))
    if parts is None:
        findings.add(field, "date_malformed")
    elif not parts.known_in_order:
        findings.add(field, "paper_date_disordered")
    else:
        findings.add(field, "paper_date_impossible")


# A ward has few dates, and each of them many times.
@lru_cache(maxsize=4096)
def _is_possible(text: str) -> bool:
    parts = parse_parts(text)
    return parts is not None and parts.known_in_order and parts.possible


def check_moment(value: object, field: str, findings: Findings) -> None:
    """Check that a value is a moment with its offset; set the day for which the tables are read."""
    if not is_text(value, field, findings):
        return
    moment = parse_moment(str(value))
    if moment is None:
        findings.add(field, "moment_malformed")
        return
    if moment > findings.now + _CLOCK_TOLERANCE:
        findings.add(field, "moment_ahead")
        return
    day = day_in_japan(moment)
    if day < tables.SYSTEM_START:
        # No table reaches back that far, so the codes are checked for today.
        findings.add(field, "moment_before_law", first=tables.SYSTEM_START.isoformat())
    else:
        findings.day = day


def check_number(value: object, field: str, findings: Findings) -> None:
    """Check that the number of a card or certificate is two letters, eight digits, two letters."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return
    if is_text(value, field, findings):
        findings.add(field, "number_malformed")


def check_municipality(value: object, field: str, findings: Findings) -> None:
    """Check that a municipality code is six digits, the last one the check digit, and the terminal's own."""
    if value == findings.municipality or not is_text(value, field, findings):
        return
    code = str(value)
    # A mistyped code needs another remedy than the record of another municipality.
    if not _MUNICIPALITY.fullmatch(code):
        findings.add(field, "municipality_malformed")
    elif check_digit(code) != code[-1]:
        findings.add(field, "municipality_check_digit", digit=check_digit(code))
    else:
        findings.add(field, "municipality_other", own=findings.municipality)


def check_digit(code: str) -> str:
    """Return the check digit of the first five digits of a municipality code: (11 − Σ mod 11) mod 10."""
    total = sum(weight * int(digit) for weight, digit in zip(_CHECK_WEIGHTS, code, strict=False))
    return str((11 - total % 11) % 10)


def one_of(codes: type[StrEnum]) -> CheckValue:
    """Make the check of a closed list."""
    # Both are made once for the list, because the check runs for every record.
    allowed = frozenset(str(code) for code in codes)
    listed = ", ".join(codes)

    def check_code(value: object, field: str, findings: Findings) -> None:
        if isinstance(value, str) and value in allowed:
            return
        if is_text(value, field, findings):
            findings.add(field, "code_unknown", allowed=listed)

    return check_code


def in_force(table: Callable[[], tables.Table[Any]], rule: str, *, listed: bool = True) -> CheckValue:
    """Make the check that a code of a dated table is in force on the day of the message.

    The finding lists the codes that are, unless `listed` is false because the table is too long for that.
    """

    def check_code(value: object, field: str, findings: Findings) -> None:
        if isinstance(value, str) and table().at(value, findings.day) is not None:
            return
        if is_text(value, field, findings):
            facts = {"allowed": table().codes(findings.day)} if listed else {}
            findings.add(field, rule, **facts)

    return check_code


def check_nationality(value: object, field: str, findings: Findings) -> None:
    """Check 国籍・地域; warn of the code of travel documents for refugees, which no card has for a nationality."""
    _check_nationality_code(value, field, findings)
    if value == _REFUGEE_DOCUMENT:
        findings.add(field, "nationality_of_document")


_check_nationality_code: Final = in_force(tables.nationalities, "nationality_unknown", listed=False)


def check_word(value: object, field: str, findings: Findings) -> None:
    """Check that there is a word. Only a condition over several items can check which one (`deemed_by`)."""
    is_text(value, field, findings)


def is_not_sent(word: str) -> bool:
    """Tell whether a kind, item or cause names something that must not be sent (世帯, 続柄, 国保, 通称 …)."""
    return word.partition("_")[0] in tables.not_sent()
