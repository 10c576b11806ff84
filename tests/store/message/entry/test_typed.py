"""What people type for dates, moments and numbers, and the kind of answer that each item takes.

The latter is `store.message.entry.shapes`.
"""

import pytest

from store.message.checks.checking import check, possible_items, wanted_items
from store.message.checks.items import ITEMS, ordered_fields
from store.message.checks.rules import Severity
from store.message.codes import OUTGOING, Kind
from store.message.entry.shapes import Shape, codes_of, shape_of
from store.message.entry.typed import read_typed, show_typed
from store.message.groups import value_at, with_value
from tests.store.message.specimens import GOOD, MUNICIPALITY, NOW, TODAY


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("20261123", "2026-11-23"),
        ("2026-11-23", "2026-11-23"),
        ("2026/1/2", "2026-01-02"),
        ("２０２６年１１月２３日", "2026-11-23"),
        ("R8.11.23", "2026-11-23"),
        ("r081123", "2026-11-23"),
        ("令和8年11月23日", "2026-11-23"),
        ("令和元年5月1日", "2019-05-01"),
        ("平成31年4月30日", "2019-04-30"),
        ("S60.4.0", "1985-04-00"),
        ("19850000", "1985-00-00"),
    ],
)
def test_a_date_is_read_as_papers_write_it(typed: str, meant: str) -> None:
    assert read_typed(typed, Shape.PAPER_DATE) == meant
    assert read_typed(typed, Shape.DAY) == meant


@pytest.mark.parametrize("typed", ["t", "T", "ｔ", " T "])
def test_a_lone_t_is_today_in_a_day(typed: str) -> None:
    assert read_typed(typed, Shape.DAY, TODAY) == TODAY.isoformat()
    assert read_typed(typed, Shape.PAPER_DATE, TODAY) == TODAY.isoformat()
    # Without a day to take for today, and in an item of another shape, it is a letter.
    assert read_typed(typed, Shape.DAY) == typed.strip().replace("ｔ", "t")
    assert read_typed("t", Shape.NUMBER, TODAY) == "T"
    assert read_typed("t", Shape.TEXT, TODAY) == "t"


@pytest.mark.parametrize(("typed", "meant"), [("T5.1.2", "1916-01-02"), ("t050102", "1916-01-02")])
def test_with_a_digit_behind_it_t_is_an_era(typed: str, meant: str) -> None:
    assert read_typed(typed, Shape.PAPER_DATE, TODAY) == meant


@pytest.mark.parametrize("typed", ["2026", "2026-11", "X1.1.1", "R0.1.1", "明日", "20261", "令和8年"])
def test_what_is_no_date_stays_as_it_was_typed(typed: str) -> None:
    assert read_typed(typed, Shape.DAY) == typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-23 14:05", "2026-11-23T14:05:00+09:00"),
        ("R8.11.23 905", "2026-11-23T09:05:00+09:00"),
        ("20261123 2460", "20261123 2460"),
        ("20261123 0960", "20261123 0960"),
        ("2026-02-30 09:00", "2026-02-30 09:00"),
        ("2026-11-23", "2026-11-23"),
    ],
)
def test_a_moment_is_read_in_japanese_time(typed: str, meant: str) -> None:
    assert read_typed(typed, Shape.MOMENT) == meant


def test_a_moment_is_shown_as_it_is_typed() -> None:
    shown = show_typed("2026-11-23T05:05:00Z", Shape.MOMENT)
    assert shown == "2026-11-23 14:05"
    assert read_typed(shown, Shape.MOMENT) == "2026-11-23T14:05:00+09:00"
    assert show_typed("2026", Shape.MOMENT) == "2026"


def test_numbers_come_from_any_keyboard_and_names_are_never_changed() -> None:
    assert read_typed(" ａｂ１２３４５６７８cd ", Shape.NUMBER) == "AB12345678CD"
    assert read_typed("１２３", Shape.WORD) == "123"
    name = " ﾜﾝ 葛󠄀飾　Ｗａｎｇ "
    assert read_typed(name, Shape.TEXT) == name


SPECIMENS = {
    Shape.TEXT: "東京都",
    Shape.WORD: MUNICIPALITY,
    Shape.NUMBER: "AB12345678CD",
    Shape.DAY: "2026-11-20",
    Shape.PAPER_DATE: "2026-11-20",
    Shape.MOMENT: "2026-11-20T09:00:00+09:00",
    Shape.YES_NO: True,
}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in sorted(OUTGOING) for field in ITEMS[kind].fields() if field != "kind"]
)
def test_the_shape_of_an_item_is_one_that_its_rule_takes(kind: Kind, field: str) -> None:
    shape = shape_of(field)
    codes = codes_of(field, TODAY)
    assert bool(codes) == (shape in (Shape.CODE, Shape.CODES))
    values = [list(codes)] if shape is Shape.CODES else codes or [SPECIMENS[shape]]
    refusals = {"code_unknown", "nationality_unknown", "text_expected", "yes_no_expected", "list_expected"}
    for value in values:
        findings = check(with_value({"kind": kind}, field, value), municipality=MUNICIPALITY, now=NOW).findings
        wrong = {finding.rule for finding in findings if finding.field == field and finding.severity is Severity.ERROR}
        assert not {rule for rule in wrong if rule in refusals or rule.endswith(("_malformed", "_unknown"))}


@pytest.mark.parametrize("kind", sorted(OUTGOING))
def test_the_order_of_the_law_has_every_item_once(kind: Kind) -> None:
    assert sorted(ordered_fields(kind)) == sorted(ITEMS[kind].fields())


def test_what_may_be_added_is_what_no_rule_forbids() -> None:
    basis = {"kind": "report", "article": "juki-22"}
    record = {"kind": "resident_record", "category": "mid_long_term", "action": "entry", "basis": basis, "person": {}}
    possible = possible_items(record, municipality=MUNICIPALITY, now=NOW)
    assert set(wanted_items(record, municipality=MUNICIPALITY, now=NOW)) <= set(possible)
    assert {"person.name_kanji", "card_pending"} <= set(possible)
    assert not {"certificate_number", "corrected", "previous_address", "basis.cause"} & set(possible)
    assert possible_items({}, municipality=MUNICIPALITY, now=NOW) == ()


def test_a_value_is_put_in_and_taken_out_without_touching_the_record() -> None:
    record = GOOD["arrival"]
    changed = with_value(record, "person.name", "A")
    assert value_at(changed, "person.name") == "A"
    assert value_at(with_value(changed, "person.name", None), "person.name") is None
    assert value_at(record, "person.name") != "A"
    assert value_at({"person": "no group"}, "person.name") is None
