"""Files of records are read line by line, faults are reported with their line, other encodings are refused.

The files come from `store.message.files.writing`; below the reader are `store.message.files.lines` and
`store.message.files.columns`.
"""

import io
import itertools
import json
import tracemalloc
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import FileFault, FileNotUtf8, FileShiftJis, FileSuffixUnknown, FileUnreadable
from store.message.canonical import encode
from store.message.codes import INCOMING, OUTGOING
from store.message.errors import FileHeaderMissing, FileHeaderRepeated, FileUtf16
from store.message.files.columns import columns_of, japanese_headers
from store.message.files.lines import LINE_LIMIT
from store.message.files.reading import Read, read_records
from store.message.files.writing import write_records
from tests.store.message.specimens import GOOD, Record, changed, good, judge

HEADER = "kind,reference,person.name,person.address"


def read(data: bytes, name: str) -> list[Read]:
    return list(read_records(io.BytesIO(data), name))


def outcomes(data: bytes, name: str) -> list[tuple[int, str | None]]:
    """Return the line of everything that was read, and the rule that it breaks; None for a record."""
    return [(item.line, item.findings[0].rule if item.findings else None) for item in read(data, name)]


def written(records: list[Record], name: str) -> bytes:
    stream = io.BytesIO()
    assert write_records(stream, name, records) == len(records)
    return stream.getvalue()


# ── Both formats ──


@pytest.mark.parametrize("name", ["all.jsonl", "all.csv", "ALL.CSV"])
def test_what_is_written_is_read_again(name: str) -> None:
    records = [good(specimen) for specimen in GOOD]
    items = read(written(records, name), name)

    assert len(items) == len(records)
    for item, record in zip(items, records, strict=True):
        assert encode(message_record(item.record)) == encode(record)


def message_record(record: object) -> Record:
    message = judge(record).message
    assert message is not None
    return message.to_record()


TEXTS = st.text(min_size=1).filter(lambda text: not text.isspace() and text.isprintable())


@given(name=TEXTS, before=TEXTS, after=TEXTS)
def test_csv_and_json_lines_hold_the_same_texts(name: str, before: str, after: str) -> None:
    change = {"item": "name", "before": before, "after": after, "reason": "error"}
    notice = changed(good("notice"), {"person.name": name, "changes": [change, *good("notice")["changes"]]})
    (lines,) = read(written([notice], "a.jsonl"), "a.jsonl")
    (row,) = read(written([notice], "a.csv"), "a.csv")

    assert lines.record == row.record == notice


def test_a_list_of_changes_without_any_value_before_survives_csv() -> None:
    changes = [
        {"item": "name_kanji", "after": ";", "reason": "error"},
        {"item": "name", "after": "\\;A\\", "reason": "error"},
    ]
    notice = changed(good("notice"), {"changes": changes})
    (row,) = read(written([notice], "a.csv"), "a.csv")

    assert row.record == notice


def test_the_suffix_tells_the_format_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileSuffixUnknown):
        read(b"", "records.xlsx")
    with pytest.raises(FileSuffixUnknown):
        write_records(io.BytesIO(), "records.txt", [])
    with pytest.raises(FileUnreadable):
        list(read_records(tmp_path / "missing.jsonl", "missing.jsonl"))
    with pytest.raises(FileUnreadable):
        list(read_records(tmp_path, "directory.csv"))


def test_a_path_is_read_like_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "single.jsonl"
    path.write_bytes(encode(good("arrival")))

    (item,) = read_records(path, path.name)

    assert item == Read(1, good("arrival"), (), path.stat().st_size)


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.csv"])
@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_an_empty_file_holds_nothing_and_says_so(name: str, data: bytes) -> None:
    assert [(item.record, item.remark, item.findings[0].rule) for item in read(data, name)] == [
        (None, True, "file_empty")
    ]


@pytest.mark.parametrize("name", ["mark.jsonl", "mark.csv"])
def test_a_byte_order_mark_is_tolerated(name: str) -> None:
    data = written([good("arrival")], name)

    assert [item.record for item in read(b"\xef\xbb\xbf" + data, name)] == [item.record for item in read(data, name)]


def test_the_offset_tells_how_far_the_file_was_read() -> None:
    data = written([good("arrival"), good("death")], "two.jsonl")
    offsets = [item.offset for item in read(data, "two.jsonl")]

    assert offsets == [data.index(b"\n") + 1, len(data)]


# ── Encodings ──


