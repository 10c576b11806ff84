"""住民票の記載等に関する通知 (入管法61条の8の2).

The action that a report causes, and the paragraph that a cause belongs to, are dated data; this module has the rules
that apply them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Self

from store.message import tables
from store.message.codes import Action, BasisKind, Category, CorrectedItem, Kind
from store.message.declarations.common import (
    CARD_NUMBER,
    CARD_PENDING,
    CATEGORY,
    CERTIFICATE_NUMBER,
    OUTGOING_HEAD,
    PERSON,
    POINTERS,
    PREVIOUS_ADDRESS,
    Common,
)
from store.message.declarations.conditions import Group, check_numbers, check_pointers, settle
from store.message.declarations.findings import AGENCY_NOTICE, FORMAT, RECORD_NOTICE, Findings, Rule, error, wanted
from store.message.declarations.items import DAY, Item, Items, Shape, Value, checked_after, closed, dated
from store.message.declarations.values import check_day, check_paper_date, is_not_sent, is_text
from store.message.groups import Basis, Record, ReportBasis, Subject, basis_from_record, present

_REPORT_ITEMS: Final = ("article", "reported_on")
_EX_OFFICIO_ITEMS: Final = ("paragraph", "cause", "date")


def _check_cause(value: object, field: str, findings: Findings) -> None:
    """Check that a cause is one of the ex-officio causes. A change that an agency notice caused is never sent."""
    if not is_text(value, field, findings) or tables.causes().at(str(value), findings.day) is not None:
        return
    if is_not_sent(str(value)):
        findings.add(field, "cause_not_sent")
    else:
        findings.add(field, "cause_unknown", allowed=tables.causes().codes(findings.day))


_CORRECTED_ITEMS: Final = frozenset(str(item) for item in CorrectedItem)


def _check_corrected(value: object, field: str, findings: Findings) -> None:
    """Check that 修正した項目 is a list of items of the notice, none of them twice."""
    if not isinstance(value, list):
        findings.add(field, "list_expected")
        return
    # Each rule is reported once, however long the list is.
    for rule in sorted({rule for item in value if (rule := _rule_against_corrected(item))}):
        findings.add(field, rule, allowed=", ".join(CorrectedItem))
    words = [item for item in value if isinstance(item, str)]
    if len(set(words)) < len(words):
        findings.add(field, "corrected_item_repeated")


def _rule_against_corrected(item: object) -> str | None:
    """Return the rule that an element of 修正した項目 breaks, if any."""
    if not isinstance(item, str):
        return "text_expected"
    if item in _CORRECTED_ITEMS:
        return None
    return "corrected_item_not_sent" if is_not_sent(item) else "corrected_item_unknown"


# All items but the kind are optional here, because a record has only those of its own basis.
_BASIS: Final = Items(
    "basis",
    required=(Item("basis.kind", closed(BasisKind), ("届出・職権の別",)),),
    optional=(
        Item("basis.article", dated(tables.reports, "report_article_unknown"), ("住民票の届出の根拠",)),
        # The report of residence that goes with it is deemed made by this report, so both have one day
        # (入管法19条の7第3項 etc.).
        Item("basis.reported_on", DAY, ("住民票の届出の年月日",), same_as="reported_on"),
        Item("basis.planned_departure", DAY, ("転出予定年月日",)),
        Item("basis.paragraph", dated(tables.paragraphs, "paragraph_unknown"), ("職権の根拠",)),
        Item("basis.cause", Value(_check_cause, Shape.CODE, table=tables.causes), ("職権の事由",)),
        # The cause decides how well the day must be known, so the conditions check it.
        Item("basis.date", Value(checked_after, Shape.PAPER_DATE), ("事由の生じた年月日",)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRecord(Common):
    """住民票の記載等に関する通知 (入管法61条の8の2)."""

    kind: ClassVar[Kind] = Kind.RESIDENT_RECORD
    items: ClassVar[Items] = Items(
        "",
        required=(
            *OUTGOING_HEAD,
            PERSON,
            CATEGORY,
            Item("action", closed(Action), ("記載・消除・修正の別",)),
            _BASIS,
        ),
        optional=(
            *POINTERS,
            CARD_NUMBER,
            CERTIFICATE_NUMBER,
            CARD_PENDING,
            Item(
                "corrected",
                Value(_check_corrected, Shape.CODES, codes=CorrectedItem),
                ("修正した項目",),
                after="action",
            ),
            PREVIOUS_ADDRESS,
        ),
    )
    sources: ClassVar[tuple[str, ...]] = RECORD_NOTICE
    rules: ClassVar[tuple[Rule, ...]] = (
        wanted("corrected_wanted", *RECORD_NOTICE),
        error("corrected_unwanted", *RECORD_NOTICE),
        error("corrected_item_unknown", *RECORD_NOTICE),
        error("corrected_item_not_sent", *RECORD_NOTICE),
        error("corrected_item_repeated", *FORMAT),
        error("corrected_by_notice", *AGENCY_NOTICE),  # Found by the jobs, because the notices are in the store.
        wanted("corrected_address_wanted", *RECORD_NOTICE),
        error("corrected_address_unwanted", *RECORD_NOTICE),
        error("report_article_unknown", *RECORD_NOTICE),
        error("action_report_mismatch", *RECORD_NOTICE),
        wanted("planned_departure_wanted", "juki-24"),
        error("planned_departure_unwanted", "juki-24"),
        error("paragraph_unknown", "juki-order-12"),
        error("cause_unknown", "juki-order-12"),
        error("cause_not_sent", *AGENCY_NOTICE),
        error("cause_paragraph_mismatch", "juki-order-12"),
        error("action_cause_mismatch", "juki-order-12"),
        error("basis_item_unwanted", *RECORD_NOTICE),
    )

    person: Subject
    category: Category
    action: Action
    basis: Basis
    card_number: str | None = None
    card_pending: bool = False
    certificate_number: str | None = None
    corrected: tuple[CorrectedItem, ...] = ()
    previous_address: str | None = None

    @staticmethod
    def check_conditions(record: Group, findings: Findings) -> None:
        """Check the pointers, the number by category, the basis, and the items of a correction."""
        check_pointers(record, findings)
        check_numbers(record, findings)
        basis = record.get("basis")
        if isinstance(basis, dict):
            _check_basis(record, basis, findings)
        _check_correction(record, findings)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from a record that was checked."""
        return cls(
            **cls._common(record),
            person=Subject.from_record(record["person"]),
            category=Category(record["category"]),
            action=Action(record["action"]),
            basis=basis_from_record(record["basis"]),
            card_number=record.get("card_number"),
            card_pending=record.get("card_pending", False),
            certificate_number=record.get("certificate_number"),
            corrected=tuple(CorrectedItem(item) for item in record.get("corrected", ())),
            previous_address=record.get("previous_address"),
        )

    @property
    def due_on(self) -> date | None:
        """The planned day of departure, until which a deletion after 転出届 is held."""
        return self.basis.planned_departure if isinstance(self.basis, ReportBasis) else None

    def _own_items(self) -> Record:
        return present(
            person=self.person.to_record(),
            category=str(self.category),
            card_number=self.card_number,
            card_pending=self.card_pending or None,
            certificate_number=self.certificate_number,
            action=str(self.action),
            corrected=[str(item) for item in self.corrected] or None,
            previous_address=self.previous_address,
            basis=self.basis.to_record(),
        )


