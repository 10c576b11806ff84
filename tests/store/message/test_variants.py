"""Forms of one kanji are one for the search, and stay apart everywhere else; held in `store.message.search`."""

import unicodedata

import pytest

from store.message.errors import TableItemWrong
from store.message.overlays import check, said_of
from store.message.search import VARIANTS, read_variants, search_form
from store.message.seiji import fold
from store.message.table_files import lay_over, package_text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("高崎", "髙﨑"),
        ("渡辺", "渡邊"),
        ("渡辺", "渡邉"),
        ("张", "張"),
        ("吉田", "𠮷田"),
        ("国沢", "國澤"),
        ("NGUYEN", "ｎｇｕｙｅｎ"),
    ],
)
def test_who_writes_one_form_finds_the_other(left: str, right: str) -> None:
    assert search_form(left) == search_form(right)


def test_other_characters_stay_apart() -> None:
    assert len({search_form(name) for name in ("斉藤", "斎藤", "崎", "埼", "高", "橋", "沈", "沉")}) == 8


def test_comparisons_do_not_take_one_for_the_other() -> None:
    assert fold("高崎") != fold("髙﨑")


def test_every_form_of_the_table_is_looked_up_and_leads_to_the_usual_one() -> None:
    forms = read_variants(package_text(VARIANTS))
    assert len(forms) > 300
    assert not set(forms.values()) & forms.keys(), "the usual form of none is another form of another"
    assert all(unicodedata.name(form).startswith("CJK ") for form in (*forms, *forms.values()))
    assert all(search_form(form) == usual for form, usual in forms.items())


@pytest.mark.parametrize("line", ["高", "高髙髙", "高 髙", "高ｶ", "吉𠮷\n𠮷吉"])
def test_a_line_that_joins_nothing_or_too_much_is_refused(line: str) -> None:
    with pytest.raises(TableItemWrong) as refusal:
        read_variants(f"# a remark\n高髙\n{line}\n")
    assert refusal.value.facts["table"] == VARIANTS


def test_a_terminal_may_add_forms() -> None:
    text = "龍龖\n"
    check({VARIANTS: text})
    assert said_of(VARIANTS, text) == {"龖": "龍"}
    lay_over({VARIANTS: text})
    try:
        assert search_form("龖") == search_form("龍") == search_form("竜")
    finally:
        lay_over({})
