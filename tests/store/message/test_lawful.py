"""Lawful records of every event: both sides take them, and a record that is broken in one place is told at that place.

Shows `store.message.checks.checking` and `store.message.entry.proposal` against `transport.agency.validation`.
"""

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.message.canonical import encode
from store.message.checks.items import FIELDS
from store.message.groups import value_at, with_value
from tests.store.message.lawful import breakages, draw, events
from tests.store.message.specimens import MUNICIPALITY, NOW, Record, judge
from transport.agency.texts import Rejection
from transport.agency.validation import validate

SEEDS = st.integers(0, 10**9)


def refusal(record: Record) -> Rejection | None:
    """Return what the agency has against a record as it travels."""
    travelling = {name: value for name, value in record.items() if name != "subject"}
    return validate(json.dumps(travelling).encode(), MUNICIPALITY, NOW).refusal


@pytest.mark.parametrize("event", events())
@given(seed=SEEDS)
@settings(max_examples=5)
def test_what_is_lawful_is_taken_on_both_sides(event: str, seed: int) -> None:
    for record in draw(event, random.Random(seed)):
        checked = judge(record)
        assert not checked.errors
        assert checked.message is not None
        assert refusal(json.loads(encode(checked.message.to_wire()))) is None


@pytest.mark.parametrize("event", events())
@given(seed=SEEDS)
@example(seed=713_920)  # A newborn without a name, entered for a cause that nobody knows.
@settings(max_examples=5)
def test_one_broken_place_is_told_at_that_place_and_nowhere_else(event: str, seed: int) -> None:
    dice = random.Random(seed)
    record = dice.choice(draw(event, dice))
    field, value = dice.choice(breakages(record))
    broken = with_value(record, field, value)

    assert {finding.field for finding in judge(broken).errors} == {field}
    # What stays here cannot be told there.
    if field != "subject":
        answer = refusal(broken)
        assert answer is not None
        # The agency repeats no name that it does not know: it might be anything.
        assert answer.field == (field if field in FIELDS else "-")


@given(event=st.sampled_from(events()), seed=SEEDS)
@settings(max_examples=25)
def test_a_record_without_an_item_that_it_needs_is_told_at_that_item(event: str, seed: int) -> None:
    dice = random.Random(seed)
    record = dice.choice(draw(event, dice))
    # These are needed whatever else the record says.
    field = dice.choice(
        [name for name in ("category", "action", "article", "reported_on") if name in record] or ["kind"]
    )
    bare = {name: value for name, value in record.items() if name != field}

    assert {finding.field for finding in judge(bare).errors} == {field}
    assert value_at(bare, field) is None
