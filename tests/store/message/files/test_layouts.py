"""A layout makes records of files as another system exports them, touches no name, and guesses at nothing.

It shows `store.message.files.translation` and `store.message.files.drafting` as well.
"""

import io
import tomllib
from typing import Any

import pytest

from store.errors import FileFault
from store.message.errors import FileColumnMissing, FileEncodingDiffers, FileNotRecords, LayoutInvalid
from store.message.files.drafting import drafted
from store.message.files.layouts import RecordLayout, layout_from
from store.message.files.reading import Read, read_records
from store.message.files.translation import DateForm, Translation, Untranslated

LAYOUT = """
encoding = "cp932"
delimiter = "tab"
skip = 1
unknown = ["不明"]
[constants]
kind = "resident_record"
card_pending = true
basis.kind = "report"
[items.reference]
column = 1
[items.subject]
column = "宛名番号"
digits = 10
[items.occurred_at]
column = "異動日"
dates = "era-code"
time = "09:00"
[items.person.name]
column = "氏名"
[items.person.sex]
column = "性別"
codes = {"1" = "male", "2" = "female"}
[items.person.birth_date]
column = "生年月日"
dates = "era-code"
unknown = ["0000000"]
"""
TITLE = "異動者一覧\n"
HEADER = "No\t宛名番号\t異動日\t氏 名\t性別\t生年月日\t\n"
ROW = "A-1\t123\t5081119\t ＴＥＳＴ  髙 \t1\t3600401\t\n"
RECORD = {
    "kind": "resident_record",
    "card_pending": True,
    "basis": {"kind": "report"},
    "reference": "A-1",
    "subject": "0000000123",
    "occurred_at": "2026-11-19T09:00:00+09:00",
    "person": {"name": " ＴＥＳＴ  髙 ", "sex": "male", "birth_date": "1985-04-01"},
}


def layout(text: str = LAYOUT) -> RecordLayout:
    return layout_from("ward", tomllib.loads(text))


def read(data: bytes, chosen: RecordLayout | None = None) -> list[Read]:
    return list(read_records(io.BytesIO(data), "export.txt", chosen or layout()))


def test_a_row_becomes_a_record_and_its_name_is_untouched() -> None:
    (item,) = read((TITLE + HEADER + ROW).encode("cp932"))

    assert item.record == RECORD


def test_positions_need_no_header() -> None:
    text = "header = false\nskip = 0\n[items.reference]\ncolumn = 2\n[items.person.name]\ncolumn = 1\n"
    (item,) = read(b"A,R-1,\n", layout(text))

    assert item.record == {"reference": "R-1", "person": {"name": "A"}}


@pytest.mark.parametrize(
    ("row", "findings"),
    [
        (
            b"A-2\tx\t5081119\tTEST\t9\t3600401\t\n",
            [("subject", "layout_digits_unfit"), ("person.sex", "layout_code_unknown")],
        ),
        (b"A-2\t1\t5081119\tTEST\t1\t4320501\t\n", [("person.birth_date", "layout_date_unfit")]),
        (b"A-2\t12345678901\t5081119\tTEST\t1\t0000000\t\n", [("subject", "layout_digits_unfit")]),
        (b"A-2\t1\t5080000\tTEST\t1\t0000000\t\n", [("occurred_at", "layout_date_unfit")]),
        (b"A-2\t1\t5081119\t\x81\x30\x85\x40\t1\t0000000\t\n", [("record", "line_not_decodable")]),
        (b"A-2\t1\t5081119\t\xf0\x40\t1\t0000000\t\n", [("person.name", "layout_character_private")]),
        (b"A-2\t1\n", [("record", "csv_row_width")]),
    ],
)
def test_a_cell_for_which_nothing_is_provided_is_told(row: bytes, findings: list[tuple[str, str]]) -> None:
    (item,) = read((TITLE + HEADER).encode("cp932") + row)

    assert (item.record, [(finding.field, finding.rule) for finding in item.findings]) == (None, findings)


def test_each_byte_that_is_no_character_is_told() -> None:
    (item,) = read((TITLE + HEADER).encode("cp932") + b"A-2\t1\t5081119\t\x85\x40A\x86\x40\t1\t\t\n")

    assert item.findings[0].facts == {"encoding": "cp932", "bytes": "15: 8540, 18: 8640"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ((TITLE + HEADER + ROW).encode(), FileEncodingDiffers),
        ((TITLE + HEADER.replace("性別", "sex") + ROW).encode("cp932"), FileColumnMissing),
        ((TITLE + "\t\n" + '"open\n').encode("cp932"), FileFault),
    ],
)
def test_a_file_that_the_layout_is_not_for_is_refused(text: bytes, fault: type[FileFault]) -> None:
    with pytest.raises(fault):
        read(text)


def test_unknown_stands_for_nothing_and_half_width_kana_are_no_utf8() -> None:
    (item,) = read((TITLE + HEADER + "A-1\t不明\t5081119\tﾃｽﾄ ﾀﾛｳ\t不明\t0000000\t\n").encode("cp932"))

    assert item.record == {
        **{name: value for name, value in RECORD.items() if name not in {"subject", "person"}},
        "person": {"name": "ﾃｽﾄ ﾀﾛｳ"},
    }


