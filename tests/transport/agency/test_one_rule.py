"""One rule, two sides: what the terminal accepts the agency accepts, and neither calls a misfit missing.

Shows `store.message.checks.checking` against `transport.agency.validation` and `transport.agency.legality`: every item
of every kind, and every rule that is an error.
"""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.message.canonical import encode
from store.message.checks.checking import Checked
from store.message.checks.items import ITEMS
from store.message.checks.rules import RULES, Severity
from store.message.codes import Kind
from store.message.declarations.items import Item, Shape
from store.message.groups import value_at, with_value
from tests.store.message.checks.test_rules import CASES, Case
from tests.store.message.specimens import GOOD, MUNICIPALITY, NOW, TODAY, Record, changed, good, judge
from transport.agency.texts import Rejection
from transport.agency.validation import fault_of_notice, validate

# Each item of each kind, in a record of that kind: it is replaced where it is, and added where it is not.
PLACES = [
    (name, item)
    for name, record in GOOD.items()
    for item in ITEMS[Kind(record["kind"])]
    if not item.value.elements and item.field != "kind"
]
ONE_OF_EACH = sorted({(GOOD[name]["kind"], item.field): (name, item) for name, item in PLACES}.values(), key=repr)

WORDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7F), max_size=70)
# What people paste: kanji, full-width forms, characters that show nothing, controls.
PASTED = st.text(
    st.sampled_from("A1-\u65b0\uff21\u200b\u00ad\u3164\u00a0\u3000\u2800\ufffd\U0002000b\U000e0100\x1b\n"), max_size=8
)
DAYS = st.dates(date(1, 1, 1)).map(date.isoformat)
PARTS = st.builds("{:04}-{:02}-{:02}".format, st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
MOMENTS = st.builds(
    lambda day, clock, offset: f"{day}T{clock}{offset}",
    DAYS,
    st.sampled_from(["09:30", "23:59:60", "24:00", "00:00:00.5", "00:00:00.123456"]),
    st.sampled_from(["Z", "+09:00", "-14:00", "+24:00", ""]),
)
NUMBERS = st.from_regex(r"\A[A-Z]{2}[0-9]{8}[A-Z]{2}\n?\Z")
JSON = (
    st.none() | st.booleans() | st.integers() | st.lists(WORDS, max_size=2) | st.dictionaries(WORDS, WORDS, max_size=2)
)
SHAPES: dict[Shape, st.SearchStrategy[Any]] = {
    Shape.TEXT: st.text(max_size=300),
    Shape.WORD: WORDS,
    Shape.NUMBER: NUMBERS,
    Shape.DAY: DAYS | PARTS,
    Shape.PAPER_DATE: PARTS,
    Shape.MOMENT: MOMENTS,
    Shape.YES_NO: st.booleans(),
}


def values(item: Item) -> st.SearchStrategy[Any]:
    """Draw what the item's shape asks for and what is near it, and now and then anything that JSON holds."""
    codes = item.value.codes_on(TODAY)
    if item.value.shape is Shape.CODES:
        fitting: st.SearchStrategy[Any] = st.lists(st.sampled_from(codes), max_size=3)
    else:
        fitting = st.sampled_from(codes) if codes else SHAPES.get(item.value.shape, WORDS)
    return fitting | fitting | PASTED | DAYS | JSON


def refusal(record: Record) -> Rejection | None:
    """Return what the agency has against a record as it travels; a notice is looked at before it is posted."""
    if record["kind"] == Kind.AGENCY_NOTICE:
        fault = fault_of_notice(record, NOW)
        return Rejection("item_malformed", fault) if fault else None
    travelling = {name: value for name, value in record.items() if name != "subject"}
    return validate(json.dumps(travelling).encode(), MUNICIPALITY, NOW).refusal


def has_another_form(checked: Checked, field: str) -> bool:
    """Tell whether the terminal refuses the value of the item, and not for being absent or empty."""
    return any(
        finding.severity is Severity.ERROR and finding.field == field and finding.rule != "item_missing"
        for finding in checked.findings
    )


def show_one_rule(record: Record, item: Item) -> None:
    checked = judge(record)
    if checked.message is not None:
        assert refusal(json.loads(encode(checked.message.to_wire()))) is None
    elif has_another_form(checked, item.field) and value_at(record, item.field) != "":
        answer = refusal(record)
        assert answer is None or (answer.code, answer.field) != ("item_missing", item.field)


@pytest.mark.parametrize("name", GOOD)
def test_the_agency_accepts_every_form_of_message_that_the_rules_know(name: str) -> None:
    message = judge(good(name)).message

    assert message is not None
    assert refusal(json.loads(encode(message.to_wire()))) is None


# Rules that the agency cannot have: `subject` never travels, and a line without a kind is no message.
OURS_ALONE = {"subject_malformed", "subject_from_spreadsheet", "kind_unknown", "kind_not_sent"}
BREAKING = [
    case
    for case in CASES
    if RULES[case.rule].severity is Severity.ERROR
    and case.rule not in OURS_ALONE
    and case.field not in {"kind", "subject"}
]


@pytest.mark.parametrize("case", BREAKING, ids=lambda case: f"{case.rule}-{case.field}-{case.record}")
def test_what_a_rule_refuses_here_the_agency_refuses(case: Case) -> None:
    assert refusal(changed(good(case.record), case.breaking)) is not None
    # And what keeps the rule it accepts: the two sides draw the line at the same place.
    assert refusal(changed(good(case.record), case.keeping)) is None


@pytest.mark.parametrize(("name", "item"), ONE_OF_EACH, ids=lambda part: getattr(part, "field", part))
@given(data=st.data())
@settings(max_examples=30)
def test_what_is_accepted_here_is_accepted_there(name: str, item: Item, data: st.DataObject) -> None:
    show_one_rule(with_value(good(name), item.field, data.draw(values(item))), item)


@given(place=st.sampled_from(PLACES), data=st.data())
@settings(max_examples=200)
def test_any_form_of_a_message_with_any_item_changed(place: tuple[str, Item], data: st.DataObject) -> None:
    name, item = place
    show_one_rule(with_value(good(name), item.field, data.draw(values(item))), item)


@pytest.mark.parametrize("field", ["reference", "cancels", "replaces"])
@given(word=WORDS | PASTED)
def test_a_reference_has_the_same_form_on_both_sides(field: str, word: str) -> None:
    record = changed(good("delivery"), {field: word})
    here, there = has_another_form(judge(record), field), refusal(record)

    if word and not word.isspace():
        assert (there == Rejection("item_malformed", field)) == here
