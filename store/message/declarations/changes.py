"""The changes of a notice among each other: with what it states of the person, and with the category.

A notice states the person as now recorded, so its header is what each change leads to. An item belongs to a category,
to the one before the change or to the one after it (住基法30条の45).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from store.message import tables
from store.message.codes import NUMBER_OWNERS, Category, NoticeItem
from store.message.dates import parse_day
from store.message.declarations.conditions import Group
from store.message.declarations.findings import Findings

_IN_PERSON: Final = frozenset(
    map(str, (NoticeItem.NAME, NoticeItem.NAME_KANJI, NoticeItem.BIRTH_DATE, NoticeItem.SEX, NoticeItem.NATIONALITY))
)
_IN_NOTICE: Final = frozenset(map(str, (NoticeItem.CATEGORY, NoticeItem.CARD_NUMBER, NoticeItem.CERTIFICATE_NUMBER)))
_CATEGORY_OF: Final[Mapping[str, Category]] = MappingProxyType(
    {
        **NUMBER_OWNERS,
        str(NoticeItem.STATUS_OF_RESIDENCE): Category.MID_LONG_TERM,
        str(NoticeItem.PERIOD_OF_STAY): Category.MID_LONG_TERM,
        str(NoticeItem.EXPIRY_DATE): Category.MID_LONG_TERM,
        str(NoticeItem.LANDING_PERIOD): Category.TEMPORARY_REFUGE,
        str(NoticeItem.PROVISIONAL_STAY_PERIOD): Category.PROVISIONAL_STAY,
    }
)
# A person whose period is of three months or less is no 中長期在留者 (入管法19条の3).
_SHORT_PERIOD: Final = re.compile(r"[1-3](か|ヶ|箇)?月間?|([1-9]|[1-8][0-9]|90)日間?")


class _Change(NamedTuple):
    """A change with its place; both values without a fault, or None."""

    field: str
    item: str
    before: Any
    after: Any


def check_agreement(record: Group, changes: Sequence[Any], findings: Findings) -> None:
    """Check the changes against the header, against the category, and for what means that the category was lost."""
    sound = list(_sound(changes, findings))
    categories = _categories(record, sound, findings)
    for change in sound:
        _check_header(record, change, findings)
        owner = _CATEGORY_OF.get(change.item)
        if owner is not None and categories and owner not in categories:
            findings.add(f"{change.field}.item", "change_of_other_category", item=change.item, category=owner)
    # A loss of the category explains a status or period that is outside the scope.
    if "category_lost" not in record:
        for change in sound:
            _check_scope(change, findings)
    _check_expiry(record, sound, findings)


def _sound(changes: Sequence[Any], findings: Findings) -> Iterator[_Change]:
    for number, change in enumerate(changes, 1):
        field = f"changes[{number}]"
        if isinstance(change, dict):
            item, before, after = (findings.sound(change, name, f"{field}.") for name in ("item", "before", "after"))
            if isinstance(item, str):
                yield _Change(field, item, before, after)


def _categories(record: Group, changes: Sequence[_Change], findings: Findings) -> set[str]:
    """Return the categories to which the changed items may belong; none while the category is at fault."""
    stated = findings.sound(record, "category")
    if stated is None:
        return set()
    changed = (change for change in changes if change.item == NoticeItem.CATEGORY)
    return {stated, *(value for change in changed for value in (change.before, change.after) if value is not None)}


def _check_header(record: Group, change: _Change, findings: Findings) -> None:
    """Check that the notice states of the person what the change leads to."""
    # The category after a loss is stated by the loss alone: the header keeps the one before it.
    if change.item == NoticeItem.CATEGORY and "category_lost" in record:
        return
    if change.item in _IN_PERSON:
        person = record.get("person")
        stated = findings.sound(person, change.item, "person.") if isinstance(person, dict) else None
        faulty = not isinstance(person, dict) or f"person.{change.item}" in findings.faulty
    elif change.item in _IN_NOTICE:
        stated = findings.sound(record, change.item)
        # A change that takes a number away leaves none to be stated; a card that comes later has none yet.
        faulty = change.item in findings.faulty or record.get("card_pending") is True
    else:
        return
    if not faulty and f"{change.field}.after" not in findings.faulty and stated != change.after:
        findings.add(f"{change.field}.after", "change_beside_header", item=change.item)


def _check_scope(change: _Change, findings: Findings) -> None:
    """Warn of a status or a period outside 中長期在留者 in a notice without the loss of the category."""
    if change.after is None:
        return
    if change.item == NoticeItem.STATUS_OF_RESIDENCE:
        status = tables.statuses().at(change.after, findings.day)
        if status is not None and not status.mid_long_term:
            findings.add(f"{change.field}.after", "status_outside_scope")
    elif change.item == NoticeItem.PERIOD_OF_STAY and _SHORT_PERIOD.fullmatch(change.after):
        findings.add(f"{change.field}.after", "period_outside_scope")


def _check_expiry(record: Group, changes: Sequence[_Change], findings: Findings) -> None:
    """Warn of a period that was over when the notice was made, as is usual in the two months of 特例期間."""
    noticed = findings.sound(record, "noticed_on")
    day = parse_day(noticed) if isinstance(noticed, str) else None
    for change in changes:
        if change.item == NoticeItem.EXPIRY_DATE and isinstance(change.after, str):
            expiry = parse_day(change.after)
            if day is not None and expiry is not None and expiry < day:
                findings.add(f"{change.field}.after", "expiry_before_notice")
