"""What a choice makes of an item, and what is proposed for one."""

from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from console.jobs.entry.draft import Draft
from console.jobs.entry.items import DraftItem
from console.screens.entry.choosing import code_of, codes_for, plain, proposal, with_code
from store.message.checks.rules import RULES, Finding
from store.message.entry.shapes import Shape

DAY = date(2026, 11, 23)
SHINJUKU = "131041"
NOWHERE = "999999"


class Listing(Draft):
    """A draft that has nothing but codes."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes

    def codes(self, item: DraftItem) -> tuple[str, ...]:
        """Return the codes, whatever the item is."""
        assert item.shape in (Shape.CODE, Shape.CODES)
        return self._codes


def item(field: str, value: Any = None, shape: Shape = Shape.TEXT, *rules: str) -> DraftItem:
    findings = [Finding(field, rule, RULES[rule].severity, MappingProxyType({}), RULES[rule].mend) for rule in rules]
    return DraftItem(
        key=field,
        kind="resident_record",
        section=None,
        places=((0, field),),
        shape=shape,
        value=value,
        wanted=False,
        findings=tuple(findings),
    )


@pytest.mark.parametrize(
    ("shape", "before", "code", "after"),
    [
        (Shape.CODE, None, "male", "male"),
        (Shape.CODE, "male", "female", "female"),
        (Shape.CODE, "male", None, None),
        (Shape.YES_NO, None, "true", True),
        (Shape.YES_NO, True, "false", False),
        (Shape.YES_NO, True, None, None),
        # Several of a list: put in and taken out, in the order of the list.
        (Shape.CODES, None, "b", ["b"]),
        (Shape.CODES, ["b"], "a", ["a", "b"]),
        (Shape.CODES, ["a", "b"], "a", ["b"]),
        (Shape.CODES, ["b"], "b", []),
    ],
)
def test_a_choice_gives_a_value(shape: Shape, before: Any, code: str | None, after: Any) -> None:
    assert with_code(Listing("a", "b", "c"), item("x", before, shape), code) == after


@pytest.mark.parametrize(
    ("value", "code"), [(True, "true"), (False, "false"), ("male", "male"), (None, None), (["a"], None), (7, None)]
)
def test_a_value_has_the_code_that_marks_it(value: Any, code: str | None) -> None:
    assert code_of(value) == code


@pytest.mark.parametrize(("code", "value"), [("true", True), ("false", False), ("male", "male")])
def test_yes_and_no_are_listed_as_words(code: str, value: object) -> None:
    assert plain(code) == value


def test_the_codes_of_yes_and_no_need_no_list() -> None:
    assert codes_for(Listing("a"), item("x", None, Shape.YES_NO)) == ("true", "false")
    assert codes_for(Listing("a", "b"), item("x", None, Shape.CODE)) == ("a", "b")


@pytest.mark.parametrize("field", ["person.address", "previous_address"])
def test_an_empty_address_begins_with_the_municipality(field: str) -> None:
    assert proposal(item(field), SHINJUKU, DAY) == ("東京都新宿区", "entry.begun")
    # Where it is begun already, or the table does not know the municipality, nothing is proposed.
    assert proposal(item(field, "東京都"), SHINJUKU, DAY) is None
    assert proposal(item(field), NOWHERE, DAY) is None


def test_nothing_is_proposed_for_what_is_no_address() -> None:
    assert proposal(item("person.name"), SHINJUKU, DAY) is None


@pytest.mark.parametrize(
    ("rule", "value", "mended", "comment"),
    [
        ("name_small_letters", "Nguyen Van An", "NGUYEN VAN AN", "entry.capitals"),
        ("character_not_seiji", "张伟", "張偉", "entry.seiji"),
    ],
)
def test_what_a_rule_mends_is_proposed(rule: str, value: str, mended: str, comment: str) -> None:
    found = item("person.name", value, Shape.TEXT, "blank_doubled", rule)
    assert proposal(found, SHINJUKU, DAY) == (mended, comment)


def test_a_rule_that_mends_nothing_proposes_nothing() -> None:
    assert proposal(item("person.name", "A  B", Shape.TEXT, "blank_doubled"), SHINJUKU, DAY) is None
