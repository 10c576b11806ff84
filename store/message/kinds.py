"""The kinds of message (住基法, 入管法, 入管特例法), each declared by its own class.

Outgoing: `ResidentRecord` (住民票の記載等の通知, 入管法61条の8の2), `ResidenceReport` (住居地の届出の伝達,
入管法19条の7–9, 特例法10条) and `CertificateDelivery` (特別永住者証明書の交付の通知, 特例法7条2項).
Incoming: `AgencyNotice` (出入国在留管理庁通知, 住基法30条の50).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from store.message.codes import Kind
from store.message.declarations.agency_notice import AgencyNotice
from store.message.declarations.certificate_delivery import CertificateDelivery
from store.message.declarations.residence_report import ResidenceReport
from store.message.declarations.resident_record import ResidentRecord

__all__ = [
    "CLASSES",
    "AgencyNotice",
    "CertificateDelivery",
    "Message",
    "ResidenceReport",
    "ResidentRecord",
    "message_from_record",
]

Message = ResidentRecord | ResidenceReport | CertificateDelivery | AgencyNotice
"""A message of any kind. This is the only list of the classes: the checks, the columns and the form read it."""

# Read from the union, so that there is no second list from which a class could be missing.
CLASSES: Final[Mapping[Kind, type[Message]]] = MappingProxyType({each.kind: each for each in get_args(Message)})


def message_from_record(record: Mapping[str, Any]) -> Message:
    """Build the message that a checked record holds.

    Raises KeyError or ValueError for a record that `check` would not have passed.
    """
    return CLASSES[record["kind"]].from_record(record)
