"""Searching for a person by a part of the name."""

import pytest

from store.message.canonical import encode
from store.message.search import SearchPart
from tests.console.jobs.site import entry, person_of


@pytest.mark.parametrize(
    ("part", "name", "kanji", "is_hit"),
    [
        ("NGUYEN", "NGUYEN VAN AN", None, True),
        ("nguyen", "NGUYEN VAN AN", None, True),
        ("ｎｇｕｙｅｎ", "NGUYEN VAN AN", None, True),
        ("nguyen", "Nguyen Van An", None, True),
        ("阮文", "NGUYEN VAN AN", "阮文安", True),
        ("葛\U000e0100城", "KATSURAGI", "葛\U000e0100城", True),
        ('O"NEIL', 'O"NEIL', None, True),
        # Both sides are folded: what is kept may be spelt otherwise than what is typed.
        ("NGUYEN", "ＮＧＵＹＥＮ　ＶＡＮ", None, True),
        ("nguyenvan", "NGUYEN VAN AN", None, True),
        ("ガス", "ｶﾞｽ", None, True),
        ("張", "ZHANG WEI", "张伟", True),
        ("张", "ZHANG WEI", "張偉", True),
        ("葛城", "KATSURAGI", "葛\U000e0100城", True),
        ("沉", "SHEN", "沈", False),
        ("TRAN", "NGUYEN VAN AN", "阮文安", False),
        ("HOSSAIN", "NGUYEN VAN AN", None, False),
    ],
)
def test_a_part_of_either_name_finds(part: str, name: str, kanji: str | None, *, is_hit: bool) -> None:
    names = {"name": name} if kanji is None else {"name": name, "name_kanji": kanji}
    assert SearchPart(part).is_in(encode(entry(1, person=person_of(**names)))) is is_hit


def test_only_names_count() -> None:
    # By the numbers as well, however wide they are typed.
    for part in ("0000000001", "00001", "12345678cd", "ＡＢ１２"):
        assert SearchPart(part).is_in(encode(entry(1)))
    assert not SearchPart("架空町").is_in(encode(entry(1)))
    assert not SearchPart("juki").is_in(encode({"kind": "certificate_delivery", "about": "juki"}))
