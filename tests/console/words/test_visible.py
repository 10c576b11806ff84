import json
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from console.words.visible import escaped, visible


def test_every_character_without_ink_is_shown_and_letters_stay() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            assert visible(character) != character, hex(code)
        elif unicodedata.category(character)[0] in "LMNPS" and character not in "\u115f\u1160\u3164\uffa0":
            # U+E0000 and up are tags by block, whatever their category.
            assert visible(character) == character or 0xE0000 <= code <= 0xE00FF, hex(code)


def test_control_pictures() -> None:
    assert visible("a\x1b[31mb\tc\nd\x7f") == "a␛[31mb␉c␊d␡"
    assert visible("12\u202e34\x9b\udc80") == "12‹202E›34‹009B›‹DC80›"


def test_names_are_never_changed() -> None:
    names = "葛\U000e0100城 髙﨑 𠮷野 \ue000 が JOSÉ  　"
    assert visible(names) == names


@given(st.text(st.characters(categories=("Cc", "Cf", "Cs", "Lo", "Mn", "Co", "Nd"))))
def test_visible_text_is_stable(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters()))
def test_escaped_json_says_the_same(text: str) -> None:
    line = escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(line) == text
    assert visible(line) == line
