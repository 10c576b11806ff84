"""Who may sign the log, as checkpoints spell it, and what one terminal may change for the others."""

import pytest

from store.log.signing_keys import key_text
from store.log.terminals import RETIRED, NextKeys, Origin, carries_on, from_texts, in_force, to_texts

A, B, C = (bytes([number]) * 32 for number in (1, 2, 3))


def test_keys_are_spelt_in_one_way_and_read_again() -> None:
    next_keys = {"t-2": B, "t-1": A, "t-3": RETIRED}
    texts = to_texts(next_keys)

    assert texts == [f"t-1:{key_text(A)}", f"t-2:{key_text(B)}", "t-3:"]
    assert from_texts(texts) == next_keys


@pytest.mark.parametrize(
    "texts",
    [
        None,
        "t-1:",
        [1],
        ["t-1"],
        [f"t-1:{key_text(A)}", f"t-1:{key_text(B)}"],
        [f"t-2:{key_text(B)}", f"t-1:{key_text(A)}"],
        [f"T-1:{key_text(A)}"],
        [f"t:{key_text(A)}"],
        [f"-t1:{key_text(A)}"],
        [f"t-1:{key_text(A)} "],
        ["t-1:AAAA"],
        [f"t-1:{key_text(A)}:"],
    ],
    ids=[
        "nothing",
        "a text",
        "a number",
        "no colon",
        "a name twice",
        "another order",
        "capitals",
        "too short a name",
        "a hyphen first",
        "a space",
        "no key",
        "another colon",
    ],
)
def test_any_other_spelling_is_none(texts: object) -> None:
    assert from_texts(texts) is None


def test_no_terminals_are_an_empty_list() -> None:
    assert from_texts([]) == {}


@pytest.mark.parametrize(
    "after",
    [
        {"t-1": C, "t-2": B},
        {"t-1": C, "t-2": B, "t-3": C},
        {"t-1": C, "t-2": RETIRED},
    ],
    ids=["its own key", "one more admitted", "one retired"],
)
def test_a_terminal_may_sign_on_admit_and_retire(after: NextKeys) -> None:
    assert carries_on({"t-1": A, "t-2": B}, {name: key or RETIRED for name, key in after.items()}, "t-1")


def test_a_retired_terminal_may_be_admitted_again_with_another_key() -> None:
    assert carries_on({"t-1": A, "t-2": RETIRED}, {"t-1": A, "t-2": B}, "t-1")


@pytest.mark.parametrize(
    "after", [{"t-1": A, "t-2": C}, {"t-1": A}, {"t-2": C}], ids=["another key", "left out", "as the other signer"]
)
def test_a_stolen_key_cannot_take_the_place_of_another_terminal(after: dict[str, bytes]) -> None:
    assert not carries_on({"t-1": A, "t-2": B}, after, "t-1")


def test_who_began_the_log_may_sign_first_even_with_a_key_that_is_not_known() -> None:
    assert Origin("t-1", A).next_keys == {"t-1": A}
    assert Origin("t-1").next_keys == {"t-1": None}
    assert in_force(Origin("t-1").next_keys) == ["t-1"]


def test_a_retired_terminal_is_not_in_force() -> None:
    assert in_force({"t-2": B, "t-3": RETIRED, "t-1": A}) == ["t-1", "t-2"]
