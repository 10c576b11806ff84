"""Every rule of the messages: those that any kind can break, and those that the kinds declare.

The console's catalogue `rules.toml` has the texts (cause and remedy, in both languages) under the name of the rule.
The keys of the sources name entries of the dated table `store/data/articles.toml`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from store.message.codes import Kind
from store.message.declarations.findings import (
    FORMAT,
    RECORD_FIELD,
    RECORD_NOTICE,
    STANDARD,
    Finding,
    Rule,
    Severity,
    error,
    wanted,
    warning,
)
from store.message.kinds import CLASSES
from store.message.seiji import proposed

__all__ = ["KIND_SOURCES", "RECORD_FIELD", "RULES", "Finding", "Rule", "Severity", "find", "sources_of"]

KIND_SOURCES: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType({kind: CLASSES[kind].sources for kind in Kind})
"""Where the items that a kind always carries are laid down; rules without sources of their own point here."""

# A rule without sources comes from the law behind the kind of the message, which lays down the item.
_COMMON: Final = (
    # A file as a whole.
    warning("file_empty", *FORMAT),
    warning("file_header_alone", *FORMAT),
    warning("file_end_missing", *FORMAT),
    # A line as a whole.
    error("line_too_long", *FORMAT),
    error("line_not_utf8", *FORMAT),
    error("json_malformed", *FORMAT),
    error("json_key_repeated", *FORMAT),
    error("csv_malformed", *FORMAT),
    error("csv_row_width", *FORMAT),
    error("csv_column_nameless", *FORMAT),
    error("line_not_decodable", *FORMAT),
    # Cells for which a layout does not provide.
    error("layout_code_unknown", *FORMAT),
    error("layout_date_unfit", *FORMAT),
    error("layout_digits_unfit", *FORMAT),
    error("layout_character_private", *FORMAT),
    error("record_not_object", *FORMAT),
    # Items as such.
    error("item_unknown", *FORMAT),
    error("item_not_for_kind"),
    error("item_not_sent", *RECORD_NOTICE),
    wanted("item_missing"),
    error("text_expected", *FORMAT),
    error("yes_no_expected", *FORMAT),
    error("list_expected", *FORMAT),
    error("group_expected", *FORMAT),
    # Characters.
    error("character_control", *STANDARD),
    error("character_direction", *FORMAT),
    error("character_surrogate", *FORMAT),
    error("character_lost", *STANDARD),
    error("character_marks", *FORMAT),
    warning("character_unusual", *STANDARD),
    warning("character_not_seiji", "card-names-notice", mend=proposed),
    warning("character_invisible", *STANDARD),
    warning("character_no_break", *STANDARD),
    warning("character_placeholder", *STANDARD),
    warning("blank_at_end", *STANDARD),
    warning("blank_doubled", *STANDARD),
    warning("text_escaped", *STANDARD),
    warning("text_misread", *STANDARD),
    # What every message carries.
    error("kind_unknown", *FORMAT),
    error("kind_not_sent", *RECORD_NOTICE),
    error("kind_other_way", *FORMAT),
    error("reference_malformed", *FORMAT),
    error("reference_character", *FORMAT),
    error("subject_malformed", *FORMAT),
    error("subject_from_spreadsheet", *FORMAT),
    error("subject_form", *FORMAT),
    # Found by the jobs, which know what else stands in the queue.
    warning("subject_two_names", *STANDARD),
    warning("subject_two_birth_dates", *STANDARD),
    warning("subject_two_sexes", *STANDARD),
    warning("subject_two_nationalities", *STANDARD),
    warning("subject_two_numbers", *STANDARD),
    warning("subject_not_of_target", *STANDARD),
    warning("subject_other_address", *STANDARD),
    warning("pair_differs", *STANDARD),
    warning("subject_has_record", "juki-30-47", "immigration-61-8-2"),
    error("reference_conflict", *FORMAT),  # Found by the intake, which alone knows the queue.
    error("reference_to_itself", *FORMAT),
    error("cancels_and_replaces", *FORMAT),
    error("municipality_malformed", "municipality-codes"),
    error("municipality_check_digit", "municipality-codes"),
    error("municipality_other", *FORMAT),
    error("moment_malformed", *FORMAT),
    error("moment_before_law", "immigration-61-8-2"),
    error("moment_ahead", *STANDARD),
    # Values.
    error("date_malformed", *FORMAT),
    error("date_not_on_calendar", *FORMAT),
    warning("paper_date_impossible", *STANDARD),
    warning("paper_date_disordered", *STANDARD),
    error("code_unknown", *FORMAT),
    error("nationality_unknown", "immigration-2-5"),
    warning("nationality_of_document", "immigration-2-5"),
    error("number_malformed", *FORMAT),
    # The number by category, in every kind that states a category.
    wanted("card_number_wanted"),
    error("card_number_unwanted"),
    error("card_pending_unwanted"),
    error("card_pending_not_landing"),
    wanted("certificate_number_wanted"),
    error("certificate_number_unwanted"),
    # Items that agree with each other, in more than one kind.
    warning("previous_address_same"),
    # Texts that can hardly be.
    warning("name_small_letters", *STANDARD, mend=str.upper),
    warning("address_short", *STANDARD),
    warning("address_without_municipality", *STANDARD),
    # Dates that can hardly be.
    warning("date_ahead", *STANDARD),
    warning("departure_far_ahead", "juki-24"),
    warning("birth_long_ago", *STANDARD),
    warning("birth_after_event", *STANDARD),
    warning("death_before_birth", *STANDARD),
    warning("reported_after_change", *STANDARD),
    warning("reported_long_before", *STANDARD),
    warning("moved_after_report", *STANDARD),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {rule.name: rule for rule in (*_COMMON, *(rule for kind in Kind for rule in CLASSES[kind].rules))}
)


def find(field: str, rule: str, **facts: str) -> Finding:
    """Make a finding of a rule, with the severity that the rule has."""
    return RULES[rule].found(field, facts)


def sources_of(finding: Finding, kind: Kind) -> tuple[str, ...]:
    """Return the keys of the articles behind a finding in a message of that kind."""
    return RULES[finding.rule].sources or KIND_SOURCES[kind]
