"""Two persons' parts make one secret, in either order and on any keyboard; weak ones may not be chosen."""

import unicodedata

import pytest

from store.errors import KeyPartsAlike, KeyPartsFault, KeyPartsWeak
from store.sealing.sources.parts import LEAST_CHARACTERS, PassphraseParts

FIRST, SECOND = "correct horse battery", "staple zebra 石英"


def test_the_order_does_not_matter() -> None:
    assert PassphraseParts(FIRST, SECOND).secret == PassphraseParts(SECOND, FIRST).secret


def test_composed_and_decomposed_letters_are_the_same() -> None:
    composed = "ガラス戸 café au lait"
    decomposed = unicodedata.normalize("NFD", composed)

    assert decomposed != composed
    assert PassphraseParts(FIRST, decomposed).secret == PassphraseParts(FIRST, composed).secret


def test_letters_cannot_move_from_one_part_to_the_other() -> None:
    pairs = [("abc", "def"), ("abcd", "ef"), ("abcdef", ""), ("ab", "cdef")]

    assert len({PassphraseParts(*pair).secret for pair in pairs}) == len(pairs)


def test_no_text_of_an_object_shows_the_parts() -> None:
    parts = PassphraseParts(FIRST, SECOND)

    assert not any(part in f"{parts!r} {parts}" for part in (FIRST, SECOND))


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        ("", KeyPartsWeak),
        ("abcdefghijk", KeyPartsWeak),
        ("abababababab", KeyPartsWeak),
        ("1234567890123", KeyPartsWeak),
        ("１２３４５６７８９０１２", KeyPartsWeak),
        (FIRST, KeyPartsAlike),
        (FIRST.upper(), KeyPartsAlike),
    ],
    ids=["empty", "short", "four letters", "digits", "wide digits", "the same", "the same in capitals"],
)
def test_a_part_that_is_easy_to_guess_may_not_be_chosen(chosen: str, error: type[KeyPartsFault]) -> None:
    for parts in (PassphraseParts(FIRST, chosen), PassphraseParts(chosen, FIRST)):
        with pytest.raises(error):
            parts.check()


def test_the_shortest_parts_that_may_be_chosen() -> None:
    first, second = "abcdeabcdeab", "vwxyzvwxyzvw"
    assert len(first) == len(second) == LEAST_CHARACTERS

    PassphraseParts(first, second).check()
