"""The four kinds of message as typed values (住基法, 入管法, 入管特例法).

Outgoing: `ResidentRecord` (住民票の記載等の通知, 入管法61条の8の2), `ResidenceReport` (住居地の届出の伝達,
入管法19条の7–9, 特例法10条) and `CertificateDelivery` (特別永住者証明書の交付の通知, 特例法7条2項).
Incoming: `AgencyNotice` (出入国在留管理庁通知, 住基法30条の50).

A value here stands for a record that `store.message.checks.checking.check` found without error: the classes
hold no rules. Texts are kept code point by code point, never normalised. Dates that paper may give
only in part stay texts (`1985-04-00`); all others are `date`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Self

from store.message.codes import Action, Category, CorrectedItem, Kind, LossCause
from store.message.groups import (
    Basis,
    CategoryLost,
    Change,
    Record,
    ReportBasis,
    Subject,
    basis_from_record,
    iso,
    present,
    read_day,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every message carries. `subject` (宛名番号) stays here and is never sent."""

    kind: ClassVar[Kind]
    reference: str
    municipality: str
    occurred_at: datetime
    subject: str | None = None
    cancels: str | None = None
    replaces: str | None = None

    @staticmethod
    def _common(record: Mapping[str, Any]) -> Record:
        """Read the common items of a checked record as arguments of the class."""
        return {
            "reference": record["reference"],
            "municipality": record["municipality"],
            "occurred_at": datetime.fromisoformat(record["occurred_at"]),
            "subject": record.get("subject"),
            "cancels": record.get("cancels"),
            "replaces": record.get("replaces"),
        }

    @property
    def due_on(self) -> date | None:
        """The day before which the message must not leave; None when it leaves at once."""
        return None

    def _items(self) -> Record:
        """Give the items of this kind alone."""
        raise NotImplementedError

    def to_record(self) -> Record:
        """Give the whole message, as the queue keeps it."""
        record = self.to_wire()
        if self.subject is not None:
            record["subject"] = self.subject
        return record

    def to_wire(self) -> Record:
        """Give the message as it travels: without `subject`."""
        return present(
            kind=str(self.kind),
            reference=self.reference,
            municipality=self.municipality,
            occurred_at=self.occurred_at.isoformat(),
            cancels=self.cancels,
            replaces=self.replaces,
            **self._items(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRecord(Common):
    """住民票の記載等に関する通知 (入管法61条の8の2)."""

    kind: ClassVar[Kind] = Kind.RESIDENT_RECORD
    person: Subject
    category: Category
    action: Action
    basis: Basis
    card_number: str | None = None
    card_pending: bool = False
    certificate_number: str | None = None
    corrected: tuple[CorrectedItem, ...] = ()
    previous_address: str | None = None

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
        """The planned day of departure: a deletion after 転出届 is held until then."""
        return self.basis.planned_departure if isinstance(self.basis, ReportBasis) else None

    def _items(self) -> Record:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceReport(Common):
    """住居地の届出の伝達 (入管法19条の7–19条の9; 特例法10条). `person.address` is the 住居地."""

    kind: ClassVar[Kind] = Kind.RESIDENCE_REPORT
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

    def _items(self) -> Record:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDelivery(Common):
    """特別永住者証明書の交付の通知 (特例法7条2項; 特例法施行令2条): that, when and which one, no more."""

    kind: ClassVar[Kind] = Kind.CERTIFICATE_DELIVERY
    certificate_number: str
    delivered_on: date

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from a record that was checked."""
        return cls(
            **cls._common(record),
            certificate_number=record["certificate_number"],
            delivered_on=date.fromisoformat(record["delivered_on"]),
        )

    def _items(self) -> Record:
        return {"certificate_number": self.certificate_number, "delivered_on": iso(self.delivered_on)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyNotice(Common):
    """出入国在留管理庁通知 (住基法30条の50): what the agency tells the mayor about a resident."""

    kind: ClassVar[Kind] = Kind.AGENCY_NOTICE
    person: Subject
    category: Category
    noticed_on: date
    card_number: str | None = None
    certificate_number: str | None = None
    changes: tuple[Change, ...] = ()
    category_lost: CategoryLost | None = None
    supersedes: str | None = None

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
            certificate_number=record.get("certificate_number"),
            changes=tuple(Change.from_record(change) for change in record.get("changes", ())),
            category_lost=lost and CategoryLost(cause=LossCause(lost["cause"]), on=date.fromisoformat(lost["on"])),
            supersedes=record.get("supersedes"),
        )

    def _items(self) -> Record:
        return present(
            person=self.person.to_record(),
            category=str(self.category),
            card_number=self.card_number,
            certificate_number=self.certificate_number,
            noticed_on=self.noticed_on.isoformat(),
            changes=[change.to_record() for change in self.changes],
            category_lost=self.category_lost and self.category_lost.to_record(),
            supersedes=self.supersedes,
        )


Message = ResidentRecord | ResidenceReport | CertificateDelivery | AgencyNotice

_CLASSES: Mapping[str, type[Message]] = {
    Kind.RESIDENT_RECORD: ResidentRecord,
    Kind.RESIDENCE_REPORT: ResidenceReport,
    Kind.CERTIFICATE_DELIVERY: CertificateDelivery,
    Kind.AGENCY_NOTICE: AgencyNotice,
}


def message_from_record(record: Mapping[str, Any]) -> Message:
    """Build the message that a checked record holds.

    Raises KeyError or ValueError for a record that `check` would not have passed.
    """
    return _CLASSES[record["kind"]].from_record(record)
