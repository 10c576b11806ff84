"""Names and addresses that can hardly be right, in the forms in which offices have them."""

import pytest

from store.clock import day_in_japan
from store.message import tables
from store.message.checks.checking import check
from tests.store.message.specimens import NOW, changed, faults, good

WITHOUT = "address_without_municipality"
SHORT = "address_short"

# How residents of 新宿区 live, as their records say it.
OURS = [
    "東京都新宿区西新宿二丁目8番1号",
    "東京都新宿区歌舞伎町1丁目4番1号",
    "東京都 新宿区 戸山一丁目21番1号",
    "東京都　新宿区　戸山一丁目21番1号",
    "新宿区神楽坂六丁目3番9号 コーポみどり706",
    "新宿区若松町３１番２４号",
    "新宿区大久保1-4-1",
    "新宿区四谷",
    "東京都新宿区",
    " 新宿区戸山一丁目1番1号",
]
# What a wrong line of a register, a form that was left, or a neighbour's record looks like.
NOT_OURS = [
    ("東京都渋谷区代々木一丁目1番1号", WITHOUT),
    ("渋谷区代々木一丁目1番1号", WITHOUT),
    ("西新宿二丁目8番1号", WITHOUT),
    ("二丁目8番1号 コーポみどり706", WITHOUT),
    ("大阪府新宿区西新宿二丁目8番1号", WITHOUT),
    ("SHINJUKU-KU, TOKYO", WITHOUT),
    ("1-4-1 Okubo", WITHOUT),
    ("東京都架空町一丁目1番1号", WITHOUT),
    ("東京都中野区新宿区町1番1号", WITHOUT),
    ("コーポみどり706号室", WITHOUT),
    ("同上のとおりの住所", WITHOUT),
    ("戸籍の附票のとおり", WITHOUT),
    ("住所不定", SHORT),
    ("ベト", SHORT),
    ("新宿", SHORT),
    ("新宿区", SHORT),
    ("東京都", SHORT),
    ("不明", SHORT),
    ("-", SHORT),
]
# Where people come from is anywhere in the country.
FROM_ANYWHERE = [
    "東京都渋谷区代々木一丁目1番1号",
    "渋谷区代々木一丁目1番1号",
    "大阪府大阪市北区中之島一丁目3番20号",
    "大阪市北区中之島1-3-20",
    "北海道札幌市中央区北1条西2丁目",
    "北海道虻田郡倶知安町北1条東3丁目3番地",
    "沖縄県島尻郡八重瀬町字東風平1188番地",
    "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
    "神奈川県横浜市中区本町6丁目50番地の10",
    "東京都小笠原村父島字西町",
    "愛知県名古屋市中区三の丸三丁目1番1号",
    "名古屋市中区三の丸3-1-1",
    "福岡県糟屋郡粕屋町駕与丁一丁目1番1号",
    "長野県北佐久郡軽井沢町大字長倉2381番地1",
    "鹿児島県大島郡与論町茶花1418番地1",
    "群馬県邑楽郡大泉町日の出55番1号",
    "三重県四日市市諏訪町1番5号",
    "広島県廿日市市下平良一丁目11番1号",
    "千葉県市川市八幡一丁目1番1号",
    "石川県野々市市三納一丁目1番地",
]
FROM_NOWHERE = [
    ("VIET NAM, HA NOI", WITHOUT),
    ("ベトナム社会主義共和国", WITHOUT),
    ("国外からの転入", WITHOUT),
    ("1-1-1 YOYOGI", WITHOUT),
    ("KATHMANDU, NEPAL", WITHOUT),
    ("フィリピン、マニラ", WITHOUT),
    ("アメリカ合衆国ニューヨーク州", WITHOUT),
    ("前住所は届出書のとおり", WITHOUT),
    ("国外", SHORT),
    ("不詳", SHORT),
]
# As cards have them.
CAPITALS = [
    "NGUYEN VAN AN",
    "DELA CRUZ JOSE MIGUEL",
    "O'NEILL PATRICK",
    "SMITH-JONES ALEX",
    "JOSÉ ÁLVAREZ",
    "ĐẶNG THỊ HƯƠNG",
    "張偉",
    "金智雨",
    "葛󠄀城 𠮷子",
    "サントス マリア",
    "RAI PRAKASH",
    "LE THI MAI",
    "HSU CHIA-YING 許佳穎",
    "ÇELİK ŞÜKRÜ",
    "NUÑEZ GARCÍA",
    "WU YA-TING",
    "O’BRIEN",
    "D'SOUZA MARIA",
    "尹素敏",
    "ＫＩＭ ＪＩＷＯＯ",
]
SMALL = [
    "Nguyen Van An",
    "NGUYEN van AN",
    "dela cruz",
    "JOSé",
    "ĐẶNG Thị",
    "McDONALD",
    "kim jiwoo 金智雨",
    "Rai Prakash",
    "Le THI MAI",
    "HSU Chia-Ying",
    "çelik",
    "NUñEZ",
    "van der Berg",
    "DE la CRUZ",
    "STRAßE",
    "ｋｉｍ ｊｉｗｏｏ",
]


@pytest.mark.parametrize("address", OURS)
def test_an_address_of_ours_is_told_with_or_without_its_prefecture(address: str) -> None:
    about = {(field, rule) for field, rule in faults(changed(good("arrival"), {"person.address": address}))}
    assert about <= {("person.address", "blank_at_end")}


@pytest.mark.parametrize(("address", "rule"), NOT_OURS)
def test_an_address_that_is_none_of_ours_is_a_warning(address: str, rule: str) -> None:
    assert faults(changed(good("arrival"), {"person.address": address})) == {("person.address", rule)}


@pytest.mark.parametrize("address", FROM_ANYWHERE)
def test_people_come_from_anywhere_in_the_country(address: str) -> None:
    assert faults(changed(good("moved"), {"previous_address": address})) == set()


@pytest.mark.parametrize(("address", "rule"), FROM_NOWHERE)
def test_a_former_address_without_a_municipality_is_a_warning(address: str, rule: str) -> None:
    assert faults(changed(good("moved"), {"previous_address": address})) == {("previous_address", rule)}


@pytest.mark.parametrize("name", CAPITALS)
def test_a_name_as_cards_have_it_is_none(name: str) -> None:
    assert ("person.name", "name_small_letters") not in faults(changed(good("arrival"), {"person.name": name}))


@pytest.mark.parametrize("name", SMALL)
def test_small_letters_in_a_name_are_a_warning(name: str) -> None:
    assert ("person.name", "name_small_letters") in faults(changed(good("arrival"), {"person.name": name}))


@pytest.mark.parametrize("record", ["notice", "notice_special", "lost"])
def test_what_the_agency_says_is_not_judged_so(record: str) -> None:
    found = faults(changed(good(record), {"person.name": "Hossain Rafiq", "person.address": "港区"}))
    assert {rule for _, rule in found} & {"name_small_letters", SHORT, WITHOUT} == set()


def test_every_municipality_of_the_table_begins_its_own_addresses() -> None:
    day = day_in_japan(NOW)
    for ours in tables.municipalities().in_force(day):
        for beginning in (ours.ja, f"{ours.prefecture}{ours.ja}"):
            record = changed(
                good("arrival"), {"municipality": ours.code, "person.address": f"{beginning}架空町一丁目1番1号"}
            )
            found = check(record, municipality=ours.code, now=NOW).findings
            assert found == (), (ours.code, beginning)