def _check_basis(record: Group, basis: Group, findings: Findings) -> None:
    """Check that the basis has all of its own items and none of the other basis, then their values."""
    kind = findings.sound(basis, "kind", "basis.")
    if kind == BasisKind.REPORT:
        _check_basis_items(basis, _REPORT_ITEMS, _EX_OFFICIO_ITEMS, findings)
        _check_report(record, basis, findings)
    elif kind == BasisKind.EX_OFFICIO:
        _check_basis_items(basis, _EX_OFFICIO_ITEMS, (*_REPORT_ITEMS, "planned_departure"), findings)
        _check_ex_officio(record, basis, findings)


def _check_basis_items(basis: Group, own: tuple[str, ...], others: tuple[str, ...], findings: Findings) -> None:
    for name in own:
        if name not in basis:
            findings.add(f"basis.{name}", "item_missing")
    for name in others:
        if name in basis:
            findings.add(f"basis.{name}", "basis_item_unwanted")


def _check_report(record: Group, basis: Group, findings: Findings) -> None:
    """Check 届出による場合: the action that the report causes, and the planned day of a departure."""
    article = findings.sound(basis, "article", "basis.")
    report = article and tables.reports().at(article, findings.day)
    if not report:
        return
    action = findings.sound(record, "action")
    if action is not None and action != report.action:
        findings.add("action", "action_report_mismatch", article=article, action=report.action)
    there = "planned_departure" in basis
    if report.planned_departure and not there:
        findings.add("basis.planned_departure", "planned_departure_wanted")
    elif there and not report.planned_departure:
        findings.add("basis.planned_departure", "planned_departure_unwanted")


def _check_ex_officio(record: Group, basis: Group, findings: Findings) -> None:
    """Check 職権による場合: cause and paragraph, cause and action, and how well the day must be known."""
    name = findings.sound(basis, "cause", "basis.")
    cause = tables.causes().at(name, findings.day) if name is not None else None
    if "date" in basis:
        # The day of some causes comes from papers, which may state only a part of it; so may that of an unknown cause.
        exact = cause is not None and not cause.partial_date
        (check_day if exact else check_paper_date)(basis["date"], "basis.date", findings)
    if cause is None:
        return
    paragraph = findings.sound(basis, "paragraph", "basis.")
    if paragraph is not None and paragraph != cause.paragraph:
        findings.add("basis.cause", "cause_paragraph_mismatch", cause=name, paragraph=cause.paragraph)
    action = findings.sound(record, "action")
    if action is not None and action not in cause.actions:
        findings.add("action", "action_cause_mismatch", cause=name, actions=", ".join(cause.actions))


def _check_correction(record: Group, findings: Findings) -> None:
    """Check 修正した項目 and 修正前の住所: a correction has the former, a correction of the address also the latter."""
    action = findings.sound(record, "action")
    if action is None:
        return
    if action == Action.CORRECTION and not record.get("corrected", ()):
        # An empty list is as good as a missing one. A value that is not a list has been reported already.
        if "corrected" not in findings.faulty:
            findings.add("corrected", "corrected_wanted")
        return
    settle(record, "corrected", action == Action.CORRECTION, findings, "corrected")
    if "corrected" not in findings.faulty:
        of_address = CorrectedItem.ADDRESS in record.get("corrected", ())
        settle(record, "previous_address", of_address, findings, "corrected_address")
