"""Every rule, with a record that breaks it and a record that keeps it.

`store.message.checks.checking` checks the records, whose items `store.message.checks.items` collects, and
`store.message.checks.plausibility` warns of their dates, `store.message.checks.texts` of their names and addresses.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from store.message.checks.checking import check, wanted_items
from store.message.checks.rules import KIND_SOURCES, RULES, Severity, find, sources_of
from store.message.codes import Kind
from store.message.states import Direction
from store.message.tables import articles
from tests.store.message.specimens import GOOD, MUNICIPALITY, NOW, REMOVED, changed, faults, good, judge

LEFT = "東京都新宿区仮設町9番9号"
ODD = "\U0001f600"
HERE = GOOD["arrival"]["person"]["address"]
PERIOD_OF_LANDING = {"item": "landing_period", "after": "2026-12-01", "reason": "changed"}


class Case(NamedTuple):
    """A rule, the field that its finding names, a record, the change that breaks the rule, and one that keeps it."""

    rule: str
    field: str
    record: str
    breaking: Mapping[str, object]
    keeping: Mapping[str, object] = {}


CASES = [
    # Items as such.
    Case("item_unknown", "shoe_size", "arrival", {"shoe_size": "27"}),
    Case("item_unknown", "person.shoe_size", "arrival", {"person.shoe_size": "27"}),
    Case("item_not_for_kind", "category", "delivery", {"category": "special_permanent"}),
    Case("item_not_for_kind", "subject", "notice", {"subject": "0000000001"}),
    Case("item_not_sent", "household_head", "arrival", {"household_head": "X"}),
    Case("item_not_sent", "person.alias", "arrival", {"person.alias": "X"}),
    Case("item_missing", "person.name", "arrival", {"person.name": REMOVED}),
    Case("item_missing", "person.address", "arrival", {"person.address": ""}),
    Case("item_missing", "person.address", "arrival", {"person.address": "　 "}),
    # What shows nothing is not there.
    Case("item_missing", "person.name", "arrival", {"person.name": "\u00ad"}),
    Case("item_missing", "person.name", "arrival", {"person.name": "\u200b\u3164"}),
    Case("item_missing", "person.name", "arrival", {"person.name": "\u2800\ufe00"}),
    Case("item_missing", "person.name", "birth", {"person.name": REMOVED}, {"name_pending": False}),
    Case("item_missing", "person", "arrival", {"person": REMOVED}),
    Case("item_missing", "basis", "arrival", {"basis": REMOVED}),
    Case("item_missing", "basis.reported_on", "arrival", {"basis.reported_on": REMOVED}),
    Case("item_missing", "basis.date", "death", {"basis.date": REMOVED}),
    Case("item_missing", "kind", "arrival", {"kind": REMOVED}),
    Case("item_missing", "occurred_at", "arrival", {"occurred_at": REMOVED}),
    Case("item_missing", "subject", "arrival", {"subject": REMOVED}),
    Case("item_missing", "delivered_on", "delivery", {"delivered_on": REMOVED}),
    Case("item_missing", "noticed_on", "notice", {"noticed_on": REMOVED}),
    Case("item_missing", "changes[2].reason", "notice", {"changes.1.reason": REMOVED}),
    Case("text_expected", "person.name", "arrival", {"person.name": 7}),
    Case("text_expected", "person.name", "arrival", {"person.name": None}),
    Case("yes_no_expected", "card_pending", "pending", {"card_pending": "yes"}, {"card_pending": True}),
    Case("yes_no_expected", "had_residence", "status_housed", {"had_residence": 1}),
    Case("list_expected", "corrected", "renamed", {"corrected": "name"}),
    Case("list_expected", "changes", "notice", {"changes": {}}),
    Case("group_expected", "person", "arrival", {"person": "HOSSAIN RAFIQ"}),
    Case("group_expected", "changes[1]", "notice", {"changes": ["name"]}),
    # Characters.
    Case("character_control", "person.name", "arrival", {"person.name": "A\x1b[2J"}, {"person.name": "葛\U000e0100"}),
    Case("character_control", "person.name", "arrival", {"person.name": "A\x00"}, {"person.name": "Ð"}),
    Case("character_control", "person.address", "arrival", {"person.address": "新宿\n区"}),
    Case("character_control", "person.address", "arrival", {"person.address": "新宿\u2028区"}),
    Case("character_direction", "person.name", "arrival", {"person.name": "A\u202eB"}),
    Case("character_surrogate", "person.name", "arrival", {"person.name": "A\ud842"}, {"person.name": "\U0002000b"}),
    Case("character_lost", "person.name", "arrival", {"person.name": "A\ufffd"}),
    Case("character_lost", "person.address", "arrival", {"person.address": "新宿\ufffd区"}),
    Case(
        *("character_marks", "person.name", "arrival"),
        {"person.name": "A" + "\u0301" * 17},
        {"person.name": "A" + "\u0301" * 16 + "B" + "\u0301" * 16},
    ),
    Case("character_marks", "person.address", "arrival", {"person.address": "新宿区" + "\u20dd" * 5001}),
    Case("character_unusual", "person.name", "arrival", {"person.name": "A\ue000"}, {"person.name": "ĐẶNG"}),
    Case(
        "character_unusual",
        "person.address",
        "arrival",
        {"person.address": HERE + "兰"},
        {"person.address": HERE + "\U00027971"},
    ),
    Case("character_unusual", "previous_address", "move_within", {"previous_address": LEFT + ODD}),
    Case(
        "character_not_seiji", "person.name_kanji", "arrival", {"person.name_kanji": "兰"}, {"person.name_kanji": "蘭"}
    ),
    Case("character_not_seiji", "person.name", "arrival", {"person.name": "张伟"}, {"person.name": "張偉"}),
    # What is in JIS stays as it is, even where China means another character.
    Case("character_not_seiji", "person.name", "arrival", {"person.name": "沈车"}, {"person.name": "沈芸叶刘"}),
    Case("character_invisible", "person.name", "arrival", {"person.name": "A\u200bB"}),
    Case("character_invisible", "person.address", "arrival", {"person.address": "新宿区架空\u3164町"}),
    Case("character_no_break", "person.name", "arrival", {"person.name": "A\u00a0B"}, {"person.name": "A B"}),
    Case("character_placeholder", "person.name", "arrival", {"person.name": "A?B"}),
    Case(
        "character_placeholder",
        "person.name_kanji",
        "arrival",
        {"person.name_kanji": "鄭〓"},
        {"person.address": "新宿区〓町"},
    ),
    Case("blank_at_end", "person.name", "arrival", {"person.name": "A "}),
    Case("blank_at_end", "person.address", "arrival", {"person.address": "\u3000" + HERE}),
    Case("blank_doubled", "person.name", "arrival", {"person.name": "A  B"}),
    Case("text_escaped", "person.name", "arrival", {"person.name": "O&#39;BRIEN"}, {"person.name": "O'BRIEN"}),
    Case(
        "text_escaped",
        "person.address",
        "arrival",
        {"person.address": HERE + "A&amp;B"},
        {"person.address": HERE + "A & B"},
    ),
    Case("text_escaped", "person.name", "arrival", {"person.name": "\\u5f35"}),
    Case("text_misread", "person.name", "arrival", {"person.name": "JOS\u00c3\u2030"}, {"person.name": "JOÃO BENÉŠ"}),
    Case("text_misread", "person.address", "arrival", {"person.address": HERE + "\u00e3\u20ac\u201c"}),
    # What every message carries.
    Case("kind_unknown", "kind", "arrival", {"kind": "postcard"}),
    Case("kind_unknown", "kind", "arrival", {"kind": ["resident_record"]}),
    Case("kind_not_sent", "kind", "arrival", {"kind": "alias_change"}),
    Case("kind_not_sent", "kind", "arrival", {"kind": "household_change"}),
    Case("reference_malformed", "reference", "arrival", {"reference": "A B"}, {"reference": "!~"}),
    Case("reference_malformed", "cancels", "cancelling", {"cancels": "1" * 65}, {"cancels": "1" * 64}),
    Case("reference_character", "reference", "arrival", {"reference": "新宿-1"}, {"reference": "SHINJUKU-1"}),
    Case("reference_character", "reference", "arrival", {"reference": "A\u200b1"}),
    Case("reference_character", "replaces", "moved", {"replaces": "Ｘ-0001"}),
    Case("reference_character", "supersedes", "lost", {"supersedes": "é"}),
    Case("subject_malformed", "subject", "arrival", {"subject": "1" * 33}, {"subject": "1" * 32}),
    Case("subject_malformed", "subject", "arrival", {"subject": "１２３"}, {"subject": "00aZ"}),
    Case("subject_malformed", "subject", "arrival", {"subject": "12-3"}),
    Case("subject_from_spreadsheet", "subject", "arrival", {"subject": "1.23457E+11"}),
    Case("subject_from_spreadsheet", "subject", "arrival", {"subject": '="000123"'}),
    Case("subject_from_spreadsheet", "subject", "arrival", {"subject": "#N/A"}),
    Case("subject_from_spreadsheet", "subject", "arrival", {"subject": "123.0"}),
    Case("reference_to_itself", "cancels", "cancelling", {"cancels": "X-0015"}),
    Case("reference_to_itself", "replaces", "cancelling", {"cancels": REMOVED, "replaces": "X-0015"}),
    Case("reference_to_itself", "replaces", "moved", {"replaces": "X-0024"}, {"replaces": "X-0023"}),
    Case("reference_to_itself", "replaces", "delivery", {"replaces": "X-0030"}, {"replaces": "X-0029"}),
    Case("reference_to_itself", "supersedes", "lost", {"supersedes": "X-0041"}),
    Case("cancels_and_replaces", "replaces", "cancelling", {"replaces": "X-0002"}),
    Case("cancels_and_replaces", "replaces", "moved", {"cancels": "X-0001", "replaces": "X-0002"}),
    Case("municipality_malformed", "municipality", "arrival", {"municipality": "13104"}),
    Case("municipality_malformed", "municipality", "arrival", {"municipality": "１３１０４１"}),
    Case("municipality_check_digit", "municipality", "arrival", {"municipality": "131042"}),
    Case("municipality_other", "municipality", "arrival", {"municipality": "131016"}),
    Case("moment_malformed", "occurred_at", "arrival", {"occurred_at": "2026-11-20 10:00"}),
    Case("moment_malformed", "occurred_at", "arrival", {"occurred_at": "2026-11-20T10:00:00"}),
    Case(
        "moment_malformed",
        "occurred_at",
        "arrival",
        {"occurred_at": "2026-02-29T10:00:00Z"},
        {"occurred_at": "2026-11-20T10:00Z"},
    ),
    Case("moment_before_law", "occurred_at", "delivery", {"occurred_at": "2012-07-08T23:59:59+09:00"}),
    Case(
        "moment_ahead",
        "occurred_at",
        "delivery",
        {"occurred_at": "2026-11-23T12:05:01+09:00"},
        {"occurred_at": "2026-11-23T12:05:00+09:00"},
    ),
    # Values.
    Case("date_malformed", "person.birth_date", "arrival", {"person.birth_date": "1985-13-01"}),
    Case("date_malformed", "person.birth_date", "arrival", {"person.birth_date": "昭和60年4月1日"}),
    Case("date_malformed", "delivered_on", "delivery", {"delivered_on": "tomorrow"}),
    Case("date_malformed", "delivered_on", "delivery", {"delivered_on": "20261118"}),
    Case("date_not_on_calendar", "basis.reported_on", "arrival", {"basis.reported_on": "2026-02-30"}),
    Case("date_not_on_calendar", "basis.reported_on", "arrival", {"basis.reported_on": "2026-02-00"}),
    Case("date_not_on_calendar", "basis.date", "naturalised", {"basis.date": "2026-10-00"}),
    Case(
        "paper_date_impossible",
        "person.birth_date",
        "arrival",
        {"person.birth_date": "1985-02-29"},
        {"person.birth_date": "1984-02-29"},
    ),
    Case("paper_date_impossible", "basis.date", "death", {"basis.date": "2026-04-31"}),
    Case(
        "paper_date_disordered",
        "person.birth_date",
        "arrival",
        {"person.birth_date": "1985-00-12"},
        {"person.birth_date": "0000-00-00", "person.birth_date_note": "推定"},
    ),
    Case("code_unknown", "person.sex", "arrival", {"person.sex": "1"}, {"person.sex": "unknown"}),
    Case("code_unknown", "category", "arrival", {"category": "permanent"}),
    Case("code_unknown", "action", "arrival", {"action": "change"}),
    Case("code_unknown", "basis.kind", "arrival", {"basis.kind": "rumour"}),
    Case("code_unknown", "changes[1].item", "notice", {"changes.0.item": "alias"}),
    Case("code_unknown", "changes[1].reason", "notice", {"changes.0.reason": "whim"}),
    Case("code_unknown", "category_lost.cause", "lost", {"category_lost.cause": "tired"}),
    Case("nationality_unknown", "person.nationality", "arrival", {"person.nationality": "ZZZ"}),
    Case(
        "nationality_unknown",
        "person.nationality",
        "arrival",
        {"person.nationality": "TW"},
        {"person.nationality": "XKR"},
    ),
    Case("nationality_of_document", "person.nationality", "arrival", {"person.nationality": "XXB"}),
    Case("number_malformed", "card_number", "arrival", {"card_number": "AB1234567CD"}),
    Case("number_malformed", "card_number", "arrival", {"card_number": "ab12345678cd"}),
    Case("number_malformed", "card_number", "arrival", {"card_number": "AB１2345678CD"}),
    Case("number_malformed", "certificate_number", "delivery", {"certificate_number": "X"}),
    Case("number_malformed", "changes[3].before", "notice", {"changes.2.before": "X"}),
    # The number by category.
    Case("card_number_wanted", "card_number", "arrival", {"card_number": REMOVED}),
    Case(
        "card_number_wanted",
        "card_number",
        "pending",
        {"card_pending": False},
        {"card_number": "AB12345678CD"},
    ),
    Case("card_number_unwanted", "card_number", "move_in", {"card_number": "AB12345678CD"}),
    Case("card_number_unwanted", "card_number", "refuge", {"card_number": "AB12345678CD"}),
    Case("card_pending_unwanted", "card_pending", "move_in", {"card_pending": True}, {"card_pending": False}),
    Case("certificate_number_wanted", "certificate_number", "move_in", {"certificate_number": REMOVED}),
    Case("certificate_number_unwanted", "certificate_number", "arrival", {"certificate_number": "EF87654321GH"}),
    Case("card_number_wanted", "card_number", "moved", {"card_number": REMOVED}),
    Case("card_number_unwanted", "card_number", "moved_special", {"card_number": "AB12345678CD"}),
    Case("certificate_number_wanted", "certificate_number", "settled_special", {"certificate_number": REMOVED}),
    Case("certificate_number_unwanted", "certificate_number", "after_landing", {"certificate_number": "EF87654321GH"}),
    Case("card_pending_not_landing", "card_pending", "became", {"card_pending": True}, {"card_pending": False}),
    Case("card_pending_not_landing", "card_pending", "status_changed", {"card_pending": True}),
    Case("previous_address_same", "previous_address", "move_within", {"previous_address": HERE}),
    Case("previous_address_same", "previous_address", "moved", {"previous_address": HERE}),
    # Texts that can hardly be.
    Case(
        "name_small_letters", "person.name", "arrival", {"person.name": "Hossain RAFIQ"}, {"person.name": "ÉMILE ŁUŻNY"}
    ),
    Case("address_short", "person.address", "arrival", {"person.address": "ベト"}, {"person.address": "新宿区戸山"}),
    Case("address_short", "previous_address", "move_within", {"previous_address": "港区1"}),
    Case("address_without_municipality", "person.address", "arrival", {"person.address": "大久保一丁目4番1号"}),
    Case("address_without_municipality", "person.address", "arrival", {"person.address": "東京都港区架空町1番"}),
    Case(
        *("address_without_municipality", "previous_address", "moved"),
        {"previous_address": "VIET NAM, HA NOI"},
        {"previous_address": "虻田郡倶知安町南1条"},
    ),
    # Dates that can hardly be.
    Case("date_ahead", "delivered_on", "delivery", {"delivered_on": "2026-11-24"}, {"delivered_on": "2026-11-23"}),
    Case("date_ahead", "noticed_on", "notice", {"noticed_on": "2026-12-01"}),
    Case("date_ahead", "basis.date", "death", {"basis.date": "2026-12-00"}, {"basis.date": "2026-11-00"}),
    Case("date_ahead", "person.birth_date", "notice", {"person.birth_date": "2094-01-04"}),
    Case(
        "departure_far_ahead",
        "basis.planned_departure",
        "move_out",
        {"basis.planned_departure": "2062-11-26"},
        {"basis.planned_departure": "2027-11-23"},
    ),
    Case("birth_long_ago", "person.birth_date", "arrival", {"person.birth_date": "0194-01-04"}),
    Case(
        "birth_long_ago",
        "person.birth_date",
        "arrival",
        {"person.birth_date": "1906-11-22"},
        {"person.birth_date": "1906-11-23"},
    ),
    Case("birth_long_ago", "person.birth_date", "arrival", {"person.birth_date": "1905-00-00"}),
    Case(
        "birth_after_event",
        "person.birth_date",
        "arrival",
        {"person.birth_date": "2026-11-20"},
        {"person.birth_date": "2026-11-19"},
    ),
    Case("birth_after_event", "person.birth_date", "moved", {"person.birth_date": "2026-11-16"}),
    Case("death_before_birth", "basis.date", "death", {"basis.date": "1990-01-01"}, {"basis.date": "1990-02-00"}),
    Case("reported_after_change", "basis.reported_on", "arrival", {"basis.reported_on": "2026-11-21"}),
    Case("reported_after_change", "reported_on", "after_landing", {"reported_on": "2026-11-21"}),
    Case(
        "reported_long_before",
        "basis.reported_on",
        "arrival",
        {"basis.reported_on": "2025-11-18"},
        {"basis.reported_on": "2025-11-19"},
    ),
    Case("moved_after_report", "moved_on", "moved", {"moved_on": "2026-11-20"}, {"moved_on": "2026-11-19"}),
    Case("moved_after_report", "settled_on", "after_landing", {"settled_on": "2026-11-20"}),
    # 住民票の記載等に関する通知.
    Case("name_pending_unwanted", "name_pending", "arrival", {"name_pending": True, "person.name": REMOVED}),
    Case("name_pending_unwanted", "name_pending", "death", {"name_pending": True, "person.name": REMOVED}),
    Case("name_unwanted", "person.name", "birth", {"name_pending": True}, {"name_pending": False}),
    Case("name_still_pending", "name_pending", "birth", {"name_pending": True, "person.name": REMOVED}),
    Case("corrected_wanted", "corrected", "renamed", {"corrected": REMOVED}),
    Case("corrected_wanted", "corrected", "move_within", {"corrected": []}),
    Case("corrected_unwanted", "corrected", "arrival", {"corrected": ["name"]}),
    Case("corrected_item_unknown", "corrected", "renamed", {"corrected": ["shoe_size"]}),
    Case("corrected_item_not_sent", "corrected", "renamed", {"corrected": ["alias"]}),
    Case("corrected_item_not_sent", "corrected", "renamed", {"corrected": ["name", "relationship"]}),
    Case("corrected_item_repeated", "corrected", "renamed", {"corrected": ["name", "name"]}),
    Case("corrected_address_wanted", "previous_address", "move_within", {"previous_address": REMOVED}),
    Case("corrected_address_unwanted", "previous_address", "renamed", {"previous_address": LEFT}),
    Case("corrected_address_unwanted", "previous_address", "arrival", {"previous_address": LEFT}),
    Case(
        "corrected_number_mismatch",
        "corrected",
        "renamed",
        {"corrected": ["certificate_number"]},
        {"corrected": ["certificate_number", "category"]},
    ),
    Case("corrected_number_mismatch", "corrected", "special_renamed", {"corrected": ["card_number"]}),
    Case("corrected_basis_mismatch", "corrected", "move_within", {"corrected": ["address", "name"]}),
    Case("corrected_basis_mismatch", "corrected", "renumbered", {"corrected": ["address", "category"]}),
    Case("report_article_unknown", "basis.article", "arrival", {"basis.article": "juki-25"}),
    Case(
        "category_report_mismatch",
        "category",
        "arrival",
        {"category": "transitional", "card_number": REMOVED},
        {"category": "temporary_refuge", "card_number": REMOVED},
    ),
    Case("category_report_mismatch", "category", "became", {"category": "transitional", "card_number": REMOVED}),
    Case(
        "departure_long_past",
        "basis.planned_departure",
        "move_out",
        {"basis.planned_departure": "2026-11-04"},
        {"basis.planned_departure": "2026-11-05"},
    ),
    Case("action_report_mismatch", "action", "arrival", {"action": "deletion"}),
    Case("action_report_mismatch", "action", "move_within", {"basis.article": "juki-22"}),
    Case("action_report_mismatch", "action", "move_out", {"action": "entry"}),
    Case(
        "planned_departure_wanted",
        "basis.planned_departure",
        "move_out",
        {"basis.planned_departure": REMOVED},
    ),
    Case(
        "planned_departure_unwanted",
        "basis.planned_departure",
        "arrival",
        {"basis.planned_departure": "2026-12-01"},
    ),
    Case("paragraph_unknown", "basis.paragraph", "death", {"basis.paragraph": "12-4"}),
    Case("cause_unknown", "basis.cause", "death", {"basis.cause": "marriage"}),
    Case("cause_not_sent", "basis.cause", "death", {"basis.cause": "agency_notice"}),
    Case("cause_paragraph_mismatch", "basis.cause", "death", {"basis.paragraph": "12-1"}),
    Case("action_cause_mismatch", "action", "death", {"action": "entry"}),
    Case("action_cause_mismatch", "action", "birth", {"action": "deletion"}),
    Case("cause_paragraph_mismatch", "basis.cause", "vanished", {"basis.paragraph": "12-3"}),
    Case("date_note_unwanted", "basis.date_note", "birth", {"basis.date_note": "頃"}),
    Case(
        "category_unusual_for_cause",
        "category",
        "birth",
        {"category": "temporary_refuge"},
    ),
    Case("basis_date_not_birth", "basis.date", "birth", {"basis.date": "2026-11-03"}),
    Case("basis_date_not_change", "basis.date", "renamed", {"basis.date": "2026-11-19"}),
    Case("basis_date_not_change", "basis.date", "renumbered", {"basis.date": "2026-11-19"}),
    Case("basis_item_unwanted", "basis.date_note", "arrival", {"basis.date_note": "頃"}),
    Case("basis_item_unwanted", "basis.cause", "arrival", {"basis.cause": "birth"}),
    Case("basis_item_unwanted", "basis.reported_on", "death", {"basis.reported_on": "2026-11-19"}),
    # 住居地の届出の伝達.
    Case("category_not_reported", "category", "after_landing", {"category": "transitional", "card_number": REMOVED}),
    Case("residence_article_unknown", "article", "moved", {"article": "juki-23"}),
    Case("article_category_mismatch", "article", "after_landing", {"article": "special-10-1"}),
    Case("article_category_mismatch", "article", "moved_special", {"article": "immigration-19-9"}),
    Case("deeming_not_allowed", "deemed_by", "after_landing", {"deemed_by": "juki-23"}),
    Case("deeming_not_allowed", "deemed_by", "moved_special", {"deemed_by": "juki-30-47"}, {"deemed_by": "juki-22"}),
    Case("settled_on_wanted", "settled_on", "after_landing", {"settled_on": REMOVED}),
    Case("settled_on_wanted", "settled_on", "settled_special", {"settled_on": REMOVED}),
    Case("settled_on_wanted", "settled_on", "status_housed", {"had_residence": False}),
    Case(
        "settled_on_unwanted",
        "settled_on",
        "status_deemed",
        {"settled_on": "2026-11-15", "had_residence": False},
        {"had_residence": False},  # The deeming takes the day away, whoever lived where.
    ),
    Case("settled_on_unwanted", "settled_on", "moved", {"settled_on": "2026-11-15"}),
    Case("moved_on_wanted", "moved_on", "moved", {"moved_on": REMOVED}),
    Case("moved_on_unwanted", "moved_on", "after_landing", {"moved_on": "2026-11-15"}),
    Case("left_address_wanted", "previous_address", "moved", {"previous_address": REMOVED}),
    Case("left_address_unwanted", "previous_address", "moved_from_abroad", {"previous_address": LEFT}),
    Case("left_address_unwanted", "previous_address", "after_landing", {"previous_address": LEFT}),
    # 出入国在留管理庁通知.
    Case("notice_says_nothing", "changes", "notice", {"changes": []}),
    Case("notice_says_nothing", "changes", "notice", {"changes": REMOVED}),
    Case(
        "change_says_nothing",
        "changes[1].after",
        "notice",
        {"changes.0.before": REMOVED, "changes.0.after": REMOVED},
        {"changes.0.before": REMOVED},
    ),
    Case("change_beside_header", "changes[3].after", "notice", {"changes.2.after": "XX11111111XX"}),
    Case("change_beside_header", "changes[4].after", "notice", {"changes.3.after": "鄭"}),
    Case("change_of_other_category", "changes[1].item", "notice", {"changes.0": PERIOD_OF_LANDING}),
    Case(
        "change_of_other_category",
        "changes[1].item",
        "notice_special",
        {"changes.0": {"item": "expiry_date", "after": "2027-01-01", "reason": "changed"}},
        {"changes.0": {"item": "certificate_number", "after": "EF87654321GH", "reason": "changed"}},
    ),
    Case("change_without_difference", "changes[1].after", "notice", {"changes.0.after": "留学"}),
    Case("period_outside_scope", "changes[2].after", "notice", {"changes.1.after": "3月"}, {"changes.1.after": "4月"}),
    Case(
        "period_outside_scope", "changes[2].after", "notice", {"changes.1.after": "90日"}, {"changes.1.after": "1年3月"}
    ),
    Case("expiry_before_notice", "changes[1].after", "notice_extended", {"changes.0.after": "2026-11-18"}),
    Case(
        "period_unusual", "changes[2].before", "notice", {"changes.1.before": "当分の間"}, {"changes.1.before": "90日"}
    ),
    Case("status_unknown", "changes[1].after", "notice", {"changes.0.after": "宇宙飛行士"}),
    Case("status_outside_scope", "changes[1].after", "notice", {"changes.0.after": "短期滞在"}),
]

LINE_RULES = {
    "file_empty",
    "file_header_alone",
    "file_end_missing",
    "line_too_long",
    "line_not_utf8",
    "json_malformed",
    "json_key_repeated",
    "csv_malformed",
    "csv_row_width",
    "csv_column_nameless",
    "line_not_decodable",
    "layout_code_unknown",
    "layout_date_unfit",
    "layout_digits_unfit",
    "layout_character_private",
}
"""Rules about lines, not records: `files/test_reading.py` breaks them."""


@pytest.mark.parametrize("name", GOOD)
def test_good_records_have_no_findings(name: str) -> None:
    assert faults(good(name)) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.field}-{case.record}")
def test_each_rule_is_reported_where_it_is_broken_and_only_there(case: Case) -> None:
    assert faults(changed(good(case.record), case.breaking)) == {(case.field, case.rule)}
    assert faults(changed(good(case.record), case.keeping)) == set()


def test_every_rule_has_its_case() -> None:
    elsewhere = LINE_RULES | {
        *("record_not_object", "kind_other_way", "reference_conflict", "corrected_by_notice", "corrected_like_notice"),
        *("subject_form", "subject_two_names", "subject_two_birth_dates", "subject_has_record"),
        *("subject_two_sexes", "subject_two_nationalities", "subject_two_numbers", "subject_not_of_target"),
        *("subject_other_address", "pair_differs"),
    }

    assert {case.rule for case in CASES} | elsewhere == set(RULES)


@pytest.mark.parametrize("record", [None, 7, "text", [], [good("arrival")], object()])
def test_what_is_no_object_is_refused_whole(record: object) -> None:
    assert faults(record) == {("record", "record_not_object")}


@pytest.mark.parametrize(
    ("name", "direction", "passes"),
    [
        ("arrival", Direction.OUT, True),
        ("arrival", Direction.IN, False),
        ("notice", Direction.IN, True),
        ("notice", Direction.OUT, False),
    ],
)
def test_a_kind_travels_one_way_only(name: str, direction: Direction, passes: bool) -> None:  # noqa: FBT001  # A parameter of the test.
    checked = check(good(name), municipality=MUNICIPALITY, now=NOW, direction=direction)

    assert [finding.rule for finding in checked.findings] == ([] if passes else ["kind_other_way"])
    assert (checked.message is not None) == passes


def test_all_faults_of_a_record_are_reported() -> None:
    record = changed(
        good("arrival"),
        {"person.name": "A\x07\u202e", "person.sex": "x", "basis.reported_on": "?", "card_number": "?", "shoe": 1},
    )

    assert faults(record) == {
        ("person.name", "character_control"),
        ("person.name", "character_direction"),
        ("person.sex", "code_unknown"),
        ("basis.reported_on", "date_malformed"),
        ("card_number", "number_malformed"),
        ("shoe", "item_unknown"),
    }


def test_a_deeming_at_fault_leaves_open_only_what_depends_on_it() -> None:
    wrong = {"deemed_by": 7, "settled_on": REMOVED}
    unknown = ("deemed_by", "text_expected")
    assert faults(changed(good("after_landing"), wrong)) == {unknown, ("settled_on", "settled_on_wanted")}
    assert faults(changed(good("status_changed"), wrong)) == {unknown}


def test_a_later_delivery_excuses_nobody_who_gets_no_card() -> None:
    record = changed(good("move_in"), {"card_pending": True, "card_number": "AB12345678CD"})
    assert faults(record) == {("card_pending", "card_pending_unwanted"), ("card_number", "card_number_unwanted")}


def test_warnings_do_not_block_and_errors_do() -> None:
    warned = judge(changed(good("arrival"), {"person.birth_date": "1985-02-29"}))
    blocked = judge(changed(good("arrival"), {"person.birth_date": "1985-02-32"}))

    assert warned.message is not None
    assert [finding.severity for finding in warned.warnings] == [Severity.WARNING]
    assert not warned.errors
    assert blocked.message is None
    assert [finding.rule for finding in blocked.errors] == ["date_malformed"]


def test_a_finding_brings_along_what_mends_it() -> None:
    (warning,) = judge(changed(good("arrival"), {"person.name": "张伟"})).warnings
    assert warning.mend is not None
    assert warning.mend("张伟") == "張偉"
    # Of what only a person can know, nothing is proposed.
    (unknown,) = judge(changed(good("arrival"), {"person.nationality": "JPX"})).findings
    assert unknown.mend is None


def test_facts_never_hold_what_the_record_holds() -> None:
    secret = "SECRET-7781"
    for case in CASES:
        record = changed(good(case.record), case.breaking)
        for path, value in list(_leaves(record)):
            if not isinstance(value, str) or path in {"kind", "article", "basis.kind", "basis.article", "basis.cause"}:
                continue
            for finding in judge(changed(record, {path: secret})).findings:
                assert secret not in "".join(finding.facts.values())


def _leaves(record: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    leaves: list[tuple[str, object]] = []
    for name, value in record.items():
        leaves += _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return leaves


def test_every_rule_comes_from_articles_of_the_dated_table() -> None:
    keys = {source for rule in RULES.values() for source in rule.sources}
    keys |= {source for sources in KIND_SOURCES.values() for source in sources}

    assert all(key in articles() for key in keys)
    for case in CASES:
        for finding in judge(changed(good(case.record), case.breaking)).findings:
            assert sources_of(finding, Kind.RESIDENT_RECORD)


def test_a_rule_points_to_its_own_articles_and_else_to_those_of_the_kind() -> None:
    own = find("municipality", "municipality_malformed")
    shared = find("card_number", "card_number_wanted")
    for kind in Kind:
        assert sources_of(own, kind) == ("municipality-codes",)
        assert sources_of(shared, kind) == KIND_SOURCES[kind]


def test_wanted_items_follow_what_was_entered() -> None:
    def wanted(record: dict[str, Any]) -> tuple[str, ...]:
        return wanted_items(record, municipality=MUNICIPALITY, now=NOW)

    record = changed(good("move_out"), {"basis.planned_departure": REMOVED, "person.address": REMOVED, "category": ""})

    assert wanted(good("move_out")) == ()
    assert wanted(record) == ("person.address", "category", "basis.planned_departure")
    assert "certificate_number" in wanted({**record, "category": "special_permanent"})
    assert wanted({"kind": {}}) == ()


@pytest.mark.parametrize(("subject", "fits"), [("0000012345", True), ("12345", False), ("00000A2345", False)])
def test_the_municipality_says_of_how_many_digits_its_numbers_of_persons_are(subject: str, *, fits: bool) -> None:
    record = changed(good("arrival"), {"subject": subject})
    checked = check(record, municipality=MUNICIPALITY, now=NOW, subject_digits=10)
    assert [(each.rule, dict(each.facts)) for each in checked.findings] == (
        [] if fits else [("subject_form", {"digits": "10"})]
    )
    assert faults(record) == set()