@pytest.mark.parametrize("codec", ["cp932", "shift_jis"])
def test_shift_jis_is_recognised_and_refused(codec: str) -> None:
    text = '{"kind":"resident_record"}\n{"person":{"address":"東京都新宿区架空町"}}\n'

    with pytest.raises(FileShiftJis) as refusal:
        read(text.encode(codec), "/somewhere/export.jsonl")
    with pytest.raises(FileShiftJis):
        read("種別,氏名,住所\r\n".encode(codec), "export.csv")

    assert refusal.value.facts == {"file": "export.jsonl", "line": "2"}


@pytest.mark.parametrize(
    ("codec", "refusal"),
    [("utf-16", FileUtf16), ("euc_jp", FileNotUtf8), ("utf-16-le", FileUtf16)],
)
def test_other_encodings_are_refused(codec: str, refusal: type[FileFault]) -> None:
    data = "種別,氏名,住所\r\nresident_record,邊,東京都\r\n".encode(codec)

    with pytest.raises(refusal):
        read(data, "export.csv")


def test_only_the_damaged_line_of_a_utf8_file_is_reported() -> None:
    sound = encode(good("arrival"))
    broken = sound.replace("新".encode(), b"\xe6\x96")

    assert outcomes(b"\n".join([sound, broken, sound]), "a.jsonl") == [(1, None), (2, "line_not_utf8"), (3, None)]


# ── JSON Lines ──


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"{", "json_malformed"),
        (b"nothing", "json_malformed"),
        (b'{"a":NaN}', "json_malformed"),
        (b'{"a":-Infinity}', "json_malformed"),
        (b'{"a":"\x00"}', "json_malformed"),
        (b'{"a":' + b"9" * 50_000 + b"}", "json_malformed"),
        (b'{"a":' + b"[" * 50_000, "json_malformed"),
        (b'{"a":' * 10_000, "json_malformed"),
        (b'{"a":1,"a":1}', "json_key_repeated"),
        (b'{"person":{"name":"A","name":"B"}}', "json_key_repeated"),
        (b"[]", "record_not_object"),
        (b'"text"', "record_not_object"),
        (b"{" + b" " * LINE_LIMIT + b"}", "line_too_long"),
        (b"x" * (3 * LINE_LIMIT), "line_too_long"),
    ],
)
def test_a_bad_line_is_reported_and_the_next_is_read(line: bytes, rule: str) -> None:
    assert outcomes(line + b'\n{"kind":"x"}', "a.jsonl") == [(1, rule), (2, None)]


def test_blank_lines_count_but_hold_nothing() -> None:
    assert outcomes(b'\r\n{"a":1}\r\n   \n\n{"a":2}', "a.jsonl") == [(2, None), (5, None)]


def test_lone_surrogates_get_as_far_as_the_rules() -> None:
    (item,) = read(b'{"a":"\\ud800"}', "a.jsonl")

    assert item.record == {"a": "\ud800"}


# ── CSV ──


def test_lines_are_counted_physically() -> None:
    text = f'{HEADER}\r\n\r\na,1,"two\nlines",x\r\nb,2,"ok, ""quoted""",y\n\nc,3,z,"\n\n"\nd,4,,\n'
    items = read(text.encode(), "a.csv")

    assert [item.line for item in items] == [3, 5, 7, 10]
    assert items[0].record == {
        "kind": "a",
        "reference": "1",
        "person": {"name": "two\nlines", "address": "x"},
    }
    assert items[1].record == {
        "kind": "b",
        "reference": "2",
        "person": {"name": 'ok, "quoted"', "address": "y"},
    }
    assert items[3].record == {"kind": "d", "reference": "4"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('a,1,"open,x\nb,2,y,z\n', [(2, "csv_malformed")]),
        ('a,1,"x"y,z\nb,2,y,z\n', [(2, "csv_malformed"), (3, None)]),
        ("a,1,x\nb,2,y,z\n", [(2, "csv_row_width"), (3, None)]),
        ("a,1,x,y,z\nb,2,y,z\n", [(2, "csv_row_width"), (3, None)]),
        ("a\rb,1,x,y\nb,2,y,z\n", [(2, "csv_malformed"), (3, None)]),
        (f"a,1,{'x' * LINE_LIMIT},y\nb,2,y,z\n", [(2, "line_too_long"), (3, None)]),
    ],
)
def test_a_bad_row_is_reported_and_the_next_is_read(rows: str, expected: list[tuple[int, str | None]]) -> None:
    assert outcomes(f"{HEADER}\n{rows}".encode(), "a.csv") == expected


def test_an_open_quotation_mark_tells_how_far_it_swallowed() -> None:
    (item,) = read(f'{HEADER}\na,1,"open,x\nb,2,y,z\n'.encode(), "a.csv")

    assert item.findings[0].facts == {"last": "3"}


