"""How heavy each rule weighs, in a table of its own, and that the weight decides what blocks.

Holds `store.message.checks.rules` to it. An error that becomes a warning lets through what the law refuses, and a
warning that becomes an error keeps people from reporting what is so: either is changed here as well, on purpose.
"""

from collections.abc import Mapping
from typing import Final

import pytest

from store.message.checks.rules import RULES, Severity
from tests.store.message.checks.test_rules import CASES, Case
from tests.store.message.specimens import changed, good, judge

ERROR, WARNING = Severity.ERROR, Severity.WARNING

SEVERITIES: Final[Mapping[str, Severity]] = {
    "file_empty": WARNING,
    "file_header_alone": WARNING,
    "file_end_missing": WARNING,
    "line_too_long": ERROR,
    "line_not_utf8": ERROR,
    "json_malformed": ERROR,
    "json_key_repeated": ERROR,
    "csv_malformed": ERROR,
    "csv_row_width": ERROR,
    "csv_column_nameless": ERROR,
    "line_not_decodable": ERROR,
    "layout_code_unknown": ERROR,
    "layout_date_unfit": ERROR,
    "layout_digits_unfit": ERROR,
    "layout_character_private": ERROR,
    "record_not_object": ERROR,
    "item_unknown": ERROR,
    "item_not_for_kind": ERROR,
    "item_not_sent": ERROR,
    "item_missing": ERROR,
    "text_expected": ERROR,
    "yes_no_expected": ERROR,
    "list_expected": ERROR,
    "group_expected": ERROR,
    "character_control": ERROR,
    "character_direction": ERROR,
    "character_surrogate": ERROR,
    "character_unusual": WARNING,
    "kind_unknown": ERROR,
    "kind_not_sent": ERROR,
    "kind_other_way": ERROR,
    "reference_malformed": ERROR,
    "reference_character": ERROR,
    "subject_malformed": ERROR,
    "subject_from_spreadsheet": ERROR,
    "subject_form": ERROR,
    "subject_two_names": WARNING,
    "subject_two_birth_dates": WARNING,
    "subject_two_sexes": WARNING,
    "subject_two_nationalities": WARNING,
    "subject_two_numbers": WARNING,
    "subject_not_of_target": WARNING,
    "subject_has_record": WARNING,
    "subject_other_address": WARNING,
    "pair_differs": WARNING,
    "reference_conflict": ERROR,
    "reference_to_itself": ERROR,
    "cancels_and_replaces": ERROR,
    "municipality_malformed": ERROR,
    "municipality_check_digit": ERROR,
    "municipality_other": ERROR,
    "moment_malformed": ERROR,
    "moment_before_law": ERROR,
    "date_malformed": ERROR,
    "date_not_on_calendar": ERROR,
    "paper_date_impossible": WARNING,
    "paper_date_disordered": WARNING,
    "code_unknown": ERROR,
    "nationality_unknown": ERROR,
    "number_malformed": ERROR,
    "card_number_wanted": ERROR,
    "card_number_unwanted": ERROR,
    "card_pending_unwanted": ERROR,
    "certificate_number_wanted": ERROR,
    "certificate_number_unwanted": ERROR,
    "corrected_wanted": ERROR,
    "corrected_unwanted": ERROR,
    "corrected_item_unknown": ERROR,
    "corrected_item_not_sent": ERROR,
    "corrected_item_repeated": ERROR,
    "corrected_by_notice": ERROR,
    "corrected_like_notice": WARNING,
    "corrected_address_wanted": ERROR,
    "corrected_address_unwanted": ERROR,
    "report_article_unknown": ERROR,
    "action_report_mismatch": ERROR,
    "planned_departure_wanted": ERROR,
    "planned_departure_unwanted": ERROR,
    "paragraph_unknown": ERROR,
    "cause_unknown": ERROR,
    "cause_not_sent": ERROR,
    "cause_paragraph_mismatch": ERROR,
    "action_cause_mismatch": ERROR,
    "basis_item_unwanted": ERROR,
    "category_not_reported": ERROR,
    "residence_article_unknown": ERROR,
    "article_category_mismatch": ERROR,
    "deeming_not_allowed": ERROR,
    "settled_on_wanted": ERROR,
    "settled_on_unwanted": ERROR,
    "moved_on_wanted": ERROR,
    "moved_on_unwanted": ERROR,
    "left_address_wanted": ERROR,
    "left_address_unwanted": ERROR,
    "notice_says_nothing": ERROR,
    "change_says_nothing": ERROR,
    "change_without_difference": WARNING,
    "period_unusual": WARNING,
    "status_unknown": WARNING,
    "status_outside_scope": WARNING,
    "character_lost": ERROR,
    "character_marks": ERROR,
    "character_not_seiji": WARNING,
    "character_invisible": WARNING,
    "character_no_break": WARNING,
    "character_placeholder": WARNING,
    "blank_at_end": WARNING,
    "blank_doubled": WARNING,
    "text_escaped": WARNING,
    "text_misread": WARNING,
    "moment_ahead": ERROR,
    "nationality_of_document": WARNING,
    "card_pending_not_landing": ERROR,
    "previous_address_same": WARNING,
    "name_small_letters": WARNING,
    "address_short": WARNING,
    "address_without_municipality": WARNING,
    "date_ahead": WARNING,
    "departure_far_ahead": WARNING,
    "birth_long_ago": WARNING,
    "birth_after_event": WARNING,
    "death_before_birth": WARNING,
    "reported_after_change": WARNING,
    "reported_long_before": WARNING,
    "moved_after_report": WARNING,
    "corrected_number_mismatch": ERROR,
    "name_pending_unwanted": ERROR,
    "name_unwanted": ERROR,
    "name_still_pending": WARNING,
    "category_report_mismatch": ERROR,
    "departure_long_past": WARNING,
    "date_note_unwanted": ERROR,
    "corrected_basis_mismatch": ERROR,
    "category_unusual_for_cause": WARNING,
    "basis_date_not_birth": WARNING,
    "basis_date_not_change": WARNING,
    "change_beside_header": ERROR,
    "change_of_other_category": ERROR,
    "period_outside_scope": WARNING,
    "expiry_before_notice": WARNING,
}


def test_each_rule_weighs_what_the_table_says() -> None:
    assert {name: rule.severity for name, rule in RULES.items()} == SEVERITIES


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.field}-{case.record}")
def test_an_error_blocks_and_a_warning_does_not(case: Case) -> None:
    judged = judge(changed(good(case.record), case.breaking))
    (finding,) = judged.findings
    assert finding.severity is SEVERITIES[case.rule]
    assert (judged.message is None) == (SEVERITIES[case.rule] is ERROR)
    assert (judged.errors, judged.warnings) == (((finding,), ()) if judged.message is None else ((), (finding,)))


def test_one_error_among_warnings_blocks() -> None:
    doubtful = {"person.birth_date": "1985-02-29", "person.name": "A\ue000"}
    assert judge(changed(good("arrival"), doubtful)).message is not None
    assert judge(changed(good("arrival"), {**doubtful, "person.sex": "x"})).message is None
