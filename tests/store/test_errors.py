"""Everything of the store that people read has its words in both languages."""

from collections.abc import Iterator

import store.message.errors  # noqa: F401  # The leaves of the messages belong to the tree as well.
from console.words import LANGUAGES, Words
from store.errors import StoreError
from store.log import Event, Result
from store.message.states import InState, OutState


def leaves(root: type[StoreError]) -> Iterator[type[StoreError]]:
    for branch in root.__subclasses__():
        if not branch.__subclasses__():
            yield branch
        yield from leaves(branch)


LEAVES = list(leaves(StoreError))
NAMED = [
    *(f"events.{event}" for event in Event),
    *(f"results.{result}" for result in Result),
    *(f"states.out.{state}" for state in OutState),
    *(f"states.in.{state}" for state in InState),
]


def test_every_code_has_a_name() -> None:
    for key in NAMED:
        assert len({Words(language)(key) for language in LANGUAGES}) == 2, key


def test_every_error_says_cause_and_remedy() -> None:
    for leaf in LEAVES:
        faults = [Words(language).fault(leaf.code) for language in LANGUAGES]
        assert len({text for fault in faults for text in (fault.cause, fault.remedy)}) == 4, leaf
        assert not any(leaf.code in fault.cause for fault in faults), "shown as an unknown fault"
