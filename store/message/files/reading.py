"""Reading files of records: JSON Lines (`.jsonl`) and CSV (`.csv`, RFC 4180), in UTF-8, line by line."""

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, NoReturn

from store.errors import FileSuffixUnknown, FileUnreadable
from store.message.checks.rules import RECORD_FIELD, Finding, Severity, find
from store.message.errors import FileHeaderMissing, FileNotRecords
from store.message.files.header import KIND, CsvHeader, header_elsewhere, is_blank, read_header
from store.message.files.layouts import BadCells, LayoutColumns, RecordLayout, TracedItem
from store.message.files.lines import BadLine, Lines
from store.message.files.looks import fault_without_records
from store.message.groups import Record

JSON_LINES: Final = ".jsonl"
CSV: Final = ".csv"
# Reports of so many lines help nobody: it is another file, such as a log of millions of lines.
_GIVEN_UP_AFTER: Final = 2000


@dataclass(frozen=True, slots=True)
class Read:
    """A record of a file: either `record`, or the findings that say why the line holds no record.

    A warning without a record is about the file as a whole. `line` is the first physical line of the record, counted
    from 1. `offset` is the number of bytes read when the record was complete, for showing progress.
    """

    line: int
    record: Record | None
    findings: tuple[Finding, ...]
    offset: int

    @property
    def remark(self) -> bool:
        """Whether this is a warning about the file as a whole, and no record at all."""
        return self.record is None and all(finding.severity is Severity.WARNING for finding in self.findings)


def read_records(source: Path | BinaryIO, name: str, layout: RecordLayout | None = None) -> Iterator[Read]:
    """Read a file record by record, with only one of them in memory.

    The suffix of `name` tells the format, or else `layout` how rows become records. The facts of errors contain the
    name. Raises FileSuffixUnknown, FileUnreadable, FileShiftJis, FileNotUtf8, FileNotRecords, and what such a file
    looks like or is wrong with its header (all FileFault), all of them while iterating.
    """
    base = Path(name).name
    if layout is not None:
        with ExitStack() as stack:
            yield from _read_rows(Lines(_open(source, base, stack), base, layout.encoding), base, layout)
        return
    reader = {JSON_LINES: _read_json_lines, CSV: _read_csv}.get(Path(base).suffix.lower())
    if reader is None:
        raise FileSuffixUnknown(file=base)
    with ExitStack() as stack:
        yield from reader(Lines(_open(source, base, stack), base), base)


def _open(source: Path | BinaryIO, base: str, stack: ExitStack) -> BinaryIO:
    if not isinstance(source, Path):
        return source
    if not source.is_file():
        # A pipe or a device could keep the reader waiting forever.
        raise FileUnreadable(file=base)
    try:
        return stack.enter_context(source.open("rb"))
    except OSError as error:
        raise FileUnreadable(file=base) from error


def _read_json_lines(lines: Lines, base: str) -> Iterator[Read]:
    """Read line by line. A file is given up when none of its first lines, or of all, holds anything like a record."""
    reads, passed = _read_each_line(lines), list[Read]()
    for read in reads:
        passed.append(read)
        if read.record is not None and KIND in read.record:
            break
        if len(passed) == _GIVEN_UP_AFTER:
            raise fault_without_records(lines.first, base) or FileNotRecords(file=base)
    else:
        # A short file may well consist of mistakes alone, and each is reported, unless its look says more.
        fault = (fault_without_records(lines.first, base) or header_elsewhere(lines.first, base)) if passed else None
        if fault is not None:
            raise fault
    yield from passed or [_remark(lines, "file_empty")]
    yield from reads


def _read_each_line(lines: Lines) -> Iterator[Read]:
    while True:
        try:
            text = next(lines)
            if not text.strip():
                continue
            yield Read(lines.number, _parse_object(text), (), lines.offset)
        except StopIteration:
            return
        except BadLine as bad:
            yield _refused(lines.number, bad, lines)


def _refused(line: int, bad: BadLine, lines: Lines) -> Read:
    return Read(line, None, (find(RECORD_FIELD, bad.rule, **bad.facts),), lines.offset)


