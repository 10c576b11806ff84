"""Damaged records and files always get an answer, and never an exception that is not declared."""

import random

from hypothesis import given
from hypothesis import strategies as st

from store.message.checks.rules import RULES
from tests.store.message.mutations import mutate_record, originals, run, take_file, take_record
from tests.store.message.specimens import GOOD, judge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(sorted({name for record in GOOD.values() for name in record}))


def test_a_short_run_of_random_damage() -> None:
    refused, _ = run(2_000, seed=20261123)

    assert 1_000 < refused < 2_000  # The damage is real, and not all of it makes a record bad.


@given(st.integers())
def test_findings_are_of_known_rules_and_block_or_let_pass(seed: int) -> None:
    checked = judge(mutate_record(random.Random(seed), originals()))

    assert all(finding.rule in RULES for finding in checked.findings)
    assert (checked.message is None) == bool(checked.errors)
    assert len(checked.errors) + len(checked.warnings) == len(checked.findings)


@given(st.sampled_from(sorted(GOOD)), st.dictionaries(FIELDS, JSON))
def test_any_json_in_any_item_gets_an_answer(name: str, items: dict[str, object]) -> None:
    take_record({**GOOD[name], **items})


@given(st.one_of(JSON, st.dictionaries(st.integers() | st.none(), JSON), st.binary()))
def test_any_value_gets_an_answer(value: object) -> None:
    take_record(value)


@given(st.binary(max_size=2_000), st.sampled_from(["a.jsonl", "a.csv"]))
def test_any_bytes_get_an_answer(data: bytes, name: str) -> None:
    take_file(data, name)


@given(st.text(max_size=500), st.sampled_from(["a.jsonl", "a.csv"]))
def test_any_text_gets_an_answer(text: str, name: str) -> None:
    take_file(("kind,person.name\n" + text).encode("utf-8", "surrogatepass"), name)