def test_nul_bytes_reach_the_rules_as_control_characters() -> None:
    (item,) = read(f"{HEADER}\nresident_record,1,A\x00B,x\n".encode(), "a.csv")

    assert ("person.name", "character_control") in {
        (finding.field, finding.rule) for finding in judge(item.record).findings
    }


def test_japanese_headers_are_the_same_columns() -> None:
    columns = columns_of(OUTGOING | INCOMING)
    data = written([good("move_within"), good("notice")], "a.csv")
    header, _, rows = data.partition(b"\r\n")

    assert header.decode().split(",") == list(columns)
    for place in range(2):
        names = [japanese_headers()[column][min(place, len(japanese_headers()[column]) - 1)] for column in columns]
        translated = ",".join(names).encode() + b"\r\n" + rows
        assert [item.record for item in read(translated, "a.csv")] == [item.record for item in read(data, "a.csv")]


def test_every_column_has_japanese_headers_and_none_stands_twice() -> None:
    names = [name for names in japanese_headers().values() for name in names]

    assert set(japanese_headers()) == set(columns_of(OUTGOING | INCOMING))
    assert len(set(names)) == len(names)


def test_an_unknown_column_is_an_unknown_item_of_the_rows_that_fill_it() -> None:
    data = written([good("arrival"), good("death")], "a.csv")
    header, first, second, end = data.split(b"\r\n")
    items = read(b"\r\n".join([header + b",shoe_size", first + b",27", second + b",", end]), "a.csv")

    assert [{finding.field for finding in judge(item.record).errors} for item in items] == [{"shoe_size"}, set()]


def test_a_file_without_its_header_is_refused() -> None:
    rows = b"\r\n".join(written([good("arrival"), good("death")], "a.csv").split(b"\r\n")[1:])

    with pytest.raises(FileHeaderMissing):
        read(rows, "a.csv")
    with pytest.raises(FileHeaderMissing):
        read(b'"kind\n', "a.csv")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("kind,氏名,person.name", "person.name"),
        ("kind,shoe,shoe", "shoe"),
        ("kind,person,person.name", "person"),
        ("kind,changes.item,changes", "changes"),
    ],
)
def test_a_header_that_names_an_item_twice_is_refused(header: str, field: str) -> None:
    with pytest.raises(FileHeaderRepeated) as refusal:
        read(header.encode(), "a.csv")

    assert refusal.value.facts == {"file": "a.csv", "field": field}


def test_yes_no_and_lists_are_read_from_cells() -> None:
    text = "kind,card_pending,had_residence,corrected\nx,true,maybe,name;address\n"
    (item,) = read(text.encode(), "a.csv")

    assert item.record == {
        "kind": "x",
        "card_pending": True,
        "had_residence": "maybe",
        "corrected": ["name", "address"],
    }


# ── Long files ──


class Endless(io.RawIOBase):
    """A stream of `count` copies of a line, which are made while they are read."""

    def __init__(self, line: bytes, count: int) -> None:
        self._lines = itertools.repeat(line, count)

    def readable(self) -> bool:
        return True

    def readline(self, _size: int | None = -1, /) -> bytes:
        return next(self._lines, b"")


def peak_of_reading(count: int) -> int:
    """Return the peak of the memory in bytes while reading a file of `count` records."""
    stream = cast("BinaryIO", Endless(encode(good("arrival")) + b"\n", count))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_records(stream, "long.jsonl")) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    peak_of_reading(10)  # Everything that is cached is loaded from here on.

    assert peak_of_reading(5_000) < peak_of_reading(50) + 20_000


# ── The fixture files: what an operator's file looks like, and the findings in it ──

DATA = Path(__file__).parent / "data"


def test_the_fixture_of_good_records_passes_in_both_formats() -> None:
    for name in ("outgoing.jsonl", "outgoing.csv", "notices.jsonl"):
        items = list(read_records(DATA / name, name))
        assert items
        assert all(judge(item.record).message is not None for item in items)
    lines, rows = (list(read_records(DATA / f"outgoing{suffix}", f"x{suffix}")) for suffix in (".jsonl", ".csv"))
    assert [item.record for item in lines] == [item.record for item in rows]


def test_the_fixture_of_bad_records_is_reported_field_by_field() -> None:
    expected = json.loads((DATA / "outgoing-bad.expected.json").read_text(encoding="utf-8"))
    fields = [
        {"line": item.line, "field": finding.field}
        for item in read_records(DATA / "outgoing-bad.jsonl", "outgoing-bad.jsonl")
        for finding in judge(item.record).findings
    ]

    assert fields == expected
