"""住民票の記載等に関する通知 (入管法61条の8の2). Its basis has a module of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Self

from store.message.codes import NUMBER_OWNERS, Action, Category, CorrectedItem, Kind
from store.message.declarations.basis import BASIS, BASIS_RULES, BIRTH, check_basis
from store.message.declarations.common import (
    CARD_NUMBER,
    CARD_PENDING,
    CATEGORY,
    CERTIFICATE_NUMBER,
    OUTGOING_HEAD,
    PERSON_OR_NEWBORN,
    POINTERS,
    PREVIOUS_ADDRESS,
    PROTECTED,
    Common,
)
from store.message.declarations.conditions import (
    Group,
    check_numbers,
    check_pointers,
    check_previous_address,
    settle,
)
from store.message.declarations.findings import (
    AGENCY_NOTICE,
    FORMAT,
    RECORD_NOTICE,
    Findings,
    Rule,
    error,
    wanted,
    warning,
)
from store.message.declarations.items import YES_NO, Item, Items, Shape, Value, closed
from store.message.declarations.values import is_not_sent
from store.message.groups import Basis, Record, ReportBasis, Subject, basis_from_record, present, value_at

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRecord(Common):
    """住民票の記載等に関する通知 (入管法61条の8の2)."""

    kind: ClassVar[Kind] = Kind.RESIDENT_RECORD
    items: ClassVar[Items] = Items(
        "",
        required=(
            *OUTGOING_HEAD,
            PERSON_OR_NEWBORN,
            CATEGORY,
            Item("action", closed(Action), ("記載・消除・修正の別",)),
            BASIS,
        ),
        optional=(
            PROTECTED,
            *POINTERS,
            # A newborn may have no name yet; it follows as a correction (family_register).
            Item("name_pending", YES_NO, ("氏名未定",), after="person.name"),
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
        # Found by the jobs, because the notices are in the store.
        error("corrected_by_notice", *AGENCY_NOTICE),
        warning("corrected_like_notice", *AGENCY_NOTICE),
        wanted("corrected_address_wanted", *RECORD_NOTICE),
        error("corrected_address_unwanted", *RECORD_NOTICE),
        error("corrected_number_mismatch", *RECORD_NOTICE),
        error("name_pending_unwanted", *RECORD_NOTICE),
        error("name_unwanted", *RECORD_NOTICE),
        warning("name_still_pending", *RECORD_NOTICE),
        *BASIS_RULES,
    )

    person: Subject
    category: Category
    action: Action
    basis: Basis
    name_pending: bool = False
    card_number: str | None = None
    card_pending: bool = False
    certificate_number: str | None = None
    corrected: tuple[CorrectedItem, ...] = ()
    previous_address: str | None = None

    @staticmethod
    def check_conditions(record: Group, findings: Findings) -> None:
        """Check the pointers, the name, the number by category, the basis, and the items of a correction."""
        check_pointers(record, findings)
        _check_name(record, findings)
        check_numbers(record, findings)
        basis = record.get("basis")
        if isinstance(basis, dict):
            check_basis(record, basis, findings)
        _check_correction(record, findings)
        check_previous_address(record, findings)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from a record that was checked."""
        return cls(
            **cls._common(record),
            person=Subject.from_record(record["person"]),
            category=Category(record["category"]),
            action=Action(record["action"]),
            basis=basis_from_record(record["basis"]),
            name_pending=record.get("name_pending", False),
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
            name_pending=self.name_pending or None,
            category=str(self.category),
            card_number=self.card_number,
            card_pending=self.card_pending or None,
            certificate_number=self.certificate_number,
            action=str(self.action),
            corrected=[str(item) for item in self.corrected] or None,
            previous_address=self.previous_address,
            basis=self.basis.to_record(),
        )


def _check_name(record: Group, findings: Findings) -> None:
    """Check that there is a name, or that a newborn has none yet."""
    person = record.get("person")
    names = [name for name in ("name", "name_kanji") if isinstance(person, dict) and name in person]
    pending = record.get("name_pending", False)
    # A cause with a fault of its own may well have been meant as a birth.
    other_cause = value_at(record, "basis.cause") != BIRTH and "basis.cause" not in findings.faulty
    if pending is not False and other_cause:
        findings.add("name_pending", "name_pending_unwanted")
    elif pending is True and not names:
        findings.add("name_pending", "name_still_pending")
    if pending is True:
        for name in names:
            findings.add(f"person.{name}", "name_unwanted")
    elif isinstance(person, dict) and "name" not in person and "name_pending" not in findings.faulty:
        findings.add("person.name", "item_missing")


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
        _check_corrected_numbers(record, findings)


def _check_corrected_numbers(record: Group, findings: Findings) -> None:
    """Check that the number of a card or certificate is corrected only for who has one, or had one until now."""
    category, corrected = findings.sound(record, "category"), record.get("corrected", ())
    for number, owner in NUMBER_OWNERS.items():
        if number in corrected and category not in (None, owner) and CorrectedItem.CATEGORY not in corrected:
            findings.add("corrected", "corrected_number_mismatch", item=number, category=owner)
