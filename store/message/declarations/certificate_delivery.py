"""特別永住者証明書の交付の通知 (特例法7条2項; 特例法施行令2条)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

from store.message.codes import Kind
from store.message.declarations.common import CERTIFICATE_NUMBER, OUTGOING_HEAD, POINTERS, Common
from store.message.declarations.items import DAY, Item, Items
from store.message.groups import Record, iso


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDelivery(Common):
    """特別永住者証明書の交付の通知: the fact, the day and the number of a delivered certificate."""

    kind: ClassVar[Kind] = Kind.CERTIFICATE_DELIVERY
    items: ClassVar[Items] = Items(
        "",
        # The order lays down no other items, so the notice states neither the person nor a category.
        required=(*OUTGOING_HEAD, CERTIFICATE_NUMBER, Item("delivered_on", DAY, ("交付年月日",))),
        optional=POINTERS,
    )
    sources: ClassVar[tuple[str, ...]] = ("special-7-2", "special-order-2")

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

    def _own_items(self) -> Record:
        return {"certificate_number": self.certificate_number, "delivered_on": iso(self.delivered_on)}
