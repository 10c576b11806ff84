"""What spreadsheets leave in a CSV file is passed over, and each fault of a header is named by its own word."""

import io

import pytest

from store.errors import FileFault
from store.message.errors import (
    FileCarriageReturns,
    FileDelimiter,
    FileEncodedTwice,
    FileHeaderMissing,
    FileKindColumnMissing,
    FileRowsQuoted,
    FileSeparatorLine,
    FileSuffixDiffers,
    FileTitleRow,
)
from store.message.files.columns import japanese_headers
from store.message.files.header import field_of
from store.message.files.reading import read_records

HEADER = "kind,reference,person.name"
ROW = "resident_record,F-1,A"
RECORD = {"kind": "resident_record", "reference": "F-1", "person": {"name": "A"}}
MARK = "\ufeff"


def read(text: str, name: str = "a.csv") -> list[tuple[int, object, str | None]]:
    reads = read_records(io.BytesIO(text.encode()), name)
    return [(item.line, item.record, item.findings[0].rule if item.findings else None) for item in reads]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER},,\n{ROW},,\n",
        f"{HEADER},,\n{ROW}\n",
        f"{HEADER}\n{ROW},,\n",
        f"{HEADER}, ,\u3000\n{ROW},, \n",
        f"{HEADER}\n{ROW}\n,,\n , \u3000,\n,\n",
        f",,\n{HEADER}\n{ROW}\n",
        f"kind,,reference,person.name\n{ROW.replace(',', ',,', 1)}\n",
        f"{MARK}{MARK}{HEADER}\n{ROW}\n",
        f" KIND ,Reference\u00a0,\u3000person.name\n{ROW}\n",
        f"種 別,{MARK}整理番号,person.name\n{ROW}\n",
    ],
)
def test_what_holds_nothing_is_passed_over(text: str) -> None:
    line = text.count("\n", 0, text.index("F-1")) + 1
    assert read(text) == [(line, RECORD, None)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"{HEADER},,\n{ROW},,x\n", "csv_column_nameless"),
        (f"kind,,reference,person.name\n{ROW.replace(',', ',x,', 1)}\n", "csv_column_nameless"),
        (f"{HEADER}\n{ROW},,x\n", "csv_row_width"),
        (f"{HEADER},,\nresident_record,F-1\n", "csv_row_width"),
    ],
)
def test_a_value_without_a_name_is_not_passed_over(text: str, rule: str) -> None:
    assert read(text) == [(2, None, rule)]


def test_half_width_forms_name_the_same_columns() -> None:
    half = {"・": "･", "（": "(", "）": ")", "ー": "ｰ"}
    headers = [(name, field) for field, names in japanese_headers().items() for name in names]
    assert any(set(name) & set(half) for name, _ in headers)
    for name, field in headers:
        assert field_of("".join(half.get(character, character) for character in name)) == field


@pytest.mark.parametrize(
    ("text", "fault", "facts"),
    [
        (f"{HEADER}\r{ROW}\r", FileCarriageReturns, {}),
        (f"{HEADER}\r{ROW * 9000}\r", FileCarriageReturns, {}),
        (f"sep=,\n{HEADER}\n{ROW}\n", FileSeparatorLine, {}),
        (f'"sep=;"\n{HEADER}\n', FileSeparatorLine, {}),
        (f"外国人住民の異動一覧,,\n\n令和8年11月,,\n{HEADER}\n{ROW}\n", FileTitleRow, {"rows": "3"}),
        (HEADER.replace(",", ";"), FileDelimiter, {"delimiter": ";"}),
        (HEADER.replace(",", "\t"), FileDelimiter, {"delimiter": "TAB"}),
        (f'"{HEADER}"\n"{ROW}"\n', FileRowsQuoted, {}),
        (f"{MARK}種別,整理番号\n".encode().decode("latin-1"), FileEncodedTwice, {}),
        (f"{MARK}{HEADER}\n".encode().decode("cp1252"), FileEncodedTwice, {}),
        ("reference,person.name\nF-1,A\n", FileKindColumnMissing, {}),
        ('{"kind":"resident_record"}\n', FileSuffixDiffers, {"suffix": ".jsonl"}),
        (f"{ROW}\n{ROW}\n", FileHeaderMissing, {}),
        (f'{ROW}\n"open\n', FileHeaderMissing, {}),
    ],
)
def test_each_fault_of_a_header_has_its_own_word(text: str, fault: type[FileFault], facts: dict[str, str]) -> None:
    with pytest.raises(FileFault) as refused:
        read(text)
    assert type(refused.value) is fault
    assert refused.value.facts == {"file": "a.csv", **facts}


@pytest.mark.parametrize(
    ("text", "fault"),
    [(f"{HEADER}\n{ROW}\n", FileSuffixDiffers), ('{"kind":"a"}\r{"kind":"b"}\r', FileCarriageReturns)],
)
def test_json_lines_that_are_none_are_named_as_well(text: str, fault: type[FileFault]) -> None:
    with pytest.raises(fault):
        read(text, "a.jsonl")


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("", (1, None, "file_empty")),
        (",,\n\n", (2, None, "file_empty")),
        (f"{HEADER}\n,,\n", (2, None, "file_header_alone")),
        (f"{HEADER}\n{ROW}", (2, None, "file_end_missing")),
    ],
)
def test_a_file_without_records_or_end_is_told(text: str, remark: tuple[int, None, str]) -> None:
    assert read(text)[-1] == remark


def test_a_last_cell_in_quotation_marks_is_whole() -> None:
    assert read(f'{HEADER}\nresident_record,F-1,"A"') == [(2, RECORD, None)]
