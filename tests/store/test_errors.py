"""Everything of the store that people read has its words in both languages."""

import string
from collections.abc import Iterator

import pytest

import store.message.errors  # noqa: F401 - the leaves of the messages belong to the tree as well
from console.words import LANGUAGES, Words
from store.errors import StoreError
from store.log import Event, Result
from store.message.states import InState, OutState


def leaves(root: type[StoreError]) -> Iterator[type[StoreError]]:
    for branch in root.__subclasses__():
        if "code" in vars(branch):
            yield branch
        yield from leaves(branch)


LEAVES = list(leaves(StoreError))
NAMED = [
    *(f"events.{event}" for event in Event),
    *(f"results.{result}" for result in Result),
    *(f"states.out.{state}" for state in OutState),
    *(f"states.in.{state}" for state in InState),
]


@pytest.mark.parametrize("key", NAMED)
def test_every_code_has_a_name(key: str) -> None:
    assert len({Words(language)(key) for language in LANGUAGES}) == 2


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_every_error_says_cause_and_remedy(leaf: type[StoreError]) -> None:
    faults = [Words(language).fault(leaf.code) for language in LANGUAGES]
    assert len({text for fault in faults for text in (fault.cause, fault.remedy)}) == 4
    assert not any(leaf.code in fault.cause for fault in faults), "told as an unknown fault"


def test_codes_are_unique_and_tell_their_class() -> None:
    assert len({leaf.code for leaf in LEAVES}) == len(LEAVES)
    for leaf in LEAVES:
        assert string.capwords(leaf.code.replace("_", " ")).replace(" ", "") == leaf.__name__


def test_errors_show_code_and_facts_on_one_line() -> None:
    assert str(LEAVES[0](found=2, known=1)) == f"{LEAVES[0].code} found=2 known=1"