def _remark(lines: Lines, rule: str) -> Read:
    """Return a warning about the file as a whole, at the line where it ends."""
    return Read(max(lines.number, 1), None, (find(RECORD_FIELD, rule),), lines.offset)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> Record:
    """Refuse an object in which a key occurs twice: readers would disagree about which value counts."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise BadLine("json_key_repeated")
    return record


def _refuse_constant(_name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads although JSON does not have them."""
    raise BadLine("json_malformed")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object_without_repeats, parse_constant=_refuse_constant)


def _parse_object(text: str) -> Record:
    """Parse one line. Raises BadLine when it is not a JSON object."""
    try:
        record = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        # Python refuses numbers of thousands of digits with a ValueError, and deep nesting with a RecursionError.
        raise BadLine("json_malformed") from error
    if not isinstance(record, dict):
        raise BadLine("record_not_object")
    return record


def _read_csv(lines: Lines, base: str) -> Iterator[Read]:
    """Read the header, then row by row. The line of a row is the line on which the row begins."""
    return _read_rows(lines, base, None)


class TracedRow(NamedTuple):
    """A row of a file by its line, and where each item of its record comes from."""

    line: int
    items: list[TracedItem]


def trace_rows(source: Path, layout: RecordLayout, most: int) -> Iterator[TracedRow]:
    """Yield where the items of the first rows come from, of those that the layout provides for.

    Raises what `read_records` raises.
    """
    with ExitStack() as stack:
        lines = Lines(_open(source, source.name, stack), source.name, layout.encoding)
        rows = csv_rows(lines, layout)
        columns = layout_columns(rows, lines, source.name, layout)
        while columns is not None and most:
            line = lines.number + 1
            with suppress(BadLine, BadCells, csv.Error):
                cells = next(rows, None)
                if cells is None:
                    return
                if not is_blank(cells):
                    most -= 1
                    yield TracedRow(line, columns.trace(cells))


def layout_columns(rows: Iterator[list[str]], lines: Lines, base: str, layout: RecordLayout) -> LayoutColumns | None:
    """Pass over the lines above the header, and find the columns of a layout by it; None when there is no row.

    Raises FileHeaderMissing, FileColumnMissing.
    """
    try:
        # Titles are lines of no table, and need not be CSV.
        for _ in range(layout.skip):
            next(lines, None)
        header = next((cells for cells in rows if not is_blank(cells)), None) if layout.header else []
    except (BadLine, csv.Error) as error:
        raise FileHeaderMissing(file=base) from error
    return None if header is None else LayoutColumns.of(layout, header, base)


def csv_rows(lines: Lines, layout: RecordLayout | None) -> Iterator[list[str]]:
    """Return the rows of a file."""
    # In the strict mode quotation marks in the wrong place are errors instead of guesses.
    return csv.reader(lines, strict=True, delimiter="," if layout is None else layout.delimiter)


def _read_rows(lines: Lines, base: str, layout: RecordLayout | None) -> Iterator[Read]:
    rows = csv_rows(lines, layout)
    columns: CsvHeader | LayoutColumns | None
    columns = read_header(rows, lines, base) if layout is None else layout_columns(rows, lines, base, layout)
    if columns is None:
        yield _remark(lines, "file_empty")
        return
    any_row = False
    while True:
        line = lines.number + 1
        try:
            cells = next(rows)
            if is_blank(cells):
                continue
            any_row = True
            yield Read(line, columns.record(cells), (), lines.offset)
        except StopIteration:
            break
        except BadLine as bad:
            any_row = True
            yield _refused(line, bad, lines)
        except BadCells as bad:
            yield Read(line, None, bad.findings, lines.offset)
        except csv.Error:
            any_row = True
            # An open quotation mark swallows the lines after it, so the finding names the last of them.
            yield _refused(line, BadLine("csv_malformed", last=str(lines.number)), lines)
    if not any_row:
        yield _remark(lines, "file_header_alone")
    elif lines.cut:
        yield _remark(lines, "file_end_missing")
