"""Whether a message or a notice is accepted: its shape decides, and a refusal names the first item at fault."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.transport.rehearsing import MUNICIPALITY, notice, record
from transport.agency import texts
from transport.agency.texts import Rejection
from transport.agency.validation import Validated, fault_of_notice, validate

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (b"", "content_unreadable", "-"),
        (b"[]", "content_unreadable", "-"),
        (b"[" * 60_000, "content_unreadable", "-"),
        (b'{"kind":"certificate_delivery","kind":"resident_record"}', "content_unreadable", "-"),
        (b"{}", "kind_unknown", "-"),
        (b'{"kind":[]}', "kind_unknown", "-"),
        (json.dumps(notice()).encode(), "kind_unknown", "-"),
        (json.dumps(record(reference="")).encode(), "item_missing", "reference"),
        (json.dumps(record(reference="あ")).encode(), "item_malformed", "reference"),
        (json.dumps(record(cancels="あ")).encode(), "item_malformed", "cancels"),
        (json.dumps(record(subject="123")).encode(), "item_unknown", "subject"),
        (json.dumps({**record(), "SMITH JOHN": 1}).encode(), "item_unknown", "-"),
        (json.dumps(record(municipality="131016")).encode(), "municipality_foreign", "municipality"),
        (json.dumps(record(certificate_number="1")).encode(), "item_malformed", "certificate_number"),
        (json.dumps(record(certificate_number=None)).encode(), "item_malformed", "certificate_number"),
        (json.dumps(record(certificate_number="")).encode(), "item_missing", "certificate_number"),
        (json.dumps(record(certificate_number={"a": {}})).encode(), "item_malformed", "certificate_number"),
        (json.dumps(record(delivered_on="2026-11-9")).encode(), "item_malformed", "delivered_on"),
        (json.dumps(record(occurred_at="2026-11-20T10:00:00")).encode(), "item_malformed", "occurred_at"),
        (json.dumps(record(occurred_at=[])).encode(), "item_malformed", "occurred_at"),
    ],
)
def test_a_message_that_is_none_is_refused_by_its_first_fault(content: bytes, code: str, field: str) -> None:
    refusal = validate(content, MUNICIPALITY, NOW).refusal
    assert refusal is not None
    assert (refusal.code, refusal.field) == (code, field)
    assert refusal.code in texts.refusals()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"card_number": None}, "item_malformed"),
        ({"certificate_number": "AB12345678CD"}, "number_missing"),
        ({"category": "special_permanent"}, "number_missing"),
        ({"category": "tourist"}, "item_malformed"),
        ({"action": ["entry"]}, "item_malformed"),
        ({"previous_address": None}, "item_malformed"),
    ],
)
def test_the_number_goes_with_the_category(changes: dict[str, Any], code: str | None) -> None:
    base = {
        **{name: value for name, value in notice("R-1").items() if name not in {"changes", "noticed_on"}},
        "kind": "resident_record",
        "action": "entry",
        "basis": {"kind": "report", "article": "juki-30-46", "reported_on": "2026-11-19"},
    }
    verdict = validate(json.dumps({**base, **changes}).encode(), MUNICIPALITY, NOW)
    assert (verdict.kind, verdict.reference) == ("resident_record", "R-1")
    assert (verdict.refusal.code if verdict.refusal else None) == code


def _raw(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def test_a_message_of_the_right_shape_is_accepted_under_its_kind_and_reference() -> None:
    assert validate(_raw(record("C-1")), MUNICIPALITY, NOW) == Validated("certificate_delivery", "C-1", None)


def test_kind_and_reference_are_shown_even_when_the_rest_is_wrong() -> None:
    broken = {"kind": "certificate_delivery", "reference": "C-1"}

    assert validate(_raw(broken), MUNICIPALITY, NOW) == Validated(
        "certificate_delivery", "C-1", Rejection("item_missing", "municipality")
    )


@pytest.mark.parametrize("reference", ["A" * 65, "C 1", "C-1\n", "新宿-1", "Ｃ-1", "C\u200b1", 1, None, {"a": "C-1"}])
def test_a_reference_of_another_form_is_not_repeated_and_not_called_missing(reference: object) -> None:
    message = {**record(), "reference": reference}

    assert validate(_raw(message), MUNICIPALITY, NOW) == Validated(
        "certificate_delivery", None, Rejection("item_malformed", "reference")
    )


def test_a_text_in_the_place_of_a_group_is_not_called_missing() -> None:
    assert fault_of_notice({**notice("N-1"), "person": "REHEARSAL"}, NOW) == "person.name"
    report = {**notice("R-1"), "kind": "residence_report", "person": "REHEARSAL"}

    assert validate(_raw(report), MUNICIPALITY, NOW).refusal == Rejection("item_malformed", "person.name")
    del report["person"]
    assert validate(_raw(report), MUNICIPALITY, NOW).refusal == Rejection("item_missing", "person.name")
    unnamed = {**report, "person": {"sex": "male"}}
    assert validate(_raw(unnamed), MUNICIPALITY, NOW).refusal == Rejection("item_missing", "person.name")


@pytest.mark.parametrize(("day", "accepted"), [("2026-11-19", True), ("2026-11-19 ", False), ("２０２６-11-19", False)])
def test_a_day_has_one_spelling(day: str, accepted: bool) -> None:  # noqa: FBT001  # A case of the table.
    assert (validate(_raw(record(delivered_on=day)), MUNICIPALITY, NOW).refusal is None) == accepted


def test_a_residence_card_that_follows_later_may_be_missing_but_a_certificate_may_not() -> None:
    report = {
        **{
            name: value for name, value in notice("R-1").items() if name not in {"changes", "noticed_on", "card_number"}
        },
        "kind": "residence_report",
        "article": "immigration-19-7",
        "settled_on": "2026-11-15",
        "reported_on": "2026-11-19",
    }
    pending = {**report, "card_pending": True}

    assert validate(_raw(pending), MUNICIPALITY, NOW).refusal is None
    assert validate(_raw(report), MUNICIPALITY, NOW).refusal == Rejection("number_missing", "card_number")
    for wrong in ({"category": "special_permanent"}, {"certificate_number": "AB12345678CD"}):
        refusal = validate(_raw({**pending, **wrong}), MUNICIPALITY, NOW).refusal
        assert refusal == Rejection("number_missing", "certificate_number")


def test_an_item_that_is_null_is_malformed_even_where_it_may_be_missing() -> None:
    unsaid = notice("R-1")
    unsaid["person"]["name_kanji"] = None

    assert fault_of_notice(unsaid, NOW) == "person.name_kanji"


def test_items_nested_deeper_than_two_levels_are_malformed() -> None:
    deeper = notice("R-1")
    deeper["person"]["name"] = {"family": "REHEARSAL"}

    assert fault_of_notice(deeper, NOW) == "person.name"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"kind": "resident_record"}, "kind"),
        ({"municipality": "13104"}, "municipality"),
        ({"municipality": 131041}, "municipality"),
        ({"reference": ""}, "reference"),
        ({"changes": ""}, "changes"),
        ({"changes": None}, "changes"),
        ({"noticed_on": "19 November"}, "noticed_on"),
        ({"subject": "123"}, "subject"),
        ({"SMITH JOHN": 1}, "-"),
    ],
)
def test_a_notice_is_looked_at_before_it_is_posted(changes: dict[str, Any], field: str | None) -> None:
    assert fault_of_notice({**notice("N-1"), **changes}, NOW) == field


def test_a_notice_may_come_without_the_number_of_its_category() -> None:
    changes = [{"item": "landing_period", "before": "2026-12-01", "after": "2027-06-01", "reason": "changed"}]

    assert fault_of_notice(notice("N-1", category="temporary_refuge", changes=changes), NOW) is None
