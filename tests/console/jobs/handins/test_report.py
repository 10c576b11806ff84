"""The report as a text: what people of the other system read, line by line, in both languages."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from console.errors import FileExists, FileUnwritable
from console.jobs.handins import report
from console.jobs.handins.intake_outcome import Intake, RecordFault
from console.jobs.handins.keeping import FileReport
from console.words import Language, Words
from store import clock
from store.handins.outcomes import FileOutcome
from store.handins.states import FileState
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Site

MOMENT: Final = datetime(2026, 11, 30, 0, 5, 12, tzinfo=UTC)
WRONG: Final = RecordFault("idou.csv", 12, "person.sex", "item_missing", {}, "neither", "R-003931")
ODD: Final = RecordFault("idou.csv", 31, "speed", "item_unknown", {"given": "x"})
TAKEN: Final = Intake(
    accepted=141,
    known=4,
    refused=3,
    errors=[WRONG, ODD],
    warnings=[RecordFault("idou.csv", 77, "person.name_kanji", "item_missing", {}, "张伟", "R-003940")],
    more_errors=Counter({"item_missing": 2}),
)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MOMENT)


def outcome(code: str | None = None) -> FileOutcome:
    return FileOutcome(FileState.PARTLY, 141, 4, 3, 4, 1, code, "op-101", MOMENT)


def text(of: FileReport, language: Language) -> list[str]:
    return list(report.lines(of, Words(language)))


def test_a_dry_run_says_that_nothing_is_in_yet() -> None:
    words = Words("ja")
    missing, unknown = words.finding("item_missing"), words.finding("item_unknown", ODD.facts)
    assert text(FileReport("idou.csv", "a" * 32, TAKEN), "ja") == [
        "取込の報告  idou.csv",
        "点検 2026-11-30 09:05:12（まだ取り込んでいません）",
        "新しい 141件  既知 4件  エラーの記録 3件  （エラー 4  アラート 1）",
        "",
        "エラー  12行目  整理番号 R-003931  性別",
        "  内容  「neither」",
        f"  理由  {missing.cause}",
        f"  対処  {missing.remedy}",
        "",
        "エラー  31行目  整理番号 -  speed",
        f"  理由  {unknown.cause}",
        f"  対処  {unknown.remedy}",
        f"ほかにエラー 2件: {missing.cause}",
        "",
        "アラート  77行目  整理番号 R-003940  漢字氏名",
        "  内容  「张伟」",
        f"  理由  {missing.cause}",
        f"  対処  {missing.remedy}",
    ]


def test_of_what_was_taken_in_it_says_when_and_by_whom() -> None:
    lines = text(FileReport("idou.csv", "a" * 32, TAKEN, outcome()), "en")
    assert lines[:5] == [
        "Report of an import: idou.csv",
        "Taken in 2026-11-30 09:05:12 by op-101",
        "New 141, known 4, refused 3 (errors 4, warnings 1)",
        "",
        "Error  line 12  reference R-003931  Sex",
    ]
    assert '  Value  "neither"' in lines


@pytest.mark.parametrize("language", ["ja", "en"])
def test_of_a_file_refused_as_a_whole_it_says_why(language: Language) -> None:
    of = FileReport("a.csv", "a" * 32, Intake(), outcome("file_spreadsheet"), {"file": "a.csv"})
    fault = Words(language).fault("file_spreadsheet", {"file": "a.csv"})
    assert text(of, language)[2] == f"{fault.cause} {fault.remedy}"
    assert len(text(of, language)) == 4


@pytest.mark.parametrize(
    ("field", "ja", "en"),
    [
        ("person.name", "氏名", "Name"),
        ("subject", "宛名番号", "Subject"),
        ("record", "記録全体", "The record"),
        ("person", "本人", "Person"),
        ("a column of nobody", "a column of nobody", "a column of nobody"),
        ("", "", ""),
    ],
)
def test_a_field_has_the_name_that_people_know(field: str, ja: str, en: str) -> None:
    assert (report.label_of(field, Words("ja")), report.label_of(field, Words("en"))) == (ja, en)


@ON_SQLITE
def test_nothing_in_the_file_steers_a_terminal_and_nothing_is_overwritten(site: Site, tmp_path: Path) -> None:
    operator = site.session(OPERATOR)
    evil = RecordFault("x", 1, "a\x1b[2J", "item_unknown", {}, "\x07value\u202e", "R\n1")
    of = FileReport("evil\x1b[31m\udcff.csv", "b" * 32, Intake(refused=1, errors=[evil]))
    named = report.write_out(site.terminal, operator, of, tmp_path, Words("ja"))
    assert named.name.endswith("-20261130-090512.txt")
    raw = named.read_bytes()
    assert not {byte for byte in raw if byte < 32} - {10}
    assert "\u202e" not in raw.decode("utf-8")
    other = report.write_out(site.terminal, operator, of, tmp_path / "mine.txt", Words("ja"))
    assert other.read_bytes() == raw
    other.write_text("kept")
    with pytest.raises(FileExists):
        report.write_out(site.terminal, operator, of, other, Words("ja"))
    assert other.read_text() == "kept"
    with pytest.raises(FileUnwritable):
        report.write_out(site.terminal, operator, of, tmp_path / "nowhere" / "at.txt", Words("ja"))
    # Each file that exists has its entry, which was written before it.
    entries = site.entries(Event.REPORT_EXPORTED)
    assert {entry.object for entry in entries} == {"b" * 32}
    assert {entry.actor for entry in entries} == {OPERATOR}
    assert len(list(tmp_path.glob("*.txt"))) == 2
