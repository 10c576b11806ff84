"""The dated tables have no gaps and no overlaps, and they name every code rightly on every day."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from store.message import tables
from store.message.checks.items import name_of
from store.message.codes import Action, Category
from store.message.declarations.values import check_digit
from store.message.errors import TableDayMissing
from store.message.table_files import names

TABLES: list[Callable[[], tables.Table[Any]]] = [
    tables.articles,
    tables.reports,
    tables.residence_articles,
    tables.paragraphs,
    tables.causes,
    tables.not_sent,
    tables.nationalities,
    tables.statuses,
    tables.municipalities,
    tables.eras,
    tables.peer_names,
    tables.events,
]

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_periods_of_a_code_follow_each_other_day_by_day(table: Callable[[], tables.Table[Any]]) -> None:
    periods: dict[str, list[tables.Entry]] = {}
    for entry in table():
        periods.setdefault(entry.code, []).append(entry)

    assert periods
    for entries in periods.values():
        for entry in entries:
            assert entry.ja
            assert entry.en
            assert entry.until is None or entry.since <= entry.until
        for earlier, later in pairwise(entries):
            assert earlier.until is not None
            assert later.since == earlier.until + timedelta(days=1)


def test_every_file_of_the_data_is_read_by_a_table() -> None:
    # The rules of holidays and the kanji are tables too, but not dated ones.
    assert names() - tables.CLASSES.keys() == {"holidays.toml", "seiji.tsv", "seiji-extra.txt", "variants.txt"}
    assert len(tables.CLASSES) == len(TABLES)


def test_every_day_since_1873_has_an_era() -> None:
    eras = sorted(tables.eras(), key=lambda era: era.since)

    assert eras[0].since == date(1873, 1, 1)
    assert eras[-1].until is None
    for earlier, later in pairwise(eras):
        assert earlier.until is not None
        assert later.since == earlier.until + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2012, 7, 9), "法務大臣"),
        (date(2019, 3, 31), "法務大臣"),
        (date(2019, 4, 1), "出入国在留管理庁長官"),
        (TODAY, "出入国在留管理庁長官"),
    ],
)
def test_the_peer_is_named_as_the_law_of_the_day_does(day: date, name: str) -> None:
    assert tables.peer_name(day).name("ja") == name


def test_before_the_system_there_is_no_peer() -> None:
    with pytest.raises(TableDayMissing):
        tables.peer_name(tables.SYSTEM_START - timedelta(days=1))


@pytest.mark.parametrize(("day", "number"), [(date(2024, 6, 9), "第6条"), (date(2024, 6, 10), "第24条")])
def test_an_article_keeps_its_key_when_its_number_moves(day: date, number: str) -> None:
    entry = tables.articles().at("immigration-order-notice", day)

    assert entry is not None
    assert entry.ja.endswith(number)


@pytest.mark.parametrize(
    ("table", "code", "first"),
    [
        (tables.articles, "immigration-order-notice", date(2012, 7, 9)),
        (tables.peer_names, "peer", date(2012, 7, 9)),
        (tables.statuses, "特定技能1号", date(2019, 4, 1)),
        (tables.statuses, "特定技能2号", date(2019, 4, 1)),
        # None of these three is a matter of the line: the counter is told so from its day on.
        (tables.events, "supervision", date(2024, 6, 10)),
        (tables.events, "reading_of_name", date(2025, 5, 26)),
        (tables.events, "combined_card", date(2026, 6, 14)),
        (tables.statuses, "育成就労", date(2027, 4, 1)),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_what_the_law_brings_means_nothing_the_day_before(
    table: Callable[[], tables.Table[Any]], code: str, first: date
) -> None:
    assert table().at(code, first - timedelta(days=1)) is None
    assert table().at(code, first) is not None


def test_technical_intern_training_goes_on_beside_its_successor() -> None:
    entry = tables.statuses().at("技能実習1号イ", date(2027, 4, 1))
    assert entry is not None
    assert entry.until is None


def test_nationalities_hold_iso_3166_and_the_codes_besides_it() -> None:
    table = tables.nationalities()
    codes = {entry.code for entry in table.in_force(TODAY)}

    assert len(codes) == 249 + 5
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in codes)
    names = {
        "TWN": "台湾",
        "PSE": "パレスチナ",
        "XKR": "朝鮮",
        "XKX": "コソボ",
        "XXA": "無国籍",
        "XXB": "難民条約の難民",
        "XXX": "不明",
        "KOR": "韓国",
        "CHN": "中国",
        "GEO": "ジョージア",
    }
    for code, name in names.items():
        entry = table.at(code, TODAY)
        assert entry is not None
        assert entry.ja == name
    former = table.at("GEO", date(2015, 4, 21))
    assert former is not None
    assert former.ja == "グルジア"


def test_no_two_nationalities_share_a_name() -> None:
    names = [entry.ja for entry in tables.nationalities().in_force(TODAY)]

    assert len(set(names)) == len(names)


def test_municipalities_have_right_check_digits() -> None:
    municipalities = {entry.code: entry for entry in tables.municipalities()}

    assert all(len(code) == 6 and code[-1] == check_digit(code) for code in municipalities)
    assert municipalities["131041"].ja == "新宿区"
    assert municipalities["131016"].ja == "千代田区"
    assert municipalities["011002"].ja == "札幌市"
    assert sum(code.startswith("131") for code in municipalities) == 23
    assert len({entry.prefecture for entry in municipalities.values()}) == 47


@pytest.mark.parametrize("name", ["外交", "公用", "短期滞在"])
def test_some_statuses_are_outside_mid_long_term(name: str) -> None:
    entry = tables.statuses().at(name, TODAY)

    assert entry is not None
    assert not entry.mid_long_term


def test_statuses_changed_names_over_time() -> None:
    table = tables.statuses()

    assert table.at("技術", date(2015, 3, 31)) is not None
    assert table.at("技術", date(2015, 4, 1)) is None
    assert table.at("技術・人文知識・国際業務", date(2015, 3, 31)) is None
    assert table.at("技術・人文知識・国際業務", date(2015, 4, 1)) is not None


def test_tables_point_only_at_what_exists() -> None:
    reports = {entry.code for entry in tables.reports()}
    categories, actions = set(Category), set(Action)

    for article in tables.residence_articles():
        assert article.category in categories
        assert set(article.deemed_by) <= reports
        assert set(article.settled_on_not_deemed_by) <= set(article.deemed_by)
        assert set(article.previous_address_not_deemed_by) <= set(article.deemed_by)
    for report in tables.reports():
        assert report.action in actions
    for cause in tables.causes():
        assert all(paragraph in tables.paragraphs() for paragraph in cause.paragraphs)
        assert set(cause.actions) <= actions


def test_names_are_found_by_field() -> None:
    assert name_of("person.nationality", "VNM", TODAY, "ja") == "ベトナム"
    assert name_of("basis.article", "juki-24", TODAY, "en") == "Moving out (art. 24)"
    assert name_of("deemed_by", "juki-23", TODAY, "ja") == "転居届（住基法第23条）"
    assert name_of("municipality", "131041", TODAY, "en") == "Shinjuku City"
    assert name_of("basis.cause", "marriage", TODAY, "ja") is None
    assert name_of("person.name", "VNM", TODAY, "ja") is None
