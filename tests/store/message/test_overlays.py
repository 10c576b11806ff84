"""What a terminal lays over its tables is checked like the package's files, and decides from then on.

`store.message.table_entries` reads the dated ones, `store.message.table_files` says what lies over them.
"""

from collections.abc import Iterator
from datetime import date

import pytest

from store import holidays
from store.message import tables
from store.message.errors import (
    TableFault,
    TableForeign,
    TableItemMissing,
    TableItemUnknown,
    TableItemWrong,
    TablePeriodBroken,
    TableUnreadable,
)
from store.message.overlays import check, said_of
from store.message.seiji import fold, is_seiji
from store.message.table_files import laid_over, lay_over, names, package_text
from tests.store.message.specimens import changed, faults, good

NEW = "XPT = [{from = 2026-04-01, ja = '仮の国', en = 'Placeland'}]\n"
HALF = "from = 2012-07-09, ja = 'x', en = 'x'"
ERA = "reiwa = [{from = 2019-05-01, ja = 'x', en = 'x', first_year = 2019}]"
REPORT = f"juki-99 = [{{{HALF}, action = 'entry', planned_departure = false}}]"
CAUSE = f"""[[x]]
{HALF.replace(", ", chr(10))}
paragraphs = ['12-4']
actions = ['entry']
partial_date = false
day_ja = 'x'
day_en = 'x'
"""
TWO = """XPU = [
    {from = 2020-01-01, to = 2020-12-31, ja = 'x', en = 'x'},
    {from = 2020-12-31, ja = 'y', en = 'y'},
]"""
PRESET = f"x = [{{{HALF}, messages = [{{kind = 'resident_record', preset = 3}}]}}]"


@pytest.fixture(autouse=True)
def _back() -> Iterator[None]:
    yield
    lay_over({})


@pytest.mark.parametrize("name", sorted(names()))
def test_the_package_passes_what_an_overlay_has_to_pass(name: str) -> None:
    text = package_text(name)
    check({name: text})
    assert said_of(name, text)


