"""出入国在留管理庁通知 (住基法30条の50): the items that changed, and the loss of a category."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from store.message import tables
from store.message.codes import Category, ChangeReason, Kind, LossCause, NoticeItem, Sex
from store.message.declarations import values
from store.message.declarations.changes import check_agreement
from store.message.declarations.common import (
    CARD_NUMBER,
    CARD_PENDING,
    CATEGORY,
    CERTIFICATE_NUMBER,
    HEAD,
    PERSON,
    POINTERS,
    Common,
)
from store.message.declarations.conditions import Group, check_numbers, check_pointers
from store.message.declarations.findings import AGENCY_NOTICE, Findings, Rule, error, wanted, warning
from store.message.declarations.items import DAY, REFERENCE, Item, Items, Value, checked_after, closed
from store.message.declarations.values import CheckValue, is_text
from store.message.groups import CategoryLost, Change, Record, Subject, present

# Years, months and days in this order. Each of them may be absent, but not all: the lookahead asks for a digit.
_PERIOD: Final = re.compile(r"無期限|(?=\d)(\d+年)?(\d+(か|ヶ|箇)?月間?)?(\d+日間?)?")


def _check_period(value: object, field: str, findings: Findings) -> None:
    """Check that a period is 無期限, or years, months and days; another wording is only a warning."""
    if is_text(value, field, findings) and not _PERIOD.fullmatch(str(value)):
        findings.add(field, "period_unusual")


def _check_status(value: object, field: str, findings: Findings) -> None:
    """Check that 在留資格 is in the table; another is only a warning, because the agency knows a new one first."""
    if is_text(value, field, findings) and str(value) not in tables.statuses():
        findings.add(field, "status_unknown")


# What the values before and after a change look like depends on the item that changed.
_VALUE_CHECKS: Final[Mapping[str, CheckValue]] = MappingProxyType(
    {
        NoticeItem.NAME: values.check_name,
        NoticeItem.NAME_KANJI: values.check_name,
        NoticeItem.BIRTH_DATE: values.check_paper_date,
        NoticeItem.SEX: values.one_of(Sex),
        NoticeItem.NATIONALITY: values.check_nationality,
        NoticeItem.CATEGORY: values.one_of(Category),
        NoticeItem.STATUS_OF_RESIDENCE: _check_status,
        NoticeItem.PERIOD_OF_STAY: _check_period,
        NoticeItem.EXPIRY_DATE: values.check_day,
        NoticeItem.CARD_NUMBER: values.check_number,
        NoticeItem.CERTIFICATE_NUMBER: values.check_number,
        # 上陸期間 and 仮滞在期間 end on a day.
        NoticeItem.LANDING_PERIOD: values.check_day,
        NoticeItem.PROVISIONAL_STAY_PERIOD: values.check_day,
    }
)

_ITEM: Final = Item("changes.item", closed(NoticeItem), ("変更の項目",))
_BEFORE: Final = Item("changes.before", Value(checked_after), ("変更前",))
_AFTER: Final = Item("changes.after", Value(checked_after), ("変更後",))
_REASON: Final = Item("changes.reason", closed(ChangeReason), ("変更の理由",))

_CATEGORY_LOST: Final = Items(
    "category_lost",
    required=(
        Item(
            "category_lost.cause",
            closed(LossCause),
            ("住基法30条の45の区分に当たらなくなった事由", "区分喪失の事由"),
            after="category",
        ),
        Item("category_lost.on", DAY, ("区分に当たらなくなった年月日", "区分喪失の年月日"), after="category"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyNotice(Common):
    """出入国在留管理庁通知 (住基法30条の50): the agency notifies the mayor of changes about a resident."""

    kind: ClassVar[Kind] = Kind.AGENCY_NOTICE
    items: ClassVar[Items] = Items(
        "",
        required=(*HEAD, Item("noticed_on", DAY, ("通知年月日",)), PERSON, CATEGORY),
        optional=(
            *POINTERS,
            CARD_NUMBER,
            CERTIFICATE_NUMBER,
            CARD_PENDING,
            # A notice of a lost category may come without a list of changes.
            Item("changes", Value(checked_after, elements=(_ITEM, _BEFORE, _AFTER, _REASON))),
            _CATEGORY_LOST,
            Item("supersedes", REFERENCE, ("差替対象の整理番号",)),
        ),
    )
    sources: ClassVar[tuple[str, ...]] = AGENCY_NOTICE
    rules: ClassVar[tuple[Rule, ...]] = (
        wanted("notice_says_nothing", *AGENCY_NOTICE),
        wanted("change_says_nothing", *AGENCY_NOTICE),
        error("change_beside_header", *AGENCY_NOTICE),
        error("change_of_other_category", "juki-30-45"),
        # The agency states what its own register holds, so the terminal only warns of what looks wrong in it.
        warning("change_without_difference", *AGENCY_NOTICE),
        warning("period_unusual", *AGENCY_NOTICE),
        warning("status_unknown", *AGENCY_NOTICE),
        warning("status_outside_scope", "immigration-19-3"),
        warning("period_outside_scope", "immigration-19-3"),
        warning("expiry_before_notice", *AGENCY_NOTICE),
    )

    person: Subject
    category: Category
    noticed_on: date
    card_number: str | None = None
    card_pending: bool = False
    certificate_number: str | None = None
    changes: tuple[Change, ...] = ()
    category_lost: CategoryLost | None = None
    supersedes: str | None = None

    @staticmethod
    def check_conditions(record: Group, findings: Findings) -> None:
        """Check the notice as a whole: it changes an item, or takes the category away, or both."""
        check_pointers(record, findings)
        check_numbers(record, findings)
        changes = record.get("changes", [])
        if not isinstance(changes, list):
            findings.add("changes", "list_expected")
            return
        if not changes and "category_lost" not in record:
            findings.add("changes", "notice_says_nothing")
        for number, change in enumerate(changes, 1):
            _check_change(change, f"changes[{number}]", findings)
        check_agreement(record, changes, findings)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from a record that was checked."""
        lost = record.get("category_lost")
        return cls(
            **cls._common(record),
            person=Subject.from_record(record["person"]),
            category=Category(record["category"]),
            noticed_on=date.fromisoformat(record["noticed_on"]),
            card_number=record.get("card_number"),
            card_pending=record.get("card_pending", False),
            certificate_number=record.get("certificate_number"),
            changes=tuple(Change.from_record(change) for change in record.get("changes", ())),
            category_lost=lost and CategoryLost(cause=LossCause(lost["cause"]), on=date.fromisoformat(lost["on"])),
            supersedes=record.get("supersedes"),
        )

    def _own_items(self) -> Record:
        return present(
            person=self.person.to_record(),
            category=str(self.category),
            card_number=self.card_number,
            card_pending=self.card_pending or None,
            certificate_number=self.certificate_number,
            noticed_on=self.noticed_on.isoformat(),
            changes=[change.to_record() for change in self.changes],
            category_lost=self.category_lost and self.category_lost.to_record(),
            supersedes=self.supersedes,
        )


def asks_for_deletion(record: Mapping[str, Any]) -> bool:
    """Tell whether a notice says that the person no longer belongs to any category: a deletion (消除) follows."""
    return "category_lost" in record


def _check_change(change: object, field: str, findings: Findings) -> None:
    """Check an element of the list: its items, then both values according to the item that changed."""
    # Findings name the place in the list, so each element is a group with its own name.
    element = Items(field, required=(_ITEM, _REASON), optional=(_BEFORE, _AFTER))
    element.check(change, field, findings)
    if not isinstance(change, dict):
        return
    given = [name for name in ("before", "after") if name in change]
    item = findings.sound(change, "item", element.prefix)
    if item is not None:
        for name in given:
            _VALUE_CHECKS[item](change[name], element.prefix + name, findings)
    if not given:
        findings.add(f"{field}.after", "change_says_nothing")
    elif change.get("before") == change.get("after"):
        findings.add(f"{field}.after", "change_without_difference")
