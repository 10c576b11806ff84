"""Characters are kept as they are, refused when they steer screens, and a warning when no register has them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.message.canonical import decode, encode
from store.message.declarations.characters import (
    foreign_forms,
    is_usual,
    placeholders,
    refused_characters,
    shows_nothing,
    traces_of_loss,
    unusual_characters,
)
from tests.store.message.specimens import changed, good, judge

KEPT = [
    "葛\U000e0100城",  # an ideographic variation sequence
    "神\ufe00",  # a standardised variation sequence
    "\U0002000b\U00020bb7",  # supplementary plane, in JIS X 0213 and not
    "\ue000\U000f0000",  # private use
    "\u304c\u304b\u3099",  # が composed and decomposed
    "ﾊﾝｶｸ Ｚ①㍻",  # what NFKC would change
    "\u00c5\u212b",  # Å and the ångström sign, which NFC would make the same
    "O'BRIEN-LOPEZ  MARY",  # two spaces
]


@pytest.mark.parametrize("name", KEPT)
def test_names_are_kept_code_point_by_code_point(name: str) -> None:
    record = changed(good("arrival"), {"person.name": name})
    message = judge(record).message

    assert message is not None
    assert decode(encode(message.to_record()))["person"]["name"] == name
    assert name.encode() in encode(message.to_wire())


@pytest.mark.parametrize("length", [200, 1000, 5000])
def test_names_are_never_cut(length: int) -> None:
    name = "邊" * length
    message = judge(changed(good("arrival"), {"person.name": name, "person.name_kanji": name})).message

    assert message is not None
    assert message.to_record()["person"]["name_kanji"] == name


@given(st.characters())
def test_exactly_controls_directions_surrogates_and_the_sign_of_a_loss_are_refused(
    character: str,
) -> None:
    refused = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in (
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffd"
    )

    assert bool(refused_characters(f"A{character}")) == refused


@given(st.text())
def test_any_text_can_be_judged_in_few_entries(text: str) -> None:
    rules = [blemish.rule for blemish in [*refused_characters(text), *unusual_characters(text)]]

    assert len(rules) == len(set(rules))


def test_nothing_is_to_be_said_of_a_usual_text() -> None:
    """Every character that passes as usual, a few at a time: no other check of this module has a word for them."""
    usual = [character for character in map(chr, range(0x10000)) if is_usual(character)]
    assert len(usual) > 6000
    for first in range(0, len(usual), 50):
        text = " ".join(usual[first : first + 50])
        assert is_usual(text)
        assert not shows_nothing(text)
        for check in (refused_characters, traces_of_loss, placeholders, unusual_characters, foreign_forms):
            assert not list(check(text)), (check, text)


@pytest.mark.parametrize(
    "text", ["", " ", "A  B", " A", "A ", "A\tB", "A\u3000B", "邊\U000e0100", "Á", "A&amp;B", "A?", "〓"]
)
def test_what_may_want_a_word_is_not_usual(text: str) -> None:
    assert not is_usual(text)


@pytest.mark.parametrize("text", ["邊", "﨑", "\U0002000b", "ĐẶNG", "葛\U000e0100", "丂", "ナン・テイ", "Ａ１"])
def test_usual_characters_are_no_warning(text: str) -> None:
    assert unusual_characters(text) == []


@pytest.mark.parametrize(
    ("text", "code_point", "place", "times"),
    [
        ("秀兰", "U+5170", 2, 1),
        ("\U00020bb7田\U00020bb7", "U+20BB7", 1, 2),
        ("A\ue000", "U+E000", 2, 1),
        ("นาย", "U+0E19", 1, 3),
    ],
)
def test_unusual_characters_are_reported_with_place_and_count(
    text: str, code_point: str, place: int, times: int
) -> None:
    (blemish,) = unusual_characters(text)

    assert blemish == ("character_unusual", code_point, place, times)
