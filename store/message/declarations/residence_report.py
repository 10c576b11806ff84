"""住居地の届出の伝達 (入管法19条の7–19条の9; 特例法10条).

The items that each report of residence carries are dated data; this module has the rules that apply them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Self

from store.message import tables
from store.message.codes import Category, Kind
from store.message.declarations.common import (
    CARD_NUMBER,
    CARD_PENDING,
    CATEGORY,
    CERTIFICATE_NUMBER,
    OUTGOING_HEAD,
    PERSON,
    POINTERS,
    PREVIOUS_ADDRESS,
    PROTECTED,
    Common,
)
from store.message.declarations.conditions import (
    Group,
    check_numbers,
    check_pending,
    check_pointers,
    check_previous_address,
    settle,
)
from store.message.declarations.findings import Findings, Rule, error, wanted
from store.message.declarations.items import DAY, YES_NO, Item, Items, Shape, Value, dated
from store.message.declarations.values import check_word
from store.message.groups import Record, Subject, iso, present, read_day

_RELAY: Final = ("immigration-order-2", "special-order-3")
# The other categories have no duty to report a residence under either act.
_REPORTED_CATEGORIES: Final = frozenset({str(Category.MID_LONG_TERM), str(Category.SPECIAL_PERMANENT)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceReport(Common):
    """住居地の届出の伝達 (入管法19条の7–19条の9; 特例法10条). `person.address` is the 住居地."""

    kind: ClassVar[Kind] = Kind.RESIDENCE_REPORT
    items: ClassVar[Items] = Items(
        "",
        required=(
            *OUTGOING_HEAD,
            PERSON,
            CATEGORY,
            Item("reported_on", DAY, ("届出の年月日",), shared=True),
            Item("article", dated(tables.residence_articles, "residence_article_unknown"), ("届出の別",)),
        ),
        optional=(
            PROTECTED,
            *POINTERS,
            CARD_NUMBER,
            CERTIFICATE_NUMBER,
            CARD_PENDING,
            # The article decides which reports are allowed, so the conditions check it.
            Item("deemed_by", Value(check_word, Shape.CODE, table=tables.reports), ("みなされる届出",)),
            Item("settled_on", DAY, ("住居地を定めた年月日",)),
            # Under 19条の8 a person who had a residence already states no day on which it was settled.
            Item("had_residence", YES_NO, ("既に住居地あり",)),
            Item("moved_on", DAY, ("移転した年月日",)),
            PREVIOUS_ADDRESS,
        ),
    )
    sources: ClassVar[tuple[str, ...]] = _RELAY
    rules: ClassVar[tuple[Rule, ...]] = (
        error("category_not_reported", *_RELAY),
        error("residence_article_unknown", *_RELAY),
        error("article_category_mismatch", *_RELAY),
        error("deeming_not_allowed", *_RELAY),
        wanted("settled_on_wanted", *_RELAY),
        error("settled_on_unwanted", *_RELAY),
        wanted("moved_on_wanted", *_RELAY),
        error("moved_on_unwanted", *_RELAY),
        wanted("left_address_wanted", *_RELAY),
        error("left_address_unwanted", *_RELAY),
    )

    person: Subject
    category: Category
    article: str
    reported_on: date
    card_number: str | None = None
    card_pending: bool = False
    certificate_number: str | None = None
    deemed_by: str | None = None
    settled_on: date | None = None
    had_residence: bool = False
    moved_on: date | None = None
    previous_address: str | None = None

    @staticmethod
    def check_conditions(record: Group, findings: Findings) -> None:
        """Check the category, the pointers, the number by category, and the items that the article requires."""
        category = findings.sound(record, "category")
        if category is not None and category not in _REPORTED_CATEGORIES:
            findings.add("category", "category_not_reported")
            # The rules on the article would only repeat that this category is wrong.
            category = None
        check_pointers(record, findings)
        check_numbers(record, findings)
        _check_article(record, category, findings)
        check_previous_address(record, findings)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from a record that was checked."""
        return cls(
            **cls._common(record),
            person=Subject.from_record(record["person"]),
            category=Category(record["category"]),
            article=record["article"],
            reported_on=date.fromisoformat(record["reported_on"]),
            card_number=record.get("card_number"),
            card_pending=record.get("card_pending", False),
            certificate_number=record.get("certificate_number"),
            deemed_by=record.get("deemed_by"),
            settled_on=read_day(record.get("settled_on")),
            had_residence=record.get("had_residence", False),
            moved_on=read_day(record.get("moved_on")),
            previous_address=record.get("previous_address"),
        )

    def _own_items(self) -> Record:
        return present(
            person=self.person.to_record(),
            category=str(self.category),
            card_number=self.card_number,
            card_pending=self.card_pending or None,
            certificate_number=self.certificate_number,
            reported_on=iso(self.reported_on),
            article=self.article,
            deemed_by=self.deemed_by,
            settled_on=iso(self.settled_on),
            had_residence=self.had_residence or None,
            moved_on=iso(self.moved_on),
            previous_address=self.previous_address,
        )


def _check_article(record: Group, category: str | None, findings: Findings) -> None:
    """Check the article against the category (None: at fault or absent), then the items that the article requires."""
    name = findings.sound(record, "article")
    article = name and tables.residence_articles().at(name, findings.day)
    if not article:
        return
    if category is not None and category != article.category:
        # Either may be the wrong one, so nothing is said about the items that this article requires.
        findings.add("article", "article_category_mismatch", article=name, category=article.category)
        return
    check_pending(record, allowed=article.card_pending, article=name, findings=findings)
    _check_deeming(record, article, findings)
    _check_residence_items(record, article, findings)


def _check_deeming(record: Group, article: tables.ResidenceArticle, findings: Findings) -> None:
    """Check that the report may be deemed made by the report to the resident record in `deemed_by`."""
    deemed_by = findings.sound(record, "deemed_by")
    if deemed_by is not None and deemed_by not in article.deemed_by:
        allowed = ", ".join(article.deemed_by)
        findings.add("deemed_by", "deeming_not_allowed", article=article.code, allowed=allowed)


def _check_residence_items(record: Group, article: tables.ResidenceArticle, findings: Findings) -> None:
    """Check the days and the address that the report carries."""
    settled = _unless_deemed(record, article.settled_on, article.settled_on_not_deemed_by, findings)
    if settled and article.settled_on_first_residence and "had_residence" in record:
        # A value that is neither yes nor no leaves the question open.
        settled = None if "had_residence" in findings.faulty else not record["had_residence"]
    settle(record, "settled_on", settled, findings, "settled_on")
    settle(record, "moved_on", article.moved_on, findings, "moved_on")
    left = _unless_deemed(record, article.previous_address, article.previous_address_not_deemed_by, findings)
    settle(record, "previous_address", left, findings, "left_address")


def _unless_deemed(record: Group, carried: bool, exceptions: tuple[str, ...], findings: Findings) -> bool | None:  # noqa: FBT001  # A fact of the article, not a switch.
    """Tell whether the report carries an item, unless it is deemed by one of `exceptions`; None: cannot be said."""
    if not carried or not exceptions:
        return carried
    # Where `deemed_by` is at fault, it cannot be known whether the deeming takes the item away.
    return None if "deemed_by" in findings.faulty else record.get("deemed_by") not in exceptions
