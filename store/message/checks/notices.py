"""The rules of 出入国在留管理庁通知 (住基法30条の50): what changed, and whether a category was lost."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from store.message import tables
from store.message.checks import values
from store.message.checks.conditions import check_numbers, check_pointers
from store.message.checks.findings import Findings
from store.message.checks.items import CHANGE_OPTIONAL, CHANGE_REQUIRED, Items
from store.message.checks.values import CheckValue, one_of
from store.message.codes import Category, NoticeItem, Sex

_VALUE_CHECKS: Final[Mapping[str, CheckValue]] = MappingProxyType(
    {
        NoticeItem.NAME: values.check_text,
        NoticeItem.NAME_KANJI: values.check_text,
        NoticeItem.BIRTH_DATE: values.check_paper_date,
        NoticeItem.SEX: one_of(Sex),
        NoticeItem.NATIONALITY: values.check_nationality,
        NoticeItem.CATEGORY: one_of(Category),
        NoticeItem.STATUS_OF_RESIDENCE: values.check_status,
        NoticeItem.PERIOD_OF_STAY: values.check_period,
        NoticeItem.EXPIRY_DATE: values.check_day,
        NoticeItem.CARD_NUMBER: values.check_number,
        NoticeItem.CERTIFICATE_NUMBER: values.check_number,
        NoticeItem.LANDING_PERIOD: values.check_period,
        NoticeItem.PROVISIONAL_STAY_PERIOD: values.check_period,
    }
)


def check_agency_notice(record: Mapping[str, Any], notes: Findings) -> None:
    """Judge the notice as a whole: it changes something, or takes the category away, or both."""
    check_pointers(record, notes)
    check_numbers(record, notes)
    changes = record.get("changes", [])
    if not isinstance(changes, list):
        notes.add("changes", "list_expected")
        return
    if not changes and "category_lost" not in record:
        notes.add("changes", "notice_says_nothing")
    for number, change in enumerate(changes, 1):
        _check_change(change, f"changes[{number}]", notes)
    if "category_lost" not in record:
        _check_scope(changes, notes)


def asks_for_deletion(record: Mapping[str, Any]) -> bool:
    """Tell whether a notice says that the person is of no category any longer: a deletion (消除) follows."""
    return "category_lost" in record


def _check_change(change: object, field: str, notes: Findings) -> None:
    """Check one element: its items, then both values by what the item is."""
    prefix = f"{field}."
    Items(prefix, CHANGE_REQUIRED, CHANGE_OPTIONAL)(change, field, notes)
    if not isinstance(change, dict):
        return
    given = [name for name in CHANGE_OPTIONAL if name in change]
    item = notes.sound(change, "item", prefix)
    if item is not None:
        for name in given:
            _VALUE_CHECKS[item](change[name], prefix + name, notes)
    if not given:
        notes.add(prefix + "after", "change_says_nothing")
    elif change.get("before") == change.get("after"):
        notes.add(prefix + "after", "change_without_difference")


def _check_scope(changes: list[Any], notes: Findings) -> None:
    """Tell a status outside 中長期在留者 that comes without the loss of the category."""
    for number, change in enumerate(changes, 1):
        if not isinstance(change, dict) or change.get("item") != NoticeItem.STATUS_OF_RESIDENCE:
            continue
        field = f"changes[{number}]."
        after = notes.sound(change, "after", field)
        status = tables.statuses().at(after, notes.day) if after is not None else None
        if status is not None and not status.mid_long_term:
            notes.add(f"{field}after", "status_outside_scope")
