"""The groups of items inside messages: the person, the basis of a change, the changes of a notice.

Like the messages themselves they represent records that were checked, and contain no rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NewType, Self

from store.message.codes import BasisKind, ChangeReason, LossCause, NoticeItem, Sex

Record = dict[str, Any]
"""A message as JSON objects hold it: texts, booleans, lists and nested records."""

# The type marks the texts that must not be read as days of the calendar.
PaperDate = NewType("PaperDate", str)
"""`YYYY-MM-DD` in which parts may be unknown (`00`) and the day may be missing from the calendar."""


def present(**values: object) -> Record:
    """Return the values that are not None: a message never carries an empty item."""
    return {name: value for name, value in values.items() if value is not None}


def value_at(record: Mapping[str, Any], field: str) -> Any:
    """Return the value of the item with that dotted name, or None when there is none."""
    # A record that is still being entered may hold anything where a group belongs.
    value: Any = record
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def with_value(record: Mapping[str, Any], field: str, value: Any) -> Record:
    """Return a copy of the record with another value in the item with that dotted name; None removes the item."""
    # The record itself stays unchanged: `possible_items` tries values in it that nobody typed.
    name, _, rest = field.partition(".")
    group = record.get(name)
    inner = with_value(group if isinstance(group, Mapping) else {}, rest, value) if rest else value
    # A group from which the last item was removed stays as an empty group: the rules then ask for its items.
    return {key: kept for key, kept in {**record, name: inner}.items() if kept is not None}


def read_day(text: str | None) -> date | None:
    """Read a day, or its absence."""
    return None if text is None else date.fromisoformat(text)


def iso(day: date | None) -> str | None:
    """Write a day, or its absence."""
    return None if day is None else day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The person whom a message is about, as the card states it."""

    # None for a newborn that has no name yet.
    name: str | None
    birth_date: PaperDate
    sex: Sex
    nationality: str
    address: str
    name_kanji: str | None = None
    birth_date_note: str | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from the `person` group of a checked record."""
        return cls(
            name=record.get("name"),
            birth_date=record["birth_date"],
            sex=Sex(record["sex"]),
            nationality=record["nationality"],
            address=record["address"],
            name_kanji=record.get("name_kanji"),
            birth_date_note=record.get("birth_date_note"),
        )

    def to_record(self) -> Record:
        """Return the `person` group."""
        return present(
            name=self.name,
            name_kanji=self.name_kanji,
            birth_date=self.birth_date,
            birth_date_note=self.birth_date_note,
            sex=str(self.sex),
            nationality=self.nationality,
            address=self.address,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBasis:
    """届出による場合. `article` is a key of the table of reports, such as `juki-24`."""

    article: str
    reported_on: date
    planned_departure: date | None = None

    def to_record(self) -> Record:
        """Return the `basis` group."""
        return present(
            kind=str(BasisKind.REPORT),
            article=self.article,
            reported_on=iso(self.reported_on),
            planned_departure=iso(self.planned_departure),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExOfficioBasis:
    """職権による場合. `cause` is a key of the table of causes; only a part of `date` may be known.

    `date_note` is what a paper says of the date in words, such as 「10日頃から20日頃までの間」.
    """

    paragraph: str
    cause: str
    date: PaperDate
    date_note: str | None = None

    def to_record(self) -> Record:
        """Return the `basis` group."""
        return present(
            kind=str(BasisKind.EX_OFFICIO),
            paragraph=self.paragraph,
            cause=self.cause,
            date=self.date,
            date_note=self.date_note,
        )


Basis = ReportBasis | ExOfficioBasis


def basis_from_record(record: Mapping[str, Any]) -> Basis:
    """Build the basis that the group holds, one of the two."""
    # The two bases have no item in common but the kind, so each has a class of its own.
    if record["kind"] == BasisKind.EX_OFFICIO:
        return ExOfficioBasis(
            paragraph=record["paragraph"],
            cause=record["cause"],
            date=record["date"],
            date_note=record.get("date_note"),
        )
    return ReportBasis(
        article=record["article"],
        reported_on=date.fromisoformat(record["reported_on"]),
        planned_departure=read_day(record.get("planned_departure")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an item in a notice. `before` is None for a new item, `after` for a removed one."""

    item: NoticeItem
    reason: ChangeReason
    before: str | None = None
    after: str | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Build from an element of `changes`."""
        return cls(
            item=NoticeItem(record["item"]),
            reason=ChangeReason(record["reason"]),
            before=record.get("before"),
            after=record.get("after"),
        )

    def to_record(self) -> Record:
        """Return the element of `changes`."""
        return present(item=str(self.item), before=self.before, after=self.after, reason=str(self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryLost:
    """The person no longer belongs to any category: the resident record is deleted (消除)."""

    cause: LossCause
    on: date

    def to_record(self) -> Record:
        """Return the `category_lost` group."""
        return {"cause": str(self.cause), "on": self.on.isoformat()}
