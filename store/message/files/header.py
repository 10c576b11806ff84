"""The header of a CSV file: which cells of a row hold which item, and what is wrong with one that names none.

Spreadsheets leave empty columns and cells behind, and people leave blanks and half-width forms in names. Where nothing
can be lost by it, that is passed over. Anything else is named as what it is, because each has a remedy of its own.
"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final, Self

from store.errors import FileFault
from store.message.errors import (
    FileCarriageReturns,
    FileDelimiter,
    FileEncodedTwice,
    FileHeaderMissing,
    FileHeaderRepeated,
    FileKindColumnMissing,
    FileRowsQuoted,
    FileSeparatorLine,
    FileSuffixDiffers,
    FileTitleRow,
    FileUtf16,
)
from store.message.files.columns import japanese_headers, read_cells
from store.message.files.lines import BadLine, Lines
from store.message.groups import Record

KIND: Final = "kind"
# A header may hold anything, such as a whole record when the header is missing: errors repeat only its beginning.
_LONGEST_SHOWN: Final = 40
# Below so many lines of titles nobody would look for the header.
_TITLE_LINES: Final = 10
# So many names of items make a line a header, even if the kind is not among them.
_LEAST_ITEMS: Final = 2
_DELIMITERS: Final = (";", "\t", "|", "，", "、")
_MARK: Final = "\ufeff"


def folded(name: str) -> str:
    """Return a name without blanks and marks, in wide letters and small ones: it is the same name all the same."""
    return "".join(unicodedata.normalize("NFKC", name).replace(_MARK, "").split()).casefold()


# A file may mix both: a column is known by its dotted name as well as by each of its Japanese names.
_FIELDS_BY_HEADER: Final[Mapping[str, str]] = MappingProxyType(
    {folded(name): field for field, names in japanese_headers().items() for name in (field, *names)}
)


def field_of(header: str) -> str:
    """Return the field that a header names, by its dotted or a Japanese name; an unknown one as it is."""
    return _FIELDS_BY_HEADER.get(folded(header), header)


@dataclass(frozen=True, slots=True)
class CsvHeader:
    """The columns of a file: the field of each that has a name, and its place in the row.

    `width` is the number of cells up to the last such column, and `count` that of all cells of the header.
    """

    fields: tuple[str, ...]
    places: tuple[int, ...]
    width: int
    count: int
    # Whether every cell has a name, as in most files.
    whole: bool

    @classmethod
    def of(cls, fields: Sequence[str]) -> Self:
        """Return the header whose cells stand for these fields; an empty one stands for none."""
        places = tuple(place for place, field in enumerate(fields) if field)
        width = places[-1] + 1
        named = tuple(fields[place] for place in places)
        return cls(named, places, width, len(fields), whole=len(places) == len(fields))

    def record(self, cells: Sequence[str]) -> Record:
        """Return the record of a row. Raises BadLine."""
        return read_cells(self.fields, self._picked(cells))

    def _picked(self, cells: Sequence[str]) -> Sequence[str]:
        """Return the cells of the columns with names. Raises BadLine when a value belongs to none of them."""
        if self.whole and len(cells) == self.width:
            return cells
        # Spreadsheets leave out what is empty behind the last named column. In front of it a cell must be there, since
        # a row that is cut off looks just like it.
        if len(cells) < self.width:
            raise BadLine("csv_row_width", expected=str(self.width), found=str(len(cells)))
        named = set(self.places)
        for place, cell in enumerate(cells):
            if place not in named and cell.strip():
                if place >= self.count:
                    raise BadLine("csv_row_width", expected=str(self.count), found=str(len(cells)))
                raise BadLine("csv_column_nameless", column=str(place + 1))
        return [cells[place] for place in self.places]


def is_blank(cells: Sequence[str]) -> bool:
    """Tell whether no cell of a row holds anything: spreadsheets write such rows below a table."""
    # The first cell of most rows holds something, and ends the search.
    return all(not cell or cell.isspace() for cell in cells)


def read_header(rows: Iterator[list[str]], lines: Lines, base: str) -> CsvHeader | None:
    """Make the header of the first row, which is read from `lines`; None when there is no row.

    Raises FileHeaderRepeated, and FileHeaderMissing or what is wrong instead.
    """
    try:
        cells = next((cells for cells in rows if not is_blank(cells)), None)
    except (BadLine, csv.Error) as error:
        raise _fault_of_text(lines.first, base) or FileHeaderMissing(file=base) from error
    if cells is None:
        return None
    fields = [field_of(cell) if folded(cell) else "" for cell in cells]
    if KIND not in fields:
        raise _fault_of_text(lines.first, base) or _fault_of_rows(fields, cells, rows, base)
    # A column `person` beside `person.name` also names an item twice, and the one would hide the other.
    # Columns without a name are many in such files, and hold nothing.
    counts = Counter([*fields, *{field.partition(".")[0] for field in fields if "." in field}])
    repeated = [field for field, count in counts.items() if field and count > 1]
    if repeated:
        raise FileHeaderRepeated(file=base, field=repeated[0][:_LONGEST_SHOWN])
    return CsvHeader.of(fields)


def header_elsewhere(first_line: bytes, base: str) -> FileFault | None:
    """Return the fault of a file of JSON Lines whose first line is a CSV header, or ends as no line does here."""
    text = _text(first_line)
    if _names_kind(text.split(",")):
        return FileSuffixDiffers(file=base, suffix=".csv")
    return FileCarriageReturns(file=base) if "\r" in text else None


def _text(first_line: bytes) -> str:
    return first_line.decode("utf-8", "replace").strip()


def _names_kind(cells: Sequence[str]) -> bool:
    return any(_FIELDS_BY_HEADER.get(folded(cell.strip('"'))) == KIND for cell in cells)


def _fault_of_text(first_line: bytes, base: str) -> FileFault | None:
    """Return what is wrong with the line as it stands in the file; None when its cells have to be looked at."""
    text = _text(first_line)
    found: dict[type[FileFault], bool] = {
        FileUtf16: "\0" in text,
        FileCarriageReturns: "\r" in text,
        FileSeparatorLine: folded(text.lstrip('"')).startswith("sep="),
        FileEncodedTwice: _names_kind(_decoded_again(text).split(",")),
    }
    for fault, holds in found.items():
        if holds:
            return fault(file=base)
    if text.startswith("{"):
        return FileSuffixDiffers(file=base, suffix=".jsonl")
    for delimiter in _DELIMITERS:
        if _names_kind(text.split(delimiter)) and delimiter in text:
            return FileDelimiter(file=base, delimiter="TAB" if delimiter == "\t" else delimiter)
    return None


def _decoded_again(text: str) -> str:
    """Return what a text was before its UTF-8 was taken for Latin-1 and made UTF-8 once more; else nothing."""
    # Windows and the web say Latin-1 and mean its own extension; both leave different traces.
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode() if not text.isascii() else ""
        except UnicodeError:
            continue
    return ""


def _fault_of_rows(fields: Sequence[str], cells: Sequence[str], rows: Iterator[list[str]], base: str) -> FileFault:
    """Return what is wrong with a first row that does not name the kind."""
    if len(cells) == 1 and _names_kind(cells[0].split(",")):
        return FileRowsQuoted(file=base)
    # A header that lacks one column is another mistake than a file without a header.
    known = set(_FIELDS_BY_HEADER.values())
    if sum(field in known for field in fields) >= _LEAST_ITEMS:
        return FileKindColumnMissing(file=base)
    try:
        for number, later in enumerate(islice(rows, _TITLE_LINES), 1):
            if _names_kind(later):
                return FileTitleRow(file=base, rows=number)
    except (BadLine, csv.Error, FileFault):
        # What follows is not looked at any further: the header is missing, whatever that is.
        return FileHeaderMissing(file=base)
    return FileHeaderMissing(file=base)
