"""The errors of reading messages and their tables as a whole; the other file errors are in `store.errors`.

    StoreError
    ├── FileFault
    │   ├── FileHeaderMissing    the first line of a CSV file does not name the columns
    │   ├── FileHeaderRepeated   two columns of a CSV file have the same name
    │   ├── FileNotRecords       no line is a record
    │   ├── FileJsonArray, FileSpreadsheet, FileArchive, FileMarkup, FileLogLines
    │   └── FileUtf16            what such a file looks like instead
    ├── IntegrityFault
    │   └── ContentDamaged       the stored bytes of a message are not a message
    └── TableDamaged             a dated table has a gap, an overlap or an entry of the wrong shape

A fault in a single record is not an error of this tree but a `Finding`.
"""

from store.errors import FileFault, IntegrityFault, StoreError


class FileHeaderMissing(FileFault):
    """The first line of a CSV file does not name the columns: export the file again with its header."""


class FileHeaderRepeated(FileFault):
    """A CSV file names a column twice, so that its values are ambiguous: export it again."""


class FileNotRecords(FileFault):
    """None of the lines is a record: the operator names the right file."""


class FileJsonArray(FileFault):
    """The file is one JSON array: the resident-record system exports it again, a record a line."""


class FileSpreadsheet(FileFault):
    """The file is a workbook of a spreadsheet, or a ZIP archive: it is exported as CSV in UTF-8."""


class FileArchive(FileFault):
    """The file is compressed: the operator names the file that is in it."""


class FileMarkup(FileFault):
    """The file is XML or HTML: the resident-record system exports it again as JSON Lines or CSV."""


class FileLogLines(FileFault):
    """The file is the log of some program: the operator names the right file."""


class FileUtf16(FileFault):
    """The file is in UTF-16, which some programs call Unicode: it is exported again, in UTF-8."""


class ContentDamaged(IntegrityFault):
    """Bytes that should be the content of a message are not: the officer keeps the database as it is."""


class TableDamaged(StoreError):
    """A dated table is inconsistent: the person who edited it corrects the entry that is named."""

    exit_status = 4
