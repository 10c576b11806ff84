"""Every rule of the messages, once: its name, how heavy it weighs, and the law or order it comes from.

The texts (cause and remedy, in both languages) stand under the same name in the console's catalogue
`rules.toml`; the articles behind the keys stand, dated, in `store/data/articles.toml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from store.message.codes import Kind


class Severity(StrEnum):
    """How heavy a finding weighs."""

    ERROR = "error"  # エラー: blocks until its cause is gone
    WARNING = "warning"  # アラート: a person confirms it and goes on


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a record.

    `field` is the dotted name of the item (`person.name`; elements of a list are counted from 1:
    `changes[2].item`), or `record` for the line as a whole. `facts` fill the texts of the rule and hold
    codes, counts and code points, never a value out of the record.
    """

    field: str
    rule: str
    severity: Severity
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name. `wants` marks those that say: this item must be there."""

    name: str
    severity: Severity
    sources: tuple[str, ...]
    wants: bool = False

    @property
    def unwanted(self) -> bool:
        """Whether the rule says: this item must not be there, whatever it holds."""
        return self.name.endswith("_unwanted")


RECORD_FIELD: Final = "record"
"""The field of findings that concern a line as a whole."""

_FORMAT = ("format",)
_STANDARD = ("std",)
_RECORD_NOTICE = ("immigration-61-8-2", "immigration-order-notice")
_REPORT_RELAY = ("immigration-order-2", "special-order-3")
_AGENCY_NOTICE = ("juki-30-50",)

KIND_SOURCES: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.RESIDENT_RECORD: _RECORD_NOTICE,
        Kind.RESIDENCE_REPORT: _REPORT_RELAY,
        Kind.CERTIFICATE_DELIVERY: ("special-7-2", "special-order-2"),
        Kind.AGENCY_NOTICE: _AGENCY_NOTICE,
    }
)
"""Where the items that a kind always carries are laid down; rules without sources of their own point here."""


def _error(name: str, *sources: str) -> Rule:
    return Rule(name, Severity.ERROR, sources)


def _wanted(name: str, *sources: str) -> Rule:
    return Rule(name, Severity.ERROR, sources, wants=True)


def _warning(name: str, *sources: str) -> Rule:
    return Rule(name, Severity.WARNING, sources)


_ALL = (
    # A line as a whole.
    _error("line_too_long", *_FORMAT),
    _error("line_not_utf8", *_FORMAT),
    _error("json_malformed", *_FORMAT),
    _error("json_key_repeated", *_FORMAT),
    _error("csv_malformed", *_FORMAT),
    _error("csv_row_width", *_FORMAT),
    _error("record_not_object", *_FORMAT),
    # Items as such.
    _error("item_unknown", *_FORMAT),
    _error("item_not_for_kind"),
    _error("item_not_sent", *_RECORD_NOTICE),
    _wanted("item_missing"),
    _error("text_expected", *_FORMAT),
    _error("yes_no_expected", *_FORMAT),
    _error("list_expected", *_FORMAT),
    _error("group_expected", *_FORMAT),
    # Characters.
    _error("character_control", *_STANDARD),
    _error("character_direction", *_FORMAT),
    _error("character_surrogate", *_FORMAT),
    _warning("character_unusual", *_STANDARD),
    # What every message carries.
    _error("kind_unknown", *_FORMAT),
    _error("kind_not_sent", *_RECORD_NOTICE),
    _error("kind_other_way", *_FORMAT),
    _error("reference_malformed", *_FORMAT),
    _error("reference_conflict", *_FORMAT),  # Told by the intake, which alone knows the queue.
    _error("reference_to_itself", *_FORMAT),
    _error("cancels_and_replaces", *_FORMAT),
    _error("municipality_malformed", "municipality-codes"),
    _error("municipality_check_digit", "municipality-codes"),
    _error("municipality_other", *_FORMAT),
    _error("moment_malformed", *_FORMAT),
    _error("moment_before_law", "immigration-61-8-2"),
    # Values.
    _error("date_malformed", *_FORMAT),
    _error("date_not_on_calendar", *_FORMAT),
    _warning("paper_date_impossible", *_STANDARD),
    _warning("paper_date_disordered", *_STANDARD),
    _error("code_unknown", *_FORMAT),
    _error("nationality_unknown", "immigration-2-5"),
    _error("number_malformed", *_FORMAT),
    # The number by category, in every kind that states a category.
    _wanted("card_number_wanted"),
    _error("card_number_unwanted"),
    _error("card_pending_unwanted"),
    _wanted("certificate_number_wanted"),
    _error("certificate_number_unwanted"),
    # 住民票の記載等に関する通知.
    _wanted("corrected_wanted", *_RECORD_NOTICE),
    _error("corrected_unwanted", *_RECORD_NOTICE),
    _error("corrected_item_unknown", *_RECORD_NOTICE),
    _error("corrected_item_not_sent", *_RECORD_NOTICE),
    _error("corrected_item_repeated", *_FORMAT),
    _error("corrected_by_notice", *_AGENCY_NOTICE),  # Told by the jobs: the notices lie in the store.
    _wanted("corrected_address_wanted", *_RECORD_NOTICE),
    _error("corrected_address_unwanted", *_RECORD_NOTICE),
    _error("report_article_unknown", *_RECORD_NOTICE),
    _error("action_report_mismatch", *_RECORD_NOTICE),
    _wanted("planned_departure_wanted", "juki-24"),
    _error("planned_departure_unwanted", "juki-24"),
    _error("paragraph_unknown", "juki-order-12"),
    _error("cause_unknown", "juki-order-12"),
    _error("cause_not_sent", *_AGENCY_NOTICE),
    _error("cause_paragraph_mismatch", "juki-order-12"),
    _error("action_cause_mismatch", "juki-order-12"),
    _error("basis_item_unwanted", *_RECORD_NOTICE),
    # 住居地の届出の伝達.
    _error("category_not_reported", *_REPORT_RELAY),
    _error("residence_article_unknown", *_REPORT_RELAY),
    _error("article_category_mismatch", *_REPORT_RELAY),
    _error("deeming_not_allowed", *_REPORT_RELAY),
    _wanted("settled_on_wanted", *_REPORT_RELAY),
    _error("settled_on_unwanted", *_REPORT_RELAY),
    _wanted("moved_on_wanted", *_REPORT_RELAY),
    _error("moved_on_unwanted", *_REPORT_RELAY),
    _wanted("left_address_wanted", *_REPORT_RELAY),
    _error("left_address_unwanted", *_REPORT_RELAY),
    # 出入国在留管理庁通知.
    _wanted("notice_says_nothing", *_AGENCY_NOTICE),
    _wanted("change_says_nothing", *_AGENCY_NOTICE),
    _warning("change_without_difference", *_AGENCY_NOTICE),
    _warning("period_unusual", *_AGENCY_NOTICE),
    _warning("status_unknown", *_AGENCY_NOTICE),
    _warning("status_outside_scope", "immigration-19-3"),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in _ALL})


def find(field: str, rule: str, **facts: str) -> Finding:
    """Make a finding of a rule; its severity stands with the rule alone."""
    return Finding(field, rule, RULES[rule].severity, facts)


def sources_of(finding: Finding, kind: Kind) -> tuple[str, ...]:
    """Return the keys of the articles behind a finding in a message of that kind."""
    return RULES[finding.rule].sources or KIND_SOURCES[kind]
