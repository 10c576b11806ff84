"""The base class of all kinds, and the items that several kinds have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar, Final

from store.clock import JAPAN
from store.message import tables
from store.message.codes import Category, Kind, Sex
from store.message.declarations import values
from store.message.declarations.conditions import Group, check_pointers
from store.message.declarations.findings import Findings, Rule
from store.message.declarations.items import (
    NAME,
    NUMBER,
    PAPER_DATE,
    REFERENCE,
    TEXT,
    YES_NO,
    Item,
    Items,
    Shape,
    Value,
    checked_before,
    closed,
)
from store.message.groups import Record, present

# The kind decides which items there are, and the moment decides for which day the tables are read. So both are checked
# before the items are.
HEAD: Final = (
    Item("kind", Value(checked_before), ("種別", "通知の種別")),
    Item("reference", REFERENCE, ("整理番号", "参照番号")),
    Item(
        "municipality",
        Value(values.check_municipality, Shape.WORD, table=tables.municipalities),
        ("市区町村コード", "全国地方公共団体コード"),
        shared=True,
    ),
    Item("occurred_at", Value(checked_before, Shape.MOMENT), ("処理日時", "異動処理日時"), shared=True),
)
# The key of the person in the resident-record system: it is kept with outgoing messages and never sent.
SUBJECT: Final = Item("subject", Value(values.check_subject, Shape.WORD), ("宛名番号",), shared=True)
# 支援措置: the address is hidden here. It is kept with outgoing messages and never sent.
PROTECTED: Final = Item("protected", YES_NO, ("支援措置",), after="subject", shared=True)
KEPT_HERE: Final = frozenset({SUBJECT.field, PROTECTED.field})
"""The items that are kept with outgoing messages and never sent."""
OUTGOING_HEAD: Final = (*HEAD, SUBJECT)
POINTERS: Final = (
    Item("cancels", REFERENCE, ("取消対象の整理番号",)),
    Item("replaces", REFERENCE, ("訂正対象の整理番号",)),
)
# A message about a person states all of these items, because the number of a card is no key: it changes at every issue.
_PERSON: Final = (
    Item("person.name", NAME, ("氏名",), shared=True),
    Item("person.birth_date", PAPER_DATE, ("生年月日",), shared=True),
    Item("person.sex", closed(Sex), ("性別",), shared=True),
    Item(
        "person.nationality",
        Value(values.check_nationality, Shape.CODE, table=tables.nationalities),
        ("国籍・地域",),
        shared=True,
    ),
    Item("person.address", TEXT, ("住所", "住居地"), shared=True),
)
_MORE_OF_PERSON: Final = (
    Item("person.name_kanji", NAME, ("漢字氏名", "氏名（漢字）"), after="person.name", shared=True),
    Item("person.birth_date_note", TEXT, ("生年月日の注記",), after="person.birth_date", shared=True),
)
PERSON: Final = Items("person", required=_PERSON, optional=_MORE_OF_PERSON)
# A newborn may be without a name: the resident record asks for it unless the record says so.
PERSON_OR_NEWBORN: Final = Items("person", required=_PERSON, optional=_MORE_OF_PERSON, settled=("name",))
# The category decides which number the person has, so the form asks for it first and for the number directly after it.
CATEGORY: Final = Item("category", closed(Category), ("区分",), shared=True)
CARD_NUMBER: Final = Item("card_number", NUMBER, ("在留カードの番号", "在留カード番号"), after="category", shared=True)
CERTIFICATE_NUMBER: Final = Item(
    "certificate_number",
    NUMBER,
    ("特別永住者証明書の番号", "特別永住者証明書番号"),
    after="card_number",
    shared=True,
)
# The passport says that the card is delivered later (後日交付).
CARD_PENDING: Final = Item("card_pending", YES_NO, ("在留カード後日交付",), after="card_number", shared=True)
# A person moved from one place, whether the record is corrected or the residence reported: both messages state it.
PREVIOUS_ADDRESS: Final = Item(
    "previous_address", TEXT, ("修正前の住所", "直前の住居地"), after="corrected", shared=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every message has, and what every kind declares.

    An instance represents a record in which `store.message.checks.checking.check` found no error. Texts are kept code
    point by code point, never normalised. Dates of which papers may state only a part stay texts (`1985-04-00`); all
    other dates are of type `date`. `subject` (宛名番号) and `protected` stay on this terminal and are never sent.
    """

    kind: ClassVar[Kind]
    items: ClassVar[Items]
    """The items of the kind, in the order of their columns."""
    sources: ClassVar[tuple[str, ...]]
    """The law that lays down the items of the kind. A rule without sources of its own has these."""
    rules: ClassVar[tuple[Rule, ...]] = ()
    """The rules that only this kind can break."""

    reference: str
    municipality: str
    occurred_at: datetime
    subject: str | None = None
    protected: bool = False
    cancels: str | None = None
    replaces: str | None = None

    @staticmethod
    def check_conditions(record: Group, findings: Findings) -> None:
        """Check the record as a whole, by the rules over several items."""
        check_pointers(record, findings)

    @staticmethod
    def _common(record: Mapping[str, Any]) -> Record:
        """Read the common items of a checked record as arguments of the class."""
        return {
            "reference": record["reference"],
            "municipality": record["municipality"],
            "occurred_at": datetime.fromisoformat(record["occurred_at"]),
            "subject": record.get("subject"),
            "protected": record.get("protected", False),
            "cancels": record.get("cancels"),
            "replaces": record.get("replaces"),
        }

    @property
    def effective_at(self) -> datetime:
        """The moment from which the message waits, and its place in the order of the messages about a person."""
        day = self.due_on
        # Held until its day, it counts from the beginning of that day in Japan; a day that has passed changes nothing.
        return self.occurred_at if day is None else max(self.occurred_at, datetime.combine(day, time(), JAPAN))

    @property
    def due_on(self) -> date | None:
        """The day before which the message must not leave, or None when it leaves at once."""
        return None

    def _own_items(self) -> Record:
        """Return the items that only this kind has, as the record holds them."""
        raise NotImplementedError

    def to_record(self) -> Record:
        """Return the whole message, as the queue stores it."""
        return {**self.to_wire(), **present(subject=self.subject, protected=self.protected or None)}

    def to_wire(self) -> Record:
        """Return the message as it travels: without `subject` and `protected`."""
        # Only `to_record` adds these, so that no way to the wire can forget to take them out.
        return present(
            kind=str(self.kind),
            reference=self.reference,
            municipality=self.municipality,
            occurred_at=self.occurred_at.isoformat(),
            cancels=self.cancels,
            replaces=self.replaces,
            **self._own_items(),
        )
