"""What people type leads to what they mean: events by a part of a name, countries by the beginning of one.

It shows `store.message.entry.proposal` and `store.message.checks.items` on the tables of the package.
"""

from datetime import date

import pytest

from store.message import tables
from store.message.checks.items import aliases_of, name_of
from store.message.codes import Kind
from store.message.entry.proposal import events_named

DAY = date(2026, 11, 23)
NATIONALITY = "person.nationality"

EVENTS = [
    ("職権消除", "unreported"),
    ("職権記載", "unreported"),
    ("実態調査", "unreported"),
    ("住所設定", "entered_anew"),
    ("転出", "move_out"),
    ("てんしゅつ", "move_out"),
    ("転居", "move_within"),
    ("引越", "move_within"),
    ("帰国", "return_from_abroad"),
    ("入国", "arrival_from_abroad"),
    ("出生", "birth"),
    ("しゅっせい", "birth"),
    ("死亡", "death"),
    ("しぼう", "death"),
    ("帰化", "naturalisation"),
    ("誤記", "error"),
    ("訂正", "error"),
    ("death", "death"),
    ("DEATH", "death"),
    ("ｄｅａｔｈ", "death"),
    ("  転出  ", "move_out"),
]
ALIASES = [
    ("USA", "アメリカ"),
    ("USA", "合衆国"),
    ("GBR", "イギリス"),
    ("GBR", "UK"),
    ("KOR", "大韓民国"),
    ("KOR", "South Korea"),
    ("PRK", "北朝鮮"),
    ("CHN", "中華人民共和国"),
    ("TWN", "中華民国"),
    ("VNM", "Viet Nam"),
    ("MMR", "ビルマ"),
    ("RUS", "ロシア連邦"),
    ("NLD", "Holland"),
]


@pytest.mark.parametrize(("typed", "code"), EVENTS)
def test_a_part_of_what_people_call_it_finds_an_event(typed: str, code: str) -> None:
    assert code in {event.code for event in events_named(typed, DAY)}


@pytest.mark.parametrize("typed", ["運動会", "zzz", "転出転出"])
def test_what_is_no_event_finds_none(typed: str) -> None:
    assert events_named(typed, DAY) == ()


@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_typed_leaves_all_events_in_their_order(typed: str) -> None:
    assert events_named(typed, DAY) == tables.events().in_force(DAY)


def test_typing_never_finds_an_event_twice() -> None:
    for typed in ("転", "届", "a"):
        codes = [event.code for event in events_named(typed, DAY)]
        assert len(codes) == len(set(codes)) > 1


@pytest.mark.parametrize(("code", "alias"), ALIASES)
def test_countries_have_the_names_that_people_use(code: str, alias: str) -> None:
    assert alias in aliases_of(NATIONALITY, code, DAY)


def test_an_alias_is_never_the_name_of_another_country() -> None:
    # Else the beginning of one name would mark a country that nobody meant.
    names = {
        name.casefold(): entry.code for entry in tables.nationalities().in_force(DAY) for name in (entry.ja, entry.en)
    }
    for entry in tables.nationalities().in_force(DAY):
        for alias in entry.aliases:
            assert names.get(alias.casefold(), entry.code) == entry.code


def test_an_alias_means_one_country() -> None:
    aliases = [alias.casefold() for entry in tables.nationalities().in_force(DAY) for alias in entry.aliases]
    assert len(aliases) == len(set(aliases))


def test_only_what_a_dated_table_names_has_aliases() -> None:
    assert aliases_of("person.name", "USA", DAY) == ()
    assert aliases_of(NATIONALITY, "no code", DAY) == ()
    assert aliases_of("municipality", "131041", DAY) == ()
    assert name_of(NATIONALITY, "USA", DAY, "ja") == "米国"


def test_those_of_whom_there_are_most_are_offered_first() -> None:
    first = [entry.code for entry in tables.nationalities().in_force(DAY)][:10]
    assert first == ["CHN", "VNM", "KOR", "PHL", "NPL", "BRA", "IDN", "MMR", "TWN", "USA"]


def test_the_deletion_nobody_reported_is_among_the_events() -> None:
    (event,) = events_named("職権消除", DAY)[-1:]
    assert [message["kind"] for message in event.messages] == [str(Kind.RESIDENT_RECORD)]
