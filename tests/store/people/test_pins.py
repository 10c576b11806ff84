"""Which PINs may be chosen, and that a kept one is of no use without the pepper.

It shows `store.people.guessable` as well.
"""

import secrets
from contextlib import suppress
from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from hypothesis import given
from hypothesis import strategies as st

from store.errors import PinFault, PinGuessable, PinTooLong, PinTooShort, PinUntypable
from store.people import Pepper, check_pin_policy
from store.people.pins import NOBODYS_HASH, draw_pin

TERMINAL = "t-131041-01"


@pytest.mark.parametrize("good", ["40718295", "9281746350", "correct horse battery", "うみやま そらとかぜ のはな"])
def test_good_pins(good: str) -> None:
    check_pin_policy(good, person_id="op-101")


@pytest.mark.parametrize(
    ("bad", "error", "rule"),
    [
        ("", PinTooShort, None),
        ("4071829", PinTooShort, None),
        ("elevenchars", PinTooShort, None),
        ("４０７１８２９５", PinTooShort, None),  # Full-width digits are letters here.
        ("x" * 129, PinTooLong, None),
        ("with\ttabulator", PinUntypable, None),
        ("with\x1b escape", PinUntypable, None),
        ("00000000", PinGuessable, "repeat"),
        ("12121212", PinGuessable, "repeat"),
        ("47124712", PinGuessable, "repeat"),
        ("11122233", PinGuessable, "repeat"),  # Three different digits.
        ("abababababab", PinGuessable, "repeat"),
        ("12345678", PinGuessable, "run"),
        ("98765432", PinGuessable, "run"),
        ("67890123", PinGuessable, "run"),
        ("13579135", PinGuessable, "run"),
        ("abcdefghijkl", PinGuessable, "run"),
        ("40722704", PinGuessable, "mirror"),
        ("19940104", PinGuessable, "date"),
        ("20240229", PinGuessable, "date"),
        ("25121987", PinGuessable, "date"),
        ("12251987", PinGuessable, "date"),
        ("10203040", PinGuessable, "run"),
        ("12345679", PinGuessable, "known"),
        ("44882211", PinGuessable, "known"),  # Four pairs.
        ("11223344", PinGuessable, "run"),
        ("14725836", PinGuessable, "known"),  # Down the keys for numbers.
        ("98741236", PinGuessable, "known"),  # Around them.
        ("12341235", PinGuessable, "known"),
        ("password1234", PinGuessable, "known"),
        ("P@ssw0rd2026", PinGuessable, "known"),
        ("1q2w3e4r5t6y", PinGuessable, "known"),
        ("qwertyuiop12", PinGuessable, "known"),
        ("さくらさくら市役所2026", PinGuessable, "known"),
        ("my id is op-101!", PinGuessable, "id"),
        ("MY ID IS OP-101!", PinGuessable, "id"),
    ],
)
def test_bad_pins(bad: str, error: type[PinFault], rule: str | None) -> None:
    with pytest.raises(error) as caught:
        check_pin_policy(bad, person_id="op-101")
    assert caught.value.facts.get("rule") == rule
    assert not bad or bad not in str(caught.value), "the PIN itself is in no error"


def test_day_that_no_calendar_has_is_no_date() -> None:
    check_pin_policy("20231329")


@given(st.text(max_size=140))
def test_policy_accepts_or_refuses_anything_without_failing(pin: str) -> None:
    with suppress(PinFault):
        check_pin_policy(pin, person_id="op-101")


def test_most_random_digits_are_accepted() -> None:
    refused = 0
    for _ in range(2000):
        try:
            check_pin_policy(f"{secrets.randbelow(10**8):08d}")
        except PinGuessable:
            refused += 1
    assert refused < 200


def test_kept_pin_matches_only_the_same_pin_with_the_same_pepper(tmp_path: Path) -> None:
    pepper = Pepper.create(tmp_path / "pepper.key", queue=TERMINAL)
    kept = pepper.hash_pin("op-101", "40718295")
    assert kept.startswith("bound-2$argon2id$")
    assert "40718295" not in kept
    assert Pepper.open(tmp_path / "pepper.key", queue=TERMINAL).matches("op-101", "40718295", kept)
    assert not pepper.matches("op-101", "40718296", kept)
    assert not pepper.matches("op-102", "40718295", kept), "the hash of one person opens no other ID"
    assert not Pepper.open(tmp_path / "pepper.key", queue="t-2").matches("op-101", "40718295", kept)
    assert not Pepper.create(tmp_path / "other.key", queue=TERMINAL).matches("op-101", "40718295", kept)


def test_unknown_people_cost_the_same_work() -> None:
    assert extract_parameters(NOBODYS_HASH) == RFC_9106_LOW_MEMORY
    assert not Pepper(b"p" * 32, TERMINAL).matches("op-101", "40718295", NOBODYS_HASH)


def test_drawn_pins_are_good_and_differ() -> None:
    pins = {draw_pin() for _ in range(200)}
    assert len(pins) > 190
    for pin in pins:
        check_pin_policy(pin)
        assert len(pin) == 8