@pytest.mark.parametrize(
    ("name", "text", "error", "line", "item"),
    [
        ("nationality.toml", NEW, TableForeign, None, None),
        ("nationalities.toml", f"# x\n{NEW}a = [", TableUnreadable, "3", None),
        ("nationalities.toml", "[" * 5_000, TableUnreadable, "1", None),
        # The form of an entry.
        ("nationalities.toml", f"{NEW}\nXPU = [{{from = 2026-04-01, ja = 'x'}}]", TableItemMissing, "3", "en"),
        ("nationalities.toml", "XPU = [{ja = 'x', en = 'x'}]", TableItemMissing, "1", "from"),
        ("nationalities.toml", f"XPU = [{{{HALF}, fr = 'x'}}]", TableItemUnknown, "1", "fr"),
        ("nationalities.toml", "XPU = [{from = '2026-04-01', ja = 'x', en = 'x'}]", TableItemWrong, "1", "from"),
        ("nationalities.toml", "XPU = [{from = 2026-04-01T00:00:00, ja = 'x', en = 'x'}]", TableItemWrong, "1", "from"),
        ("nationalities.toml", "XPU = [{from = 2026-04-01, ja = ' ', en = 'x'}]", TableItemWrong, "1", "ja"),
        ("nationalities.toml", "XPU = []", TableItemWrong, "1", "-"),
        ("nationalities.toml", "XPU = 3", TableItemWrong, "1", "-"),
        ("nationalities.toml", "XPU = [3]", TableItemWrong, "1", "-"),
        ("nationalities.toml", f"xpu = [{{{HALF}}}]", TableItemWrong, "1", "-"),
        ("municipalities.toml", f"131042 = [{{{HALF}, prefecture = 'x'}}]", TableItemWrong, "1", "-"),
        ("peers.toml", f"pear = [{{{HALF}, notice_ja = 'x', notice_en = 'x'}}]", TableItemWrong, "1", "-"),
        ("statuses.toml", f"x = [{{{HALF}, mid_long_term = 'yes'}}]", TableItemWrong, "1", "mid_long_term"),
        ("eras.toml", f"x = [{{{HALF}, first_year = 10000}}]", TableItemWrong, "1", "first_year"),
        # Periods.
        (
            "nationalities.toml",
            TWO,
            TablePeriodBroken,
            "3",
            "from",
        ),
        (
            "nationalities.toml",
            "[[XPU]]\nfrom = 2020-01-01\nja = 'x'\nen = 'x'\n[[XPU]]\nfrom = 2021-01-01\nja = 'y'\nen = 'y'\n",
            TablePeriodBroken,
            "5",
            "from",
        ),
        ("nationalities.toml", f"XPU = [{{{HALF}, to = 2012-07-08}}]", TablePeriodBroken, "1", "to"),
        # What had a meaning on a day keeps one, and some tables say something of each day to come.
        ("nationalities.toml", "VNM = [{from = 2026-04-01, ja = 'x', en = 'x'}]", TablePeriodBroken, "1", "from"),
        ("articles.toml", f"juki-22 = [{{{HALF}, to = 2030-01-01}}]", TablePeriodBroken, "1", "to"),
        ("eras.toml", ERA.replace("05-01", "04-30"), TablePeriodBroken, "1", "from"),
        ("eras.toml", ERA.replace("ja =", "to = 2030-01-01, ja ="), TablePeriodBroken, "1", "to"),
        # What is pointed at.
        ("reports.toml", REPORT.replace("entry", "erase"), TableItemWrong, "1", "action"),
        (
            "residence_reports.toml",
            f"x = [{{{HALF}, category = 'mid_long_term', deemed_by = ['juki-99']}}]",
            TableItemWrong,
            "1",
            "deemed_by",
        ),
        (
            "causes.toml",
            CAUSE,
            TableItemWrong,
            "1",
            "paragraphs",
        ),
        ("events.toml", f"x = [{{{HALF}, messages = [{{kind = 'agency_notice'}}]}}]", TableItemWrong, "1", "kind"),
        ("events.toml", PRESET, TableItemWrong, "1", "preset"),
        (
            "events.toml",
            f"x = [{{{HALF}, messages = [{{kind = 'residence_report', articles = {{mid_long_term = ['x']}}}}]}}]",
            TableItemWrong,
            "1",
            "articles",
        ),
        # The other tables.
        ("holidays.toml", "# x\nfixed = ['02-30']", TableItemWrong, "2", "-"),
        ("holidays.toml", "mondays = [[13, 1]]", TableItemWrong, "1", "-"),
        ("holidays.toml", "feasts = []", TableItemUnknown, "1", "-"),
        ("holidays.toml", "moved = {2026-07-20 = '2026-07-21'}", TableItemWrong, "1", "-"),
        ("seiji.tsv", "3400\t4E18\t1\t1\n", TableUnreadable, "1", None),
        ("seiji-extra.txt", "27971\nzz\n", TableItemWrong, "2", "-"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_item(
    name: str, text: str, error: type[TableFault], line: str | None, item: str | None
) -> None:
    with pytest.raises(error) as refusal:
        check({name: text})
    facts = refusal.value.facts
    assert (facts["table"], facts.get("line"), facts.get("item")) == (name, line, item)


def test_what_is_laid_over_decides_and_the_rest_stays_as_it_is() -> None:
    record = changed(good("arrival"), {"person.nationality": "XPT"})
    assert faults(record) == {("person.nationality", "nationality_unknown")}
    lay_over({"nationalities.toml": NEW})
    assert faults(record) == set()
    # Only from its day on, and beside all others.
    assert tables.nationalities().at("XPT", date(2026, 3, 31)) is None
    assert tables.nationalities().at("VNM", date(2026, 3, 31)) is not None
    lay_over({})
    assert faults(record) == {("person.nationality", "nationality_unknown")}


def test_an_article_moves_on_its_day_and_old_messages_keep_its_number() -> None:
    text = """juki-22 = [
    {from = 2012-07-09, to = 2027-03-31, ja = "住民基本台帳法第22条", en = "art. 22"},
    {from = 2027-04-01, ja = "住民基本台帳法第22条の2", en = "art. 22-2"},
]
"""
    check({"articles.toml": text})
    lay_over({"articles.toml": text})
    found = [tables.articles().at("juki-22", day) for day in (date(2027, 3, 31), date(2027, 4, 1))]
    assert [entry and entry.en for entry in found] == ["art. 22", "art. 22-2"]


def test_one_file_may_point_at_what_another_brings() -> None:
    paragraph = f"12-4 = [{{{HALF}}}]"
    check({"causes.toml": CAUSE, "paragraphs.toml": paragraph})
    with pytest.raises(TableItemWrong):
        check({"causes.toml": CAUSE})


def test_kanji_and_holidays_are_amended_likewise() -> None:
    day = date(2028, 5, 12)
    assert not holidays.is_closed(day)
    assert not is_seiji("\u3401")
    lay_over(
        {
            "holidays.toml": "moved = {2028-05-05 = 2028-05-12}",
            "seiji.tsv": "from\tto\ttable\torder\n3400\t4E19\t1\t1\n",
            "seiji-extra.txt": "3401\n",
        }
    )
    assert holidays.is_closed(day)
    # Days that the package has moved stay moved.
    assert holidays.is_closed(date(2021, 7, 22))
    assert is_seiji("\u3401")
    assert fold("\u3400") == "丙"
    assert laid_over().keys() == {"holidays.toml", "seiji.tsv", "seiji-extra.txt"}


def test_laying_the_same_over_again_makes_nothing_anew() -> None:
    lay_over({"nationalities.toml": NEW})
    made = tables.nationalities()
    lay_over({"nationalities.toml": NEW})
    assert tables.nationalities() is made
