"""A file that holds no records is named as what it is, before its lines are reported one by one."""

import gzip
import io
import zipfile
from itertools import count, islice

import pytest

from store.errors import FileFault
from store.message.canonical import encode
from store.message.errors import (
    FileArchive,
    FileJsonArray,
    FileLogLines,
    FileMarkup,
    FileNotRecords,
    FileSpreadsheet,
    FileUtf16,
)
from store.message.files.reading import read_records
from tests.store.message.specimens import good

MANY = 2000
RECORD = encode(good("arrival"))


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (zipped(), FileSpreadsheet),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), FileSpreadsheet),
        (gzip.compress(RECORD), FileArchive),
        (b"%PDF-1.7\n%\xe2\xe3", FileNotRecords),
        (RECORD.decode().encode("utf-16"), FileUtf16),
        (RECORD.decode().encode("utf-16-le"), FileUtf16),
        (RECORD.decode().encode("utf-16-be"), FileUtf16),
    ],
)
def test_what_is_no_text_is_refused_by_its_first_bytes(data: bytes, fault: type[FileFault], name: str) -> None:
    with pytest.raises(fault) as refused:
        next(read_records(io.BytesIO(data), name))
    assert refused.value.facts == {"file": name}


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"[" + RECORD + b"]", FileJsonArray),
        (b'[\n  {\n    "kind": "resident_record"\n  }\n]\n', FileJsonArray),
        (b"\xef\xbb\xbf\n[" + RECORD * 200, FileJsonArray),
        (b"[\n" + RECORD + b",\n" + RECORD + b"\n]\n", FileJsonArray),
        (b"\xef\xbb\xbf[" + RECORD + b",\n" + RECORD + b"]\n", FileJsonArray),
        (b"<?xml version='1.0'?>\n<records/>\n", FileMarkup),
        (b"2026-11-30 09:00:00 INFO began\n2026-11-30 09:00:01 INFO ended\n", FileLogLines),
        (b"Nov 30 09:00:00 host program[1]: began\n", FileLogLines),
        (b"[INFO] began\n", FileLogLines),
    ],
)
def test_a_text_without_a_record_is_named_by_its_look(data: bytes, fault: type[FileFault]) -> None:
    with pytest.raises(fault):
        next(read_records(io.BytesIO(data), "a.jsonl"))


@pytest.mark.parametrize("line", [b"nothing\n", b'{"level":"info"}\n', b'"kind"\n'])
def test_thousands_of_lines_without_a_record_are_given_up(line: bytes) -> None:
    stream = io.BytesIO(line * 10 * MANY)
    with pytest.raises(FileNotRecords):
        next(read_records(stream, "a.jsonl"))
    assert stream.tell() == MANY * len(line)


@pytest.mark.parametrize(
    "data",
    [
        b"nothing\n" * (MANY - 1) + RECORD,
        b"nothing\n" * 3,
        b"[1]\n" + RECORD,
        b'{"kind":""}\n' * (MANY + 1),
    ],
    ids=["a record at last", "few", "a record beside it", "records with errors"],
)
def test_any_other_file_is_read_to_its_end(data: bytes) -> None:
    reads = list(read_records(io.BytesIO(data), "a.jsonl"))
    assert [read.line for read in reads] == list(islice(count(1), len(data.splitlines())))
