"""Writing files of records in the two formats that `store.message.files.reading` reads."""

import csv
import io
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import BinaryIO

from store.errors import FileSuffixUnknown
from store.message.canonical import encode
from store.message.codes import ALL_KINDS, Kind
from store.message.files.columns import columns_of, write_cells
from store.message.files.reading import CSV, JSON_LINES
from store.message.groups import Record


def write_records(
    stream: BinaryIO, name: str, records: Iterable[Record], *, kinds: Collection[Kind] = ALL_KINDS
) -> int:
    """Write records one by one and return their number; the suffix of `name` tells the format.

    A CSV file gets the columns of `kinds`, which must contain the kind of every record. Raises FileSuffixUnknown, and
    the errors of the stream.
    """
    # Cells are not changed for the sake of a spreadsheet: a file that was written has to be read again as it was.
    check_suffix(name)
    if Path(name).suffix.lower() == JSON_LINES:
        return _write_json_lines(stream, records)
    return _write_csv(stream, records, columns_of(kinds))


def check_suffix(name: str) -> None:
    """Check that the suffix of a file's name is that of one of the formats. Raises FileSuffixUnknown."""
    if Path(name).suffix.lower() not in {JSON_LINES, CSV}:
        raise FileSuffixUnknown(file=Path(name).name)


def _write_json_lines(stream: BinaryIO, records: Iterable[Record]) -> int:
    count = 0
    for record in records:
        stream.write(encode(record) + b"\n")
        count += 1
    return count


def _write_csv(stream: BinaryIO, records: Iterable[Record], columns: tuple[str, ...]) -> int:
    # The writer of the library writes text, and the stream takes bytes: each row passes through this buffer.
    line = io.StringIO(newline="")
    rows = csv.writer(line)
    count = -1  # The header is a row too, but not a record.
    for cells in _rows(records, columns):
        rows.writerow(cells)
        stream.write(line.getvalue().encode())
        line.seek(0)
        line.truncate()
        count += 1
    return count


def _rows(records: Iterable[Record], columns: tuple[str, ...]) -> Iterable[Iterable[str]]:
    yield columns
    for record in records:
        yield write_cells(columns, record)
