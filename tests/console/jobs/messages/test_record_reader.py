"""A process beside this one reads and checks what this one would, and nothing is lost with it."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.jobs.messages import record_reader
from console.jobs.messages.record_reader import ReaderProcess, RecordFile, check_records, read_checked
from store.errors import FileShiftJis
from store.message.files.writing import write_records
from tests.console.jobs.site import MUNICIPALITY, doubtful, entry, write_lines

MANY = 900


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_reader, "_LARGE_BYTES", 0)


def file_of(path: Path) -> RecordFile:
    return RecordFile(path, MUNICIPALITY, datetime(2026, 11, 30, 3, tzinfo=UTC))


@pytest.fixture
def mixed(tmp_path: Path) -> RecordFile:
    records = [doubtful(number) if number % 3 else entry(number, speed=4) for number in range(MANY)]
    path = write_lines(tmp_path / "mixed.jsonl", [entry(901, cancels="R-000001"), *records])
    path.write_bytes(path.read_bytes() + b"broken\n")
    return file_of(path)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ReaderProcess]]:
    """The processes that the test started; none of them is left after it."""
    started = list[ReaderProcess]()

    class Noted(ReaderProcess):
        def __init__(self, file: RecordFile) -> None:
            super().__init__(file)
            started.append(self)

    monkeypatch.setattr(record_reader, "ReaderProcess", Noted)
    yield started
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process.process_id, 0)


def test_both_yield_the_same(mixed: RecordFile, tmp_path: Path, processes: list[ReaderProcess]) -> None:
    with (tmp_path / "some.csv").open("wb") as stream:
        write_records(stream, "some.csv", [entry(1), doubtful(2)])
        # A remark about the file passes between the processes as well.
        stream.truncate(stream.tell() - 2)
    for file in (mixed, file_of(tmp_path / "some.csv")):
        here = list(check_records(file))
        assert list(read_checked(file, 1)) == here
    assert [process.complete for process in processes] == [True, True]
    assert [(type(record.candidate).__name__, record.remark) for record in here] == [
        ("Candidate", False),
        ("Candidate", False),
        ("NoneType", True),
    ]


def test_what_a_lost_process_did_not_read_is_read_here(mixed: RecordFile, processes: list[ReaderProcess]) -> None:
    records = read_checked(mixed, 1)
    first = next(records)
    os.kill(processes[0].process_id, signal.SIGKILL)
    assert [first, *records] == list(check_records(mixed))


def test_a_process_ends_with_its_reader(mixed: RecordFile, processes: list[ReaderProcess]) -> None:
    with closing(read_checked(mixed, 1)) as records:
        next(records)
    assert len(processes) == 1
    assert not processes[0].complete


def test_the_error_of_a_file_is_raised_here(mixed: RecordFile, processes: list[ReaderProcess]) -> None:
    plain = write_lines(mixed.path, [entry(number, person={"name": "A"}) for number in range(MANY)])
    plain.write_bytes(plain.read_bytes() + "住所".encode("cp932"))
    with closing(read_checked(mixed, 1)) as records, pytest.raises(FileShiftJis) as error:
        list(records)
    assert error.value.facts == {"file": "mixed.jsonl", "line": str(MANY + 1)}


def test_small_files_start_no_process(
    mixed: RecordFile, processes: list[ReaderProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_reader, "_LARGE_BYTES", 2)
    assert len(list(read_checked(mixed, 1))) == MANY + 2
    assert processes == []


@pytest.mark.parametrize(
    ("record", "reference", "values"),
    [
        (entry(1), "R-000001", []),
        (doubtful(2), "R-000002", ["1985-02-29"]),
        (entry(3, municipality="131016"), "R-000003", ["131016"]),
        # Of a long value its beginning, and of a group nothing: a person looks for it, and no more.
        (entry(4, speed="fast" * 50), "R-000004", ["fast" * 15]),
        (entry(5, card_number=None, reference=6), "6", None),
        ({"kind": "resident_record"}, "", None),
    ],
)
def test_a_record_is_found_by_its_reference_and_by_what_an_item_holds(
    tmp_path: Path, record: dict[str, object], reference: str, values: list[str] | None
) -> None:
    file = write_lines(tmp_path / "single.jsonl", [record])
    (checked,) = check_records(file_of(file))
    assert checked.reference == reference
    stated = [finding.value for finding in checked.findings]
    assert all(len(value) <= 60 for value in stated)
    if values is not None:
        assert stated == values


def test_what_is_no_record_has_neither(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"kind": "resident_record"}\n{broken\n[1]\n', encoding="utf-8")
    _, broken, listed = check_records(file_of(file))
    for checked in (broken, listed):
        assert checked.reference == ""
        assert [finding.value for finding in checked.findings] == [""]
