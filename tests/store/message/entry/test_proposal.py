"""Events and the messages that they cause: every row of the table, and nothing that must not be sent."""

from datetime import datetime
from typing import Any

import pytest

from store.clock import JAPAN
from store.message.checks.items import FIELDS
from store.message.codes import Category, Kind
from store.message.entry.proposal import Proposed, common_item, propose, usual_category
from store.message.tables import events
from tests.store.message.specimens import GOOD, MUNICIPALITY, NOW, REMOVED, TODAY, changed, judge

MID, SPECIAL = Category.MID_LONG_TERM, Category.SPECIAL_PERMANENT


def proposed(event: str, category: Category = MID, *, card_presented: bool = True) -> tuple[Proposed, ...]:
    return propose(event, category=category, municipality=MUNICIPALITY, now=NOW, card_presented=card_presented)


@pytest.mark.parametrize(
    ("event", "category", "article", "deemed_by"),
    [
        ("arrival_from_abroad", MID, "immigration-19-7", "juki-30-46"),
        ("arrival_from_abroad", SPECIAL, "special-10-1", "juki-30-46"),
        ("return_from_abroad", MID, "immigration-19-9", "juki-30-46"),
        ("return_from_abroad", SPECIAL, "special-10-2", "juki-30-46"),
        ("entered_anew", MID, "immigration-19-9", "juki-30-46"),
        ("became_resident", MID, "immigration-19-8", "juki-30-47"),
        ("move_in", MID, "immigration-19-9", "juki-22"),
        ("move_in", SPECIAL, "special-10-2", "juki-22"),
        ("move_within", MID, "immigration-19-9", "juki-23"),
        ("move_within", SPECIAL, "special-10-2", "juki-23"),
    ],
)
def test_a_move_with_the_card_gives_a_pair(event: str, category: Category, article: str, deemed_by: str) -> None:
    record, report = proposed(event, category)

    assert record.kind is Kind.RESIDENT_RECORD
    assert record.preset["basis"]["article"] == deemed_by
    assert report.kind is Kind.RESIDENCE_REPORT
    assert (report.preset["article"], report.preset["deemed_by"]) == (article, deemed_by)


def test_the_messages_of_an_event_share_what_says_the_same() -> None:
    person = {f"person.{name}" for name in ("name", "name_kanji", "birth_date", "birth_date_note", "sex")}
    ours = {
        "municipality",
        "occurred_at",
        "subject",
        "protected",
        "person.nationality",
        "person.address",
        "previous_address",
    }
    papers = {"category", "card_number", "card_pending", "certificate_number", "reported_on"}
    shared = {field: common_item(field) for field in FIELDS if common_item(field)}
    assert shared == {name: name for name in person | ours | papers} | {"basis.reported_on": "reported_on"}
    assert common_item("shoe_size") is None


@pytest.mark.parametrize("event", ["arrival_from_abroad", "became_resident", "move_in", "move_within"])
def test_without_the_card_the_record_goes_alone_and_the_report_later(event: str) -> None:
    (record,) = proposed(event, card_presented=False)
    (later,) = proposed("residence_reported")

    assert record.kind is Kind.RESIDENT_RECORD
    assert later.kind is Kind.RESIDENCE_REPORT
    assert "deemed_by" not in later.preset
    assert "article" in later.asked
    assert later.choices["article"] == ("immigration-19-7", "immigration-19-8", "immigration-19-9")


@pytest.mark.parametrize(
    "event",
    [
        *("household", "relationship", "insurance", "alias", "agency_notice", "category_changed", "move_out_given_up"),
        *("reading_of_name", "supervision", "combined_card", "certificate_damaged"),
    ],
)
def test_what_must_not_be_sent_gives_nothing(event: str) -> None:
    assert proposed(event) == ()


def test_a_return_from_abroad_asks_for_no_previous_residence() -> None:
    _record, report = proposed("return_from_abroad")

    assert report.preset["article"] == "immigration-19-9"
    assert "previous_address" not in report.asked


def test_a_newborn_without_a_name_is_asked_for_none_and_named_later() -> None:
    (born,) = proposed("birth_unnamed", Category.TRANSITIONAL)
    (named,) = proposed("named", Category.TRANSITIONAL)

    assert "person.name" not in born.asked
    assert "person.name" in named.asked
    assert (named.preset["action"], named.preset["corrected"]) == ("correction", ["name"])
    assert named.preset["basis"]["cause"] == "family_register"


def test_others_than_the_two_categories_report_no_residence() -> None:
    assert [message.kind for message in proposed("move_in", Category.TRANSITIONAL)] == [Kind.RESIDENT_RECORD]


@pytest.mark.parametrize("event", [entry.code for entry in events().in_force(TODAY) if entry.messages])
@pytest.mark.parametrize("category", [MID, SPECIAL])
def test_filling_in_what_is_asked_makes_a_good_message(event: str, category: Category) -> None:
    for message in proposed(event, category):
        record = message.preset
        asked = list(message.asked)
        for field, values in message.choices.items():
            if field in asked:
                record = changed(record, {field: values[0]})
        while asked:
            record = changed(record, {asked[0]: _answer(asked[0])})
            asked = [finding.field for finding in judge(record).errors]

        assert judge(record).message is not None


def _answer(field: str) -> object:
    answers: dict[str, Any] = {
        "reference": "X-9",
        "subject": "9",
        "action": "entry",
        "corrected": ["name"],
        "card_number": "AB12345678CD",
        "certificate_number": "AB12345678CD",
        "previous_address": "東京都新宿区仮設町9番9号",
        "occurred_at": "2026-11-20T09:30:00+09:00",
        "article": "immigration-19-7",
        "person": REMOVED,
    }
    group, _, name = field.partition(".")
    return GOOD["arrival"]["person"][name] if group == "person" else answers.get(field, "2026-11-20")


def test_an_unknown_event_is_an_error() -> None:
    with pytest.raises(KeyError):
        proposed("wedding")
    with pytest.raises(KeyError):
        propose("move_in", category=MID, municipality=MUNICIPALITY, now=datetime(2012, 7, 8, tzinfo=JAPAN))


@pytest.mark.parametrize(
    ("event", "category"),
    [
        ("birth", "transitional"),
        ("birth_unnamed", "transitional"),
        ("nationality_lost", "transitional"),
        ("death", None),
    ],
)
def test_a_newborn_is_usually_a_transitional_resident(event: str, category: str | None) -> None:
    found = events().at(event, TODAY)

    assert found is not None
    assert usual_category(found, TODAY) == category