@pytest.mark.parametrize(
    ("form", "cell", "date"),
    [
        ("era-code", "5080115", "2026-01-15"),
        ("era-code", "4310430", "2019-04-30"),
        ("era-code", "4320501", None),  # Heisei had 31 years.
        ("era-code", "5080000", "2026-00-00"),
        ("era-code", "6010101", None),
        ("era-code", "508011", None),
        ("era", "令和8年11月8日", "2026-11-08"),
        ("era", "平成元年1月8日", "1989-01-08"),
        ("era", "R8.11.8", "2026-11-08"),
        ("era", "s600401", "1985-04-01"),
        ("era", "X8.11.8", None),
        ("western", "2026/11/8", "2026-11-08"),
        ("western", "2026年11月8日", "2026-11-08"),
        ("western", "2026-11-08x", None),
        ("western", "2026-13-01", None),
        ("compact", "20261108", "2026-11-08"),
        ("compact", "19850400", "1985-04-00"),
        ("compact", "2026118", None),
        ("compact", "００００００００", None),
    ],
)
def test_the_forms_of_dates(form: str, cell: str, date: str | None) -> None:
    translation = Translation(dates=DateForm(form))
    if date is None:
        with pytest.raises(Untranslated):
            translation.apply(cell)
    else:
        assert translation.apply(f" {cell} ") == date


@pytest.mark.parametrize(
    ("cell", "time", "moment"),
    [
        ("20261119161500", None, "2026-11-19T16:15:00+09:00"),
        ("20261119 16:15", None, "2026-11-19T16:15:00+09:00"),
        ("20261119", "09:30", "2026-11-19T09:30:00+09:00"),
        ("20261119", None, None),
        ("20261100", "09:30", None),
    ],
)
def test_a_moment_has_its_time_in_the_cell_or_in_the_layout(cell: str, time: str | None, moment: str | None) -> None:
    translation = Translation(dates=DateForm.COMPACT, moment=True, time=time)
    if moment is None:
        with pytest.raises(Untranslated):
            translation.apply(cell)
    else:
        assert translation.apply(cell) == moment


ITEM = "[items.reference]\ncolumn = 1\n"


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("items = 3", "items"),
        ("", "items"),
        (f"{ITEM}x = 1", "items.reference.x"),
        (f"x = 1\n{ITEM}", "x"),
        (f'encoding = "shift_jis"\n{ITEM}', "encoding"),
        (f'delimiter = "."\n{ITEM}', "delimiter"),
        (f"header = 1\n{ITEM}", "header"),
        (f"skip = -1\n{ITEM}", "skip"),
        (f"unknown = [1]\n{ITEM}", "unknown"),
        ("[items.reference]\ncolumn = 0", "items.reference.column"),
        ('[items.reference]\ncolumn = " "', "items.reference.column"),
        ('header = false\n[items.reference]\ncolumn = "x"', "items.reference.column"),
        ("[items.reference]\ndigits = 3", "items.reference"),
        ("[items.shoe_size]\ncolumn = 1", "items.shoe_size"),
        (f"[constants]\nshoe_size = 'x'\n{ITEM}", "constants.shoe_size"),
        (f"[constants]\nreference = 'x'\n{ITEM}", "constants.reference"),
        (f"[constants]\nkind = 3\n{ITEM}", "constants.kind"),
        (f"{ITEM}digits = 0", "items.reference.digits"),
        (f"{ITEM}digits = 3\ncodes = {{a = 'b'}}", "items.reference.digits"),
        (f"{ITEM}codes = {{}}", "items.reference.codes"),
        (f"{ITEM}dates = 'x'", "items.reference.dates"),
        ("[items.occurred_at]\ncolumn = 1\ntime = '09:00'", "items.occurred_at.time"),
        ("[items.occurred_at]\ncolumn = 1\ndates = 'era'\ntime = '9'", "items.occurred_at.time"),
        ("[items.person.name]\ncolumn = 1\nunknown = ['x']", "items.person.name.unknown"),
        ("[items.person.name_kanji]\ncolumn = 1\ncodes = {a = 'b'}", "items.person.name_kanji.codes"),
    ],
)
def test_a_layout_that_is_wrong_is_named_by_its_item(text: str, item: str) -> None:
    with pytest.raises(LayoutInvalid) as refused:
        layout(text)
    assert refused.value.facts["item"] == item
    assert refused.value.facts["wanted"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_layout_is_begun_from_a_file(encoding: str) -> None:
    text = drafted((TITLE + HEADER + ROW).encode(encoding), "export.txt")
    data: dict[str, Any] = tomllib.loads(text)

    assert (data["encoding"], data["delimiter"], data["skip"]) == (encoding.removesuffix("-sig"), "tab", 1)
    assert data["items"]["person"]["name"] == {"column": "氏 名"}
    assert '# column = "異動日"' in text
    assert "ＴＥＳＴ" not in text
    assert {source.field for source in layout_from("ward", data).sources} == {
        "subject",
        "person.name",
        "person.sex",
        "person.birth_date",
    }


def test_nothing_is_begun_from_what_is_no_text() -> None:
    with pytest.raises(FileNotRecords):
        drafted(b"PK\x03\x04\x00\x00", "book.csv")
