"""正字: which kanji a card may bear, what the notice puts in the place of others, and how names are folded."""

import pytest

from store.message.errors import TableItemWrong, TableUnreadable
from store.message.seiji import Replacement, fold, is_seiji, read_kept, read_replacements, replacements


@pytest.mark.parametrize("character", "蘭張沈芸叶刘﨑邊\U0002000b丂")
def test_what_is_in_jis_stays_as_it_is(character: str) -> None:
    assert is_seiji(character)
    assert replacements(character) == ()


@pytest.mark.parametrize("character", ["\U00027971", "\U00027d2b", "\U0002bfbb"])
def test_the_other_characters_that_the_notice_keeps_are_seiji(character: str) -> None:
    assert is_seiji(character)
    assert replacements(character) == ()


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("张", (Replacement("張", 1, 1), Replacement("弡", 1, 2))),
        ("车", (Replacement("車", 1, 1),)),
        ("㐀", (Replacement("丘", 1, 1),)),
    ],
)
def test_a_simplified_form_has_its_seiji(character: str, expected: tuple[Replacement, ...]) -> None:
    assert not is_seiji(character)
    assert replacements(character) == expected


def test_the_first_choice_comes_first() -> None:
    seen = [found for character in map(chr, range(0x3400, 0xA000)) if len(found := replacements(character)) > 1]
    assert seen
    assert all([each.order for each in found] == [1, 2] for found in seen)
    # No character stands in both tables.
    assert all(len({each.table for each in found}) == 1 for found in seen)


@pytest.mark.parametrize("character", ["ก", "A", "\ue000", "\U0001f600"])
def test_what_the_table_does_not_have_has_no_seiji(character: str) -> None:
    assert replacements(character) == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("NGUYEN VAN", "ｎｇｕｙｅｎ　ｖａｎ"),
        ("ガス", "ｶﾞｽ"),
        ("张伟", "張偉"),
        ("葛\U000e0100城", "葛城"),
        ("A\u00a0B", "ab"),
    ],
)
def test_spellings_of_one_name_fold_to_one(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_other_names_stay_apart() -> None:
    assert len({fold(name) for name in ("沈", "沉", "NGUYEN", "NGUYỄN", "張", "章")}) == 6


@pytest.mark.parametrize("row", ["3400\t4E18\t1", "zz\t4E18\t1\t1", "3400\t4E18\tx\t1", "110000\t4E18\t1\t1"])
def test_a_damaged_table_is_refused_as_a_whole(row: str) -> None:
    with pytest.raises(TableItemWrong) as refusal:
        read_replacements(f"# a remark\nfrom\tto\ttable\torder\n3401\t4E18\t1\t1\n{row}\n")
    assert (refusal.value.facts["table"], refusal.value.facts["line"]) == ("seiji.tsv", "4")


def test_a_table_without_its_heading_is_none() -> None:
    for text in ("", "3400\t4E18\t1\t1\n"):
        with pytest.raises(TableUnreadable):
            read_replacements(text)


def test_a_character_that_is_none_is_told_with_its_line() -> None:
    with pytest.raises(TableItemWrong) as refusal:
        read_kept("27971\n110000\n")
    assert refusal.value.facts["line"] == "2"
