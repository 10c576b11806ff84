"""The closed lists of codes that messages use, as files and the wire spell them.

Codes that change with laws and orders (articles, causes, nationalities) are not here: they are dated data, read by
`store.message.tables`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """The kinds, by the name they have in files and on the wire.

    The order is that of the columns of a CSV file with several kinds.
    """

    RESIDENT_RECORD = "resident_record"
    RESIDENCE_REPORT = "residence_report"
    CERTIFICATE_DELIVERY = "certificate_delivery"
    AGENCY_NOTICE = "agency_notice"


ALL_KINDS = frozenset(Kind)
INCOMING = frozenset({Kind.AGENCY_NOTICE})
# The agency sends notices only, so every other kind goes to it.
OUTGOING = ALL_KINDS - INCOMING


class Sex(StrEnum):
    """性別 as the card states it."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class Category(StrEnum):
    """区分: to which class of foreign residents the person belongs (住基法30条の45)."""

    MID_LONG_TERM = "mid_long_term"
    SPECIAL_PERMANENT = "special_permanent"
    TEMPORARY_REFUGE = "temporary_refuge"
    PROVISIONAL_STAY = "provisional_stay"
    TRANSITIONAL = "transitional"


NUMBER_OWNERS: Final[Mapping[str, Category]] = MappingProxyType(
    {"card_number": Category.MID_LONG_TERM, "certificate_number": Category.SPECIAL_PERMANENT}
)
"""The category to which each number belongs; the other categories have no number (入管法施行令24条)."""


class Action(StrEnum):
    """記載・消除・修正の別."""

    ENTRY = "entry"
    DELETION = "deletion"
    CORRECTION = "correction"


class CorrectedItem(StrEnum):
    """修正した項目: the only items whose correction is notified."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    NATIONALITY = "nationality"
    ADDRESS = "address"
    CATEGORY = "category"
    CARD_NUMBER = "card_number"
    CERTIFICATE_NUMBER = "certificate_number"


class BasisKind(StrEnum):
    """By report (届出) or ex officio (職権)."""

    REPORT = "report"
    EX_OFFICIO = "ex_officio"


class NoticeItem(StrEnum):
    """The items that an agency notice may change."""

    NAME = "name"
    NAME_KANJI = "name_kanji"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    NATIONALITY = "nationality"
    CATEGORY = "category"
    STATUS_OF_RESIDENCE = "status_of_residence"
    PERIOD_OF_STAY = "period_of_stay"
    EXPIRY_DATE = "expiry_date"
    CARD_NUMBER = "card_number"
    CERTIFICATE_NUMBER = "certificate_number"
    LANDING_PERIOD = "landing_period"
    PROVISIONAL_STAY_PERIOD = "provisional_stay_period"


class ChangeReason(StrEnum):
    """Why the agency changes an item."""

    CHANGED = "changed"
    ERROR = "error"


class LossCause(StrEnum):
    """Why the person no longer belongs to any category."""

    REVOKED = "revoked"
    STATUS_OUTSIDE_SCOPE = "status_outside_scope"
    EXPIRED = "expired"
    DEPARTED = "departed"
    OTHER = "other"
